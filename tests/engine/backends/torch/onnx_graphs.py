"""Small ONNX models made for one test, and both runtimes' answers to them."""

from __future__ import annotations

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from engine.backends.torch.convert import convert


def whole(*numbers: int) -> np.ndarray:
    """An int64 vector: how files write axes, pads and sizes."""
    return np.array(numbers, np.int64)


def make_model(nodes, constants=None, *, opset=17, output_type=TensorProto.FLOAT) -> bytes:
    """Nodes from "x" to "y", with named NumPy constants as initializers."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", output_type, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()],
    )
    # ONNX Runtime lags behind the newest IR version by a release or two
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return model.SerializeToString()


def values_of(shape, seed=0) -> np.ndarray:
    """Seeded float32 values around 0."""
    return np.random.default_rng(seed).normal(0, 1.5, shape).astype(np.float32)


def both_answers(model: bytes, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ONNX Runtime's answer without its optimisations, and ours."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options)
    (expected,) = session.run(None, {session.get_inputs()[0].name: value})
    with torch.inference_mode():
        received = convert(model)(torch.from_numpy(value)).numpy()
    return expected, received


def check_parity(model: bytes, value: np.ndarray, tolerance: float = 1e-5) -> None:
    expected, received = both_answers(model, value)
    assert (received.dtype, received.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(received, expected, rtol=tolerance, atol=tolerance)
