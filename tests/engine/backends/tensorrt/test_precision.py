"""fp16 graphs: what becomes of each operator, and how far the answers of our models move."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from engine.cards import load_cards, read_model
from engine.errors import WeightsError
from tests.engine.backends.tensorrt.conftest import require

onnx = require("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402  (absent in .venv)

from engine.backends.tensorrt.precision import asymmetric_steps, to_half  # noqa: E402
from tests.engine.backends.tensorrt.half_rounding import with_roundings  # noqa: E402

SAMPLES = sorted((Path(__file__).parents[4] / "docs" / "samples").glob("*.jpg"))
WEIGHTS = Path(__file__).parents[4] / "engine" / "weights"

CARDS = load_cards(WEIGHTS)
HALVES = sorted(name for name, card in CARDS.items() if card.takes_half)
LARGEST_DIFFERENCE = 0.5
"""In 8-bit levels, of any model that takes half precision. On 93 photos of the clothing test set restore moved by 0.20
and upscale-x2 by 0.34; relight, on the samples, by 1.5 and cutout-edges by 2.2, which is why those two stay fp32.
"""


def model(nodes, constants=(), kind=TensorProto.FLOAT, rank=4) -> bytes:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("input", kind, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("output", kind, [None] * rank)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def answer(data: bytes, batch: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    dtype = np.float16 if source.type == "tensor(float16)" else np.float32
    return session.run(None, {source.name: batch.astype(dtype)})[0]


def operators(data: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_model_from_string(data).graph.node]


BATCH = np.random.default_rng(0).random((2, 3, 8, 8), np.float32)


def photo_batch(path: Path, channels: int) -> np.ndarray:
    """The middle of a photo, float32 [1,channels,160,160]; the fourth channel is a blurred step, as a matte's edge."""
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    y, x = (pixels.shape[0] - 160) // 2, (pixels.shape[1] - 160) // 2
    crop = pixels[y : y + 160, x : x + 160].transpose(2, 0, 1)[None].astype(np.float32) / 255
    edge = np.clip(np.linspace(-4, 5, 160, dtype=np.float32), 0, 1)
    return np.concatenate([crop, np.broadcast_to(edge, (1, 1, 160, 160))], axis=1)[:, :channels]


@pytest.mark.parametrize("name", HALVES)
def test_our_models_answer_in_fp16_within_the_stated_bound_of_fp32(name):
    single = read_model(CARDS[name])
    half = with_roundings(to_half(single))
    for path in SAMPLES[::2]:
        batch = photo_batch(path, CARDS[name].channels_in)
        rounded = batch.astype(np.float16).astype(np.float32)
        assert np.abs(answer(half, rounded) - answer(single, batch)).max() * 255 <= LARGEST_DIFFERENCE, path.name


@pytest.mark.parametrize("name", HALVES)
def test_our_models_become_half_without_a_single_cast(name):
    half = to_half(read_model(CARDS[name]))
    graph = onnx.load_model_from_string(half).graph
    assert "Cast" not in operators(half)
    assert {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)} == {TensorProto.FLOAT16}
    assert {tensor.data_type for tensor in graph.initializer} <= {TensorProto.FLOAT16, TensorProto.INT64}


def test_the_conversion_gives_the_same_bytes_every_time():
    single = read_model(CARDS["restore"])
    assert to_half(single) == to_half(single)


def test_operators_that_would_lose_in_fp16_stay_fp32_between_casts():
    nodes = [
        helper.make_node("Relu", ["input"], ["a"]),
        helper.make_node("Exp", ["a"], ["b"]),
        helper.make_node("Log", ["b"], ["c"]),
        helper.make_node("Relu", ["c"], ["output"]),
    ]
    half = to_half(model(nodes))
    assert operators(half) == ["Relu", "Cast", "Exp", "Log", "Cast", "Relu"]  # none between the two
    large = np.full((1, 3, 2, 2), 20, np.float32)  # its exponential is beyond float16
    np.testing.assert_array_equal(answer(half, large), large)


def test_a_tensor_that_both_kinds_read_is_cast_once():
    nodes = [
        helper.make_node("Relu", ["input"], ["a"]),
        helper.make_node("Exp", ["a"], ["b"]),
        helper.make_node("Sqrt", ["a"], ["c"]),
        helper.make_node("Add", ["b", "c"], ["d"]),
        helper.make_node("Add", ["d", "a"], ["output"]),
    ]
    half = to_half(model(nodes))
    assert operators(half).count("Cast") == 3
    expected = np.exp(BATCH) + np.sqrt(BATCH) + BATCH
    np.testing.assert_allclose(answer(half, BATCH).astype(np.float32), expected, rtol=4e-3)


