"""Tensors and attributes of an ONNX file as torch and Python values. Knows nothing of graphs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from engine.errors import WeightsError

_DTYPES = {
    onnx.TensorProto.FLOAT: torch.float32,
    onnx.TensorProto.FLOAT16: torch.float16,
    onnx.TensorProto.DOUBLE: torch.float64,
    onnx.TensorProto.UINT8: torch.uint8,
    onnx.TensorProto.INT8: torch.int8,
    onnx.TensorProto.INT32: torch.int32,
    onnx.TensorProto.INT64: torch.int64,
    onnx.TensorProto.BOOL: torch.bool,
}


def tensor_of(proto: Any) -> torch.Tensor:
    """A TensorProto on the CPU, with the type that the file gives it. Raises WeightsError for a type unknown here."""
    dtype_of(proto.data_type)
    return torch.from_numpy(np.array(numpy_helper.to_array(proto)))  # a copy: the file's bytes are read-only


def dtype_of(number: int) -> torch.dtype:
    """torch's name for an ONNX element type. Raises WeightsError when it has none here."""
    if number not in _DTYPES:
        known = ", ".join(str(dtype).removeprefix("torch.") for dtype in _DTYPES.values())
        raise WeightsError(f"element types {known}; received {onnx.TensorProto.DataType.Name(number)}")
    return _DTYPES[number]


def attributes_of(node: Any) -> dict[str, Any]:
    """A node's attributes: numbers, texts, tuples, and tensors; ONNX's element types as torch's."""
    attributes = {entry.name: _plain(entry) for entry in node.attribute}
    if node.op_type == "Cast":
        attributes["to"] = dtype_of(attributes["to"])
    elif node.op_type == "ConstantOfShape":
        filler = attributes.pop("value", torch.zeros(1))
        attributes |= {"value": filler.item(), "dtype": filler.dtype}
    elif node.op_type == "Split" and len(node.input) == 1:
        attributes.setdefault("num_outputs", len(node.output))  # of opset 18; before, the outputs were counted
    return attributes


def constant_of(attributes: Mapping[str, Any]) -> torch.Tensor:
    """What a Constant node holds. Raises WeightsError for a sparse one or a text."""
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in attributes:
            return torch.as_tensor(attributes[name])
    raise WeightsError(f"a Constant holds numbers; received {', '.join(attributes) or 'nothing'}")


def _plain(entry: Any) -> Any:
    value = onnx.helper.get_attribute_value(entry)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return tensor_of(value)
    return tuple(value) if isinstance(value, list) or hasattr(value, "append") else value
