"""Every operator against ONNX Runtime, on small graphs of odd shapes."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from engine.backends.torch.operators import OPERATORS
from tests.engine.backends.torch.onnx_graphs import check_parity, make_model, values_of, whole

PHOTO = (2, 3, 7, 5)


def unary(name, shape=PHOTO, **attributes):
    return name, [], {}, shape, attributes


def binary(name, other, shape=PHOTO):
    return name, ["other"], {"other": np.asarray(other, np.float32)}, shape, {}


def listed(name, value_shape, attributes=None, **inputs):
    """Inputs after x by name; None leaves an optional one out."""
    names = ["" if value is None else key for key, value in inputs.items()]
    constants = {key: value for key, value in inputs.items() if value is not None}
    return name, names, constants, value_shape, attributes or {}


KERNEL = values_of((4, 3, 3, 2), 1)
GROUPED = values_of((6, 1, 3, 3), 2)
BIAS = values_of((4,), 3)
UP = values_of((3, 2, 4, 3), 4)
CHANNELS = np.abs(values_of((4, 3), 5)) + 0.1

CASES = [
    *(unary(name) for name in ("Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Identity", "Neg", "Round", "Sin")),
    *(unary(name) for name in ("Relu", "Sigmoid", "Tanh", "HardSwish", "Reciprocal", "GlobalAveragePool")),
    *(binary(name, values_of((3, 1, 5), 9)) for name in ("Add", "Sub", "Mul", "Div", "Min", "Max")),
    unary("GlobalMaxPool", (1, 4, 1, 9)),
    unary("Elu", alpha=0.7),
    unary("LeakyRelu"),
    unary("LeakyRelu", alpha=0.3),
    unary("HardSigmoid"),
    unary("HardSigmoid", alpha=0.4, beta=0.1),
    unary("Softmax"),
    unary("Softmax", axis=1),
    binary("PRelu", values_of((3, 1, 1), 6)),
    binary("PRelu", 0.25),
    listed("Clip", PHOTO, low=np.float32(-0.5), high=np.float32(0.75)),
    listed("Clip", PHOTO, low=None, high=np.float32(0.75)),
    listed("Clip", PHOTO, low=np.float32(-0.5)),
    unary("Clip"),
    binary("MatMul", values_of((5, 4), 7)),
    binary("MatMul", values_of((2, 3, 5, 1), 7)),
    listed("Gemm", (4, 7), b=values_of((7, 5), 8), c=values_of((5,), 9)),
    listed("Gemm", (7, 4), {"transA": 1, "transB": 1, "alpha": 0.5}, b=values_of((5, 7)), c=values_of((4, 1))),
    listed("Gemm", (4, 7), {"beta": 2.0}, b=values_of((7, 5)), c=values_of((4, 1))),
    listed("Gemm", (4, 7), b=values_of((7, 1), 8)),
    listed("Conv", PHOTO, w=KERNEL, b=BIAS),
    listed("Conv", PHOTO, {"pads": [1, 0, 1, 0], "strides": [2, 1]}, w=KERNEL),
    listed("Conv", PHOTO, {"pads": [0, 1, 2, 3], "dilations": [2, 1]}, w=KERNEL, b=BIAS),
    listed("Conv", PHOTO, {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, w=KERNEL),
    listed("Conv", PHOTO, {"auto_pad": "SAME_LOWER", "strides": [3, 2]}, w=KERNEL),
    listed("Conv", PHOTO, {"auto_pad": "VALID", "kernel_shape": [3, 2]}, w=KERNEL),
    listed("Conv", PHOTO, {"group": 3, "pads": [1, 1, 1, 1]}, w=GROUPED),
    listed("Conv", (1, 2, 9), {"pads": [1, 2]}, w=values_of((3, 2, 4))),
    listed("ConvTranspose", PHOTO, w=UP),
    listed("ConvTranspose", PHOTO, {"strides": [2, 3], "pads": [1] * 4, "output_padding": [1, 2]}, w=UP, b=BIAS[:2]),
    listed("ConvTranspose", PHOTO, {"strides": [2, 2], "pads": [0, 1, 2, 1]}, w=UP),
    listed("ConvTranspose", PHOTO, {"group": 3, "dilations": [2, 1]}, w=UP),
    ("BatchNormalization", list("abcd"), dict(zip("abcd", CHANNELS, strict=True)), PHOTO, {"epsilon": 1e-3}),
    unary("AveragePool", kernel_shape=[3, 2]),
    unary("AveragePool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    unary("AveragePool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1], count_include_pad=1),
    unary("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, shape=(1, 2, 8, 6)),
    unary("AveragePool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    unary("MaxPool", kernel_shape=[3, 2]),
    unary("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 2, 1]),
    unary("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, shape=(1, 2, 8, 6)),
    unary("MaxPool", kernel_shape=[2, 2], dilations=[2, 3], auto_pad="VALID", storage_order=0),
    unary("MaxPool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_LOWER"),
    *(
        unary(name, axes=axes, keepdims=keep)
        for name in ("ReduceMean", "ReduceMax", "ReduceMin")
        for axes, keep in (([2, 3], 1), ([-1], 0))
    ),
    unary("ReduceMean"),
    listed("ReduceSum", PHOTO, {"keepdims": 0}, axes=whole(1, -1)),
    unary("ReduceSum"),
    unary("ReduceSum", noop_with_empty_axes=1),
    listed("Reshape", PHOTO, shape=whole(0, -1, 5)),
    listed("Reshape", (0, 4), {"allowzero": 1}, shape=whole(3, 0)),
    unary("Flatten"),
    unary("Flatten", axis=-1),
    unary("Flatten", axis=0),
    unary("Transpose"),
    unary("Transpose", perm=[2, 0, 3, 1]),
    listed("Squeeze", (1, 3, 1, 5), axes=whole(0, -2)),
    unary("Squeeze", (1, 3, 1, 5)),
    listed("Unsqueeze", (3, 5), axes=whole(-1, 0)),
    listed("Expand", (3, 1), shape=whole(2, 1, 4)),
    listed("Expand", PHOTO, shape=whole(1)),
    unary("DepthToSpace", (2, 8, 3, 5), blocksize=2, mode="DCR"),
    unary("DepthToSpace", (2, 8, 3, 5), blocksize=2, mode="CRD"),
    unary("DepthToSpace", (1, 18, 1, 2), blocksize=3),
    unary("SpaceToDepth", (2, 3, 4, 6), blocksize=2),
    listed("Pad", PHOTO, pads=whole(0, 1, 2, 0, 1, 0, -1, 3), value=np.float32(0.5)),
    listed("Pad", PHOTO, pads=whole(0, 0, 1, 1, 0, 0, 1, 1)),
    listed("Pad", PHOTO, {"mode": "reflect"}, pads=whole(0, 0, 3, 1, 0, 0, 6, 4)),
    listed("Pad", PHOTO, {"mode": "edge"}, pads=whole(0, 0, 8, 0, 0, 0, 1, 2)),
    listed("Gather", PHOTO, {"axis": 1}, i=np.int64(-1)),
    listed("Gather", PHOTO, {"axis": -1}, i=whole(0, -2, 4, 1).reshape(2, 2)),
    listed("Gather", PHOTO, i=np.array([1, 0, 1], np.int32)),
    listed("Gather", (5,), i=np.int64(-2)),
    listed("Slice", PHOTO, starts=whole(1, -3), ends=whole(2**40, -1), axes=whole(2, 3)),
    listed("Slice", PHOTO, s=whole(-1, 4), e=whole(-(2**40), 0), a=whole(-2, 3), t=whole(-2, -3)),
    listed("Slice", PHOTO, s=whole(0, 1), e=whole(1, 3)),
    listed("Slice", PHOTO, s=whole(1), e=whole(7), a=whole(2), t=whole(3)),
    listed("Slice", PHOTO, s=whole(5), e=whole(3), a=whole(2)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[4]}")
def test_an_operator_answers_as_onnx_runtime_does(case):
    name, others, constants, shape, attributes = case
    node = helper.make_node(name, ["x", *others], ["y"], **attributes)
    check_parity(make_model([node], constants), values_of(shape))


RESIZES = [
    ({"mode": "linear"}, (2, 3)),
    ({"mode": "linear"}, (0.6, 0.7)),
    ({"mode": "linear"}, whole(4, 11)),
    ({"mode": "linear", "coordinate_transformation_mode": "align_corners"}, whole(9, 4)),
    ({"mode": "linear", "coordinate_transformation_mode": "align_corners"}, (2.3, 1.5)),
    ({"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}, (2, 2)),
    ({"mode": "cubic"}, (2, 2)),
    ({"mode": "cubic"}, whole(15, 3)),
    ({"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, (2, 3)),
    ({"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, whole(3, 4)),
    ({"mode": "nearest", "nearest_mode": "round_prefer_ceil"}, (2, 2)),
]


@pytest.mark.parametrize(("attributes", "wanted"), RESIZES, ids=str)
def test_pictures_are_resized_as_onnx_runtime_does(attributes, wanted):
    sizes = isinstance(wanted, np.ndarray)
    constant = np.concatenate([whole(2, 3), wanted]) if sizes else np.array([1, 1, *wanted], np.float32)
    node = helper.make_node("Resize", ["x", "", "", "wanted"] if sizes else ["x", "", "wanted"], ["y"], **attributes)
    check_parity(make_model([node], {"wanted": constant}), values_of(PHOTO))


def test_a_line_is_resized_too():
    node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="linear")
    check_parity(make_model([node], {"s": np.array([1, 1, 1.7], np.float32)}), values_of((1, 2, 5)))


@pytest.mark.parametrize("name", ["Log", "Sqrt"])
def test_an_operator_of_positive_numbers_answers_as_onnx_runtime_does(name):
    model = make_model([helper.make_node(name, ["x"], ["y"])])
    check_parity(model, np.abs(values_of(PHOTO)))


@pytest.mark.parametrize("exponent", [2.4, 0.0, 6.0, 3])
def test_powers_keep_the_type_of_their_base(exponent):
    model = make_model([helper.make_node("Pow", ["x", "e"], ["y"])], {"e": np.array(exponent)}, opset=15)
    check_parity(model, np.abs(values_of(PHOTO)).clip(0, 3))


@pytest.mark.parametrize("name", ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"])
def test_comparisons_choose_as_onnx_runtime_does(name):
    zero = {"zero": np.zeros((1, 1, 5), np.float32), "third": values_of((3, 1, 1))}
    nodes = [helper.make_node(name, ["x", "zero"], ["c"]), helper.make_node("Where", ["c", "x", "third"], ["y"])]
    check_parity(make_model(nodes, zero), np.round(values_of(PHOTO)))


def test_conditions_are_joined_as_onnx_runtime_does():
    nodes = [
        helper.make_node("Less", ["x", "one"], ["a"]),
        helper.make_node("Greater", ["x", "half"], ["b"]),
        helper.make_node("And", ["a", "b"], ["both"]),
        helper.make_node("Not", ["both"], ["outside"]),
        helper.make_node("Or", ["outside", "b"], ["y"]),
    ]
    constants = {"one": np.float32(1), "half": np.float32(0.5)}
    check_parity(make_model(nodes, constants, output_type=TensorProto.BOOL), values_of(PHOTO))


@pytest.mark.parametrize("kind", ["none", "tanh"])
def test_gelu_is_the_exact_one_or_its_approximation(kind):
    check_parity(make_model([helper.make_node("Gelu", ["x"], ["y"], approximate=kind)], opset=20), values_of(PHOTO))


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64])
@pytest.mark.parametrize(("operator", "attributes"), [("Div", {}), ("Mod", {}), ("Mod", {"fmod": 1})])
def test_whole_numbers_are_divided_towards_zero_and_leave_what_onnx_says(kind, operator, attributes):
    nodes = [
        helper.make_node("Cast", ["x"], ["whole"], to=kind),
        helper.make_node("Cast", ["d"], ["divisor"], to=kind),
        helper.make_node(operator, ["whole", "divisor"], ["y"], **attributes),
    ]
    divisor = np.array([[-2], [3], [1]], np.float32)
    check_parity(make_model(nodes, {"d": divisor}, output_type=kind), 10 * values_of((2, 3, 7)))


def test_of_fractions_what_is_left_has_the_dividends_sign():
    nodes = [helper.make_node("Mod", ["x", "d"], ["y"], fmod=1)]
    check_parity(make_model(nodes, {"d": np.array([[-0.75], [0.5], [2]], np.float32)}), 10 * values_of((2, 3, 7)))


@pytest.mark.parametrize("lengths", [[1, 4, 2], [5, 1, 1]])
def test_a_split_by_lengths_gives_each_part(lengths):
    nodes = [
        helper.make_node("Split", ["x", "lengths"], ["a", "b", "c"], axis=2),
        helper.make_node("Concat", ["c", "a", "b"], ["y"], axis=2),
    ]
    check_parity(make_model(nodes, {"lengths": whole(*lengths)}), values_of(PHOTO))


@pytest.mark.parametrize(("opset", "attributes"), [(17, {}), (18, {"num_outputs": 2})])
def test_a_split_without_lengths_gives_even_parts(opset, attributes):
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b"], axis=-1, **attributes),
        helper.make_node("Sub", ["a", "b"], ["y"]),
    ]
    check_parity(make_model(nodes, opset=opset), values_of((3, 8)))


@pytest.mark.parametrize("name", ["ReduceMean", "ReduceMax", "ReduceMin"])
def test_axes_may_be_an_input_from_opset_18(name):
    node = helper.make_node(name, ["x", "axes"], ["y"], keepdims=0)
    check_parity(make_model([node], {"axes": whole(1, -1)}, opset=18), values_of(PHOTO))


def test_padded_axes_may_be_named_from_opset_18():
    node = helper.make_node("Pad", ["x", "pads", "", "axes"], ["y"], mode="reflect")
    constants = {"pads": whole(2, 3), "axes": whole(-1)}
    check_parity(make_model([node], constants, opset=18), values_of(PHOTO))


def test_every_operator_is_compared_somewhere_in_these_tests(request):
    """The list below is of operators whose tests are not in the table above."""
    apart = {"Log", "Sqrt", "Pow", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Where", "Gelu", "Cast"}
    apart |= {"And", "Not", "Or", "Split", "Concat", "Resize", "Shape", "ConstantOfShape", "Mod"}
    assert set(OPERATORS) - {case[0] for case in CASES} == apart