def test_a_constant_is_kept_in_each_precision_that_reads_it_and_in_no_other():
    nodes = [
        helper.make_node("Mul", ["input", "factor"], ["a"]),
        helper.make_node("Div", ["a", "factor"], ["b"]),
        helper.make_node("Constant", [], ["shift"], value=numpy_helper.from_array(np.float32(1 / 3))),
        helper.make_node("Add", ["b", "shift"], ["output"]),
    ]
    half = to_half(model(nodes, [("factor", np.float32(0.1)), ("unused", np.float32(3))]))
    kept = {tensor.name: tensor.data_type for tensor in onnx.load_model_from_string(half).graph.initializer}
    assert kept == {"factor": TensorProto.FLOAT, "factor/fp16": TensorProto.FLOAT16, "shift/fp16": TensorProto.FLOAT16}
    np.testing.assert_allclose(answer(half, BATCH).astype(np.float32), BATCH + 1 / 3, rtol=2e-3)


def test_float_attributes_of_a_constant_node_are_constants_too():
    nodes = [
        helper.make_node("Constant", [], ["low"], value_float=0.25),
        helper.make_node("Constant", [], ["sizes"], value_ints=[0, 3, -1]),
        helper.make_node("Max", ["input", "low"], ["a"]),
        helper.make_node("Reshape", ["a", "sizes"], ["output"]),
    ]
    half = to_half(model(nodes, rank=3))
    assert operators(half) == ["Constant", "Max", "Reshape"]
    np.testing.assert_allclose(answer(half, BATCH), np.maximum(BATCH, 0.25).reshape(2, 3, -1), rtol=1e-3)


def test_a_cast_to_float_becomes_a_cast_to_half():
    nodes = [
        helper.make_node("Cast", ["input"], ["a"], to=TensorProto.INT32),
        helper.make_node("Cast", ["a"], ["output"], to=TensorProto.FLOAT),
    ]
    half = to_half(model(nodes))
    np.testing.assert_array_equal(answer(half, BATCH * 9), np.trunc(BATCH * 9))


def test_an_output_made_in_fp32_is_given_in_fp16():
    half = to_half(model([helper.make_node("Softmax", ["input"], ["output"], axis=1)]))
    assert answer(half, BATCH).dtype == np.float16


def test_weights_beyond_float16_are_refused_by_name():
    nodes = [helper.make_node("Mul", ["input", "a"], ["t"]), helper.make_node("Mul", ["t", "b"], ["output"])]
    with pytest.raises(WeightsError, match="numbers up to 65504; received a with 70000, b with 1e"):
        to_half(model(nodes, [("a", np.float32(-7e4)), ("b", np.float32(1e9))]))


def test_a_graph_with_its_precision_in_it_is_left_alone():
    quantized = [
        helper.make_node("QuantizeLinear", ["input", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["output"]),
    ]
    data = model(quantized, [("scale", np.float32(0.1)), ("zero", np.int8(0))])
    assert to_half(data) is data
    data = model([helper.make_node("Relu", ["input"], ["output"])], kind=TensorProto.FLOAT16)
    assert to_half(data) is data


def quantized(activation_zero: np.generic) -> bytes:
    nodes = [
        helper.make_node("QuantizeLinear", ["input", "scale", "zero"], ["q"], name="quantize"),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"], name="dequantize"),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("QuantizeLinear", ["e", "scale", "none"], ["f"], name="symmetric"),
        helper.make_node("DequantizeLinear", ["f", "scale"], ["output"], name="without zero"),
    ]
    return model(nodes, [("scale", np.float32(0.1)), ("zero", activation_zero), ("none", np.int8(0))])


@pytest.mark.parametrize(
    ("zero", "faults"),
    [
        (np.int8(0), []),
        (np.int8(3), ["quantize", "dequantize"]),
        (np.uint8(0), ["quantize", "dequantize"]),
        (np.uint8(128), ["quantize", "dequantize"]),
    ],
)
def test_what_tensorrt_cannot_take_of_a_quantized_file_is_found(zero, faults):
    assert asymmetric_steps(quantized(zero)) == faults
