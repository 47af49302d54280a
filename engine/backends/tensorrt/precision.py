"""Turns a float32 ONNX graph into one that carries float16, as strongly typed TensorRT networks want it.

Two rules. Operators that only move numbers, or sum products (a GPU accumulates those in float32), compute in float16:
`HALF_OPERATORS`. All others (reductions, exponentials, divisions) keep float32 between casts: a few of them cost
nothing beside the convolutions, and many of them overflow or lose what matters. A cast back and forth is made only
where a tensor crosses from one kind to the other.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engine.errors import WeightsError

_HALF_OPERATORS = """
    Add Clip Concat Conv ConvTranspose DepthToSpace Expand Flatten Gather Gemm Identity LeakyRelu MatMul
    Max MaxPool Min Mul PRelu Pad Relu Reshape Sigmoid Slice SpaceToDepth Split Squeeze Sub Tanh Tile
    Transpose Unsqueeze Where
"""
HALF_OPERATORS = frozenset(_HALF_OPERATORS.split())
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear")
_LARGEST = float(np.finfo(np.float16).max)


def to_half(model: bytes) -> bytes:
    """Return the model with float16 input, output and weights.

    A graph that already says its precision, by Q/DQ operators or a float16 input, is returned as it is. Raises
    WeightsError, naming all of them, for weights that float16 cannot hold.
    """
    proto = onnx.load_model_from_string(model)
    kinds = {value.type.tensor_type.elem_type for value in proto.graph.input}
    if TensorProto.FLOAT not in kinds or any(node.op_type in _QUANTIZED for node in proto.graph.node):
        return model
    _HalfGraph(proto).rewrite()
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise WeightsError(f"the fp16 form of the network is not a valid model: {error}") from error
    return bytes(proto.SerializeToString(deterministic=True))


def asymmetric_steps(model: bytes) -> list[str]:
    """Return the names of the Q/DQ operators that TensorRT, which quantises symmetrically to int8, cannot take.

    Files quantised for a CPU have them: uint8 activations with a zero point of their own.
    """
    graph = onnx.load_model_from_string(model).graph
    zeros = {tensor.name for tensor in graph.initializer if _is_symmetric_zero(tensor)}
    return [
        node.name or node.output[0]
        for node in graph.node
        if node.op_type in _QUANTIZED and len(node.input) > 2 and node.input[2] not in zeros
    ]


def _is_symmetric_zero(tensor: TensorProto) -> bool:
    return tensor.data_type != TensorProto.UINT8 and not numpy_helper.to_array(tensor).any()


class _HalfGraph:
    """Rewrites one graph in place.

    Each float32 activation `x` may come to exist twice: as `x` in float16 and as `x/fp32`. A constant keeps its name in
    float32 and becomes `x/fp16`. The second form is made where it is first asked for.
    """

    def __init__(self, proto: ModelProto) -> None:
        self._graph: GraphProto = proto.graph
        self._floats = _float_tensors(proto)
        self._constants = {tensor.name: tensor for tensor in proto.graph.initializer}
        self._nodes: list[NodeProto] = []
        self._made: set[str] = set()
        self._too_large: list[str] = []

    def rewrite(self) -> None:
        """Replace the graph's nodes, constants, input and output."""
        graph = self._graph
        self._made.update(value.name for value in graph.input)
        for node in graph.node:
            self._add(node)
        for value in graph.output:
            self._half(value.name)
        if self._too_large:
            raise WeightsError(f"float16 holds numbers up to {_LARGEST:g}; received {', '.join(self._too_large)}")
        for value in (*graph.input, *graph.output):
            if value.name in self._floats:
                value.type.tensor_type.elem_type = TensorProto.FLOAT16
        used = {name for node in self._nodes for name in node.input} | {value.name for value in graph.output}
        _replace(graph.initializer, [tensor for name, tensor in self._constants.items() if name in used])
        _replace(graph.node, self._nodes)
        del graph.value_info[:]  # the types of before

    def _add(self, node: NodeProto) -> None:
        constant = _constant_value(node)
        if constant is not None:
            self._constants[node.output[0]] = constant
            return
        is_half = node.op_type in HALF_OPERATORS or _casts_to_float(node)
        self._read_as(node, self._half if is_half else self._full)
        if _casts_to_float(node):
            node.attribute[0].i = TensorProto.FLOAT16
        for index, name in enumerate(node.output):
            if name in self._floats and not is_half:
                node.output[index] = f"{name}/fp32"
            self._made.add(node.output[index])
        self._nodes.append(node)

    def _read_as(self, node: NodeProto, form: Callable[[str], str]) -> None:
        for index, name in enumerate(node.input):
            if name in self._floats:
                node.input[index] = form(name)

    def _half(self, name: str) -> str:
        """Return the name of the float16 form of a float tensor, made if need be."""
        if name not in self._constants:
            return self._cast(f"{name}/fp32", name, TensorProto.FLOAT16)
        half = f"{name}/fp16"
        if half not in self._constants:
            values = numpy_helper.to_array(self._constants[name])
            if np.abs(values[np.isfinite(values)]).max(initial=0.0) > _LARGEST:
                self._too_large.append(f"{name} with {np.abs(values).max():g}")
            with np.errstate(over="ignore"):
                self._constants[half] = numpy_helper.from_array(values.astype(np.float16), half)
        return half

    def _full(self, name: str) -> str:
        """Return the name of the float32 form of a float tensor, made if need be."""
        return name if name in self._constants else self._cast(name, f"{name}/fp32", TensorProto.FLOAT)

    def _cast(self, source: str, target: str, kind: int) -> str:
        if target not in self._made:
            self._nodes.append(helper.make_node("Cast", [source], [target], name=f"to {target}", to=kind))
            self._made.add(target)
        return target


def _float_tensors(proto: ModelProto) -> set[str]:
    """Names of all float32 tensors: inputs, constants and what every node gives."""
    graph = onnx.shape_inference.infer_shapes(proto, strict_mode=True).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*graph.input, *graph.value_info, *graph.output)}
    kinds |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    unknown = [name for node in graph.node for name in node.output if name and not kinds.get(name)]
    if unknown:
        raise WeightsError(f"the types of all tensors must follow from the graph; unknown: {', '.join(unknown[:5])}")
    return {name for name, kind in kinds.items() if kind == TensorProto.FLOAT}


def _constant_value(node: NodeProto) -> TensorProto | None:
    """Return what a Constant node holds if that is float32, under the name of its output."""
    if node.op_type != "Constant":
        return None
    value = node.attribute[0]
    if value.type == AttributeProto.TENSOR:
        tensor = value.t
        if tensor.data_type != TensorProto.FLOAT:
            return None
        return numpy_helper.from_array(numpy_helper.to_array(tensor), node.output[0])
    if value.type in (AttributeProto.FLOAT, AttributeProto.FLOATS):
        numbers = value.f if value.type == AttributeProto.FLOAT else list(value.floats)
        return numpy_helper.from_array(np.asarray(numbers, np.float32), node.output[0])
    return None


def _casts_to_float(node: NodeProto) -> bool:
    return bool(node.op_type == "Cast" and node.attribute[0].i == TensorProto.FLOAT)


def _replace(field: Any, messages: Iterable[NodeProto | TensorProto]) -> None:
    del field[:]
    field.extend(messages)
