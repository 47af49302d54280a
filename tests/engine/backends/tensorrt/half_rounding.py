"""Computes a float16 graph on the CPU as a GPU does: products and sums in float32, every tensor rounded to float16.

ONNX Runtime's CPU kernels are float32, and it leaves out the roundings between operators that its own casts would make;
casts that stand in the graph itself it keeps.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def with_roundings(half: bytes) -> bytes:
    """Return a float32 graph that gives what `half`, a graph of float16 tensors, gives on a GPU."""
    proto = onnx.load_model_from_string(half)
    graph = proto.graph
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    inferred = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(half), strict_mode=True).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*inferred.value_info, *inferred.output)}
    nodes = []
    for node in graph.node:
        if node.op_type == "Cast":
            node.attribute[0].i = (
                TensorProto.FLOAT if node.attribute[0].i == TensorProto.FLOAT16 else node.attribute[0].i
            )
        nodes.append(node)
        for index, name in enumerate(node.output):
            if kinds.get(name) != TensorProto.FLOAT16:
                continue
            node.output[index] = f"{name}/exact"
            nodes.append(helper.make_node("Cast", [f"{name}/exact"], [f"{name}/rounded"], to=TensorProto.FLOAT16))
            nodes.append(helper.make_node("Cast", [f"{name}/rounded"], [name], to=TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT
    return bytes(proto.SerializeToString())
