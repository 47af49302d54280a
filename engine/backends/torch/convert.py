"""From the bytes of an ONNX model to a torch module.

Three kinds of value flow through an ONNX graph. *Constants* are folded here, at conversion. *Host* values are computed
from shapes alone: they stay on the CPU, so that nothing which decides a shape waits for the device (a CUDA graph could
not). All others are *device* values; what is float32 there in the file is computed in the precision asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import getitem
from typing import Any

import onnx
import torch
from torch import fx, nn

from engine.backends.torch.onnx_values import attributes_of, constant_of, tensor_of
from engine.backends.torch.operators import OPERATORS, Operator, known_attributes
from engine.errors import WeightsError

OPSETS = range(13, 22)
"""The versions of ONNX's operators whose semantics are kept."""


def convert(model: bytes, dtype: torch.dtype = torch.float32) -> fx.GraphModule:
    """Return the model as a module of one input and one output: float32 in the file, `dtype` here.

    Its weights lie on the CPU; `.to(device)` moves them. Raises WeightsError naming every operator that is not
    converted, or the attribute, element type or opset that is not known.
    """
    parsed = onnx.load_from_string(model)
    opset = next((entry.version for entry in parsed.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset not in OPSETS:
        raise WeightsError(f"the torch backend converts opsets {OPSETS[0]} to {OPSETS[-1]}; received {opset}")
    unknown = sorted({node.op_type for node in parsed.graph.node} - set(OPERATORS) - {"Constant"})
    if unknown:
        raise WeightsError(f"the torch backend does not convert the operators {', '.join(unknown)}")
    return _Conversion(parsed.graph, dtype).module()


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """Either a `constant` (on the CPU, typed as in the file), or a `node` on the host or the device."""

    constant: torch.Tensor | None = None
    node: fx.Node | None = None
    on_host: bool = False


class _Conversion:
    """One conversion's state: the torch graph so far, and the value behind each ONNX name."""

    def __init__(self, source: Any, dtype: torch.dtype) -> None:
        self._source = source
        self._dtype = dtype
        self._root = nn.Module()
        self._graph = fx.Graph()
        self._values = {tensor.name: _Value(constant=tensor_of(tensor)) for tensor in source.initializer}
        self._weights: dict[int, fx.Node] = {}

    def module(self) -> fx.GraphModule:
        """Convert node by node: ONNX demands an order in which they can run."""
        free = [value.name for value in self._source.input if value.name not in self._values]
        if len(free) != 1 or len(self._source.output) != 1:
            raise WeightsError(f"one input and one output; received {len(free)} and {len(self._source.output)}")
        self._input = self._graph.placeholder("batch")
        self._values[free[0]] = _Value(node=self._input)
        for node in self._source.node:
            if node.op_type == "Constant":
                self._values[node.output[0]] = _Value(constant=constant_of(attributes_of(node)))
            else:
                self._convert(node, OPERATORS[node.op_type])
        answer = self._values[self._source.output[0].name]
        self._graph.output(self._weight(answer.constant) if answer.node is None else answer.node)
        self._graph.lint()
        return fx.GraphModule(self._root, self._graph)

    def _convert(self, node: Any, operator: Operator) -> None:
        inputs = [self._values[name] if name else None for name in node.input]
        attributes = attributes_of(node)
        _refuse_unknown(node, operator, attributes)
        if all(value is None or value.constant is not None for value in inputs):
            folded = operator.function(*(value and value.constant for value in inputs), **attributes)
            parts = folded if operator.answers_many else (folded,)
            self._values |= {name: _Value(constant=part) for name, part in zip(node.output, parts, strict=True)}
            return
        on_host = _is_on_host(operator, inputs, attributes)
        arguments = tuple(
            self._argument(node, value, literal=position in operator.host_inputs, on_host=on_host)
            for position, value in enumerate(inputs)
        )
        call = self._graph.call_function(operator.function, arguments, self._placed(operator, attributes, on_host))
        for place, name in enumerate(node.output):
            made = self._graph.call_function(getitem, (call, place)) if operator.answers_many else call
            self._values[name] = _Value(node=made, on_host=on_host)

    def _argument(self, node: Any, value: _Value | None, *, literal: bool, on_host: bool) -> Any:
        """An input as the operator's function takes it: a literal for what decides a shape, else a tensor."""
        if value is None:
            return None
        if value.constant is None:
            if literal and not value.on_host:
                raise WeightsError(f"{_named(node)}: shapes that depend on the picture are not converted")
            return value.node
        if literal:
            return tuple(value.constant.flatten().tolist())
        if on_host:
            stored = (tuple(value.constant.flatten().tolist()), tuple(value.constant.shape), value.constant.dtype)
            return self._graph.call_function(host_tensor, stored)
        return self._weight(value.constant)

    def _placed(self, operator: Operator, attributes: Mapping[str, Any], on_host: bool) -> dict[str, Any]:
        """The attributes, with float32 made the module's precision on the device."""
        if on_host:
            return dict(attributes)
        placed = {name: self._dtype if value is torch.float32 else value for name, value in attributes.items()}
        return placed | ({"device_of": self._input} if operator.makes_data else {})

    def _weight(self, constant: torch.Tensor | None) -> fx.Node:
        """A constant as a buffer of the module, once, in the module's precision."""
        assert constant is not None
        if id(constant) not in self._weights:
            name = f"weight_{len(self._weights)}"
            precise = constant.dtype is not torch.float32
            self._root.register_buffer(name, constant if precise else constant.to(self._dtype))
            self._weights[id(constant)] = self._graph.get_attr(name)
        return self._weights[id(constant)]


def host_tensor(numbers: Sequence[float], shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    """A small constant that meets shapes on the host."""
    return torch.tensor(numbers, dtype=dtype).reshape(tuple(shape))


def _is_on_host(operator: Operator, inputs: Sequence[_Value | None], attributes: Mapping[str, Any]) -> bool:
    if operator.tells_shape:
        return True
    if any(value is not None and value.node is not None and not value.on_host for value in inputs):
        return False
    return not (operator.makes_data and attributes["dtype"].is_floating_point)


def _refuse_unknown(node: Any, operator: Operator, attributes: Mapping[str, Any]) -> None:
    strange = sorted(set(attributes) - known_attributes(operator.function))
    if strange:
        raise WeightsError(f"{_named(node)}: the attribute {', '.join(strange)} is not converted")
    if len(node.output) != 1 and not operator.answers_many:
        raise WeightsError(f"{_named(node)}: one output is converted; received {len(node.output)}")


def _named(node: Any) -> str:
    return f"{node.op_type} {node.name or node.output[0]!r}"
