"""ONNX's standard operators in torch, by name, with the semantics of opsets 13 to 21.

A function's positional parameters are the operator's inputs (None when an optional one is absent), its keyword-only
ones the attributes it knows, with ONNX's defaults: an attribute that is not there is refused at conversion.
"""

from types import MappingProxyType

from engine.backends.torch.operators.activations import ACTIVATIONS
from engine.backends.torch.operators.convolutions import CONVOLUTIONS
from engine.backends.torch.operators.elementwise import ELEMENTWISE
from engine.backends.torch.operators.operator import Operator, known_attributes
from engine.backends.torch.operators.pooling import POOLING
from engine.backends.torch.operators.products import PRODUCTS
from engine.backends.torch.operators.reductions import REDUCTIONS
from engine.backends.torch.operators.resizing import RESIZING
from engine.backends.torch.operators.selections import SELECTIONS
from engine.backends.torch.operators.shapes import SHAPES

OPERATORS = MappingProxyType(
    {
        **ACTIVATIONS,
        **CONVOLUTIONS,
        **ELEMENTWISE,
        **POOLING,
        **PRODUCTS,
        **REDUCTIONS,
        **RESIZING,
        **SELECTIONS,
        **SHAPES,
    }
)
"""Every operator that can be converted."""

__all__ = ["OPERATORS", "Operator", "known_attributes"]
