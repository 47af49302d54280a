"""The converter: shapes on the host, constants folded, refusals by name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

from engine.backends.torch.convert import convert
from engine.errors import WeightsError
from tests.engine.backends.torch.onnx_graphs import check_parity, make_model, values_of, whole


def test_shapes_are_computed_on_the_host():
    """[N,C,H,W] to [N*H, C*W] by way of Shape, Gather, Mul and Concat: as exporters write a view of unknown size."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "rows"], ["lengths"], axis=0),
        helper.make_node("Slice", ["lengths", "zero", "one"], ["count"]),
        helper.make_node("Slice", ["lengths", "one", "two"], ["height"]),
        helper.make_node("Mul", ["count", "height"], ["all"]),
        helper.make_node("Concat", ["all", "rest"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["x", "wanted"], ["y"]),
    ]
    constants = {"rows": [0, 2], "zero": [0], "one": [1], "two": [2], "rest": [-1]}
    model = make_model(nodes, {name: whole(*value) for name, value in constants.items()})
    for shape in ((2, 3, 7, 5), (1, 1, 1, 1), (4, 2, 3, 9)):
        check_parity(model, values_of(shape))


SEVEN = helper.make_tensor("seven", TensorProto.FLOAT, [1], [7])


def test_shape_arithmetic_keeps_full_precision_in_a_half_network():
    """3000 * 1.1 is 3300; in float16, whose whole numbers end at 2048, it would be another length."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "factor"], ["longer"]),
        helper.make_node("Cast", ["longer"], ["whole"], to=TensorProto.INT64),
        helper.make_node("ConstantOfShape", ["whole"], ["y"], value=SEVEN),
    ]
    model = make_model(nodes, {"factor": np.array([1.1003], np.float32)})
    answer = convert(model, torch.float16)(torch.zeros(3001, dtype=torch.float16))
    assert (answer.shape, answer.dtype) == ((int(np.float32(3001) * np.float32(1.1003)),), torch.float16)


def test_a_tensor_filled_by_shape_lies_where_the_pictures_lie():
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("Add", ["x", "zeros"], ["y"]),
    ]
    model = make_model(nodes)
    check_parity(model, values_of((2, 3)))
    assert convert(model)(torch.zeros(2, 3, device="meta")).device.type == "meta"


def test_a_network_moved_to_a_device_takes_every_weight_along():
    """On the meta device a weight, or an index, left behind would be met by an error."""
    nodes = [
        helper.make_node("Gather", ["x", "places"], ["some"], axis=1),
        helper.make_node("Mul", ["some", "weight"], ["y"]),
    ]
    model = make_model(nodes, {"places": whole(0, -1), "weight": values_of((2, 1))})
    assert convert(model).to("meta")(torch.zeros(3, 5, 4, device="meta")).shape == (3, 2, 4)


def test_constants_are_folded_and_stored_once():
    nodes = [
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Add", ["one", "two"], ["three"]),
        helper.make_node("Mul", ["x", "three"], ["tripled"]),
        helper.make_node("Add", ["tripled", "three"], ["y"]),
    ]
    model = make_model(nodes, {"two": np.array([2], np.float32)})
    module = convert(model)
    assert [buffer.item() for buffer in module.buffers()] == [3.0]
    check_parity(model, values_of((3, 4)))


def test_a_half_network_keeps_whole_numbers_and_halves_the_rest():
    nodes = [helper.make_node("Gather", ["x", "i"], ["g"], axis=0), helper.make_node("Mul", ["g", "w"], ["y"])]
    module = convert(make_model(nodes, {"i": whole(1), "w": values_of((3,))}), torch.float16)
    assert [buffer.dtype for buffer in module.buffers()] == [torch.int64, torch.float16]


REFUSED = [
    ("LSTM", ["x", "one", "one"], {}, "does not convert the operators LSTM"),
    ("Conv", ["x", "one"], {"flavour": 3}, "flavour"),
    ("Resize", ["x"], {"antialias": 1}, "antialias"),
    ("Cast", ["x"], {"to": TensorProto.BFLOAT16}, "element types .* received BFLOAT16"),
    ("Reshape", ["x", "x"], {}, "shapes that depend on the picture"),
]


@pytest.mark.parametrize(("name", "inputs", "attributes", "message"), REFUSED)
def test_what_is_not_converted_is_refused_by_name(name, inputs, attributes, message):
    node = helper.make_node(name, inputs, ["y"], **attributes)
    with pytest.raises(WeightsError, match=message):
        convert(make_model([node], {"one": values_of((1, 1, 1, 1))}))


def test_an_output_beyond_the_first_is_refused():
    node = helper.make_node("MaxPool", ["x"], ["y", "indices"], kernel_shape=[2, 2])
    with pytest.raises(WeightsError, match="MaxPool 'y': one output is converted; received 2"):
        convert(make_model([node]))


def test_a_quantised_network_is_refused_by_its_operators():
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    with pytest.raises(WeightsError, match="DequantizeLinear, QuantizeLinear"):
        convert(make_model(nodes, {"s": np.float32(0.1), "z": np.int8(0)}))


@pytest.mark.parametrize("opset", [12, 22])
def test_another_opset_is_refused(opset):
    with pytest.raises(WeightsError, match=f"opsets 13 to 21; received {opset}"):
        convert(make_model([helper.make_node("Relu", ["x"], ["y"])], opset=opset))


TWICE = np.array([1, 1, 2, 2], np.float32)
VARIANTS = [
    ("Resize", {"mode": "nearest"}, ["", TWICE]),
    ("Resize", {"mode": "linear"}, ["", np.array([1, 2, 2, 2], np.float32)]),
    ("Resize", {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}, ["", TWICE]),
    (
        "Resize",
        {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
        ["", TWICE / (1, 1, 12, 12)],
    ),
    ("Resize", {"mode": "cubic", "cubic_coeff_a": -0.5}, ["", TWICE]),
    ("Resize", {"mode": "linear"}, ["", np.array([1, 1, 2, 2.3333333], np.float32)]),
    ("Pad", {"mode": "reflect"}, [whole(0, 1, 0, 0, 0, 1, 0, 0)]),
    ("DepthToSpace", {"blocksize": 2, "mode": "XYZ"}, []),
    ("Conv", {"auto_pad": "SAME"}, [values_of((1, 4, 1, 1))]),
    ("BatchNormalization", {"training_mode": 1}, [np.ones(4, np.float32)] * 4),
]


@pytest.mark.parametrize(("name", "attributes", "inputs"), VARIANTS, ids=str)
def test_a_variant_that_torch_computes_otherwise_is_refused_when_it_runs(name, attributes, inputs):
    names = [f"input_{place}" if len(value) else "" for place, value in enumerate(inputs)]
    node = helper.make_node(name, ["x", *names], ["y"], **attributes)
    constants = {name: value for name, value in zip(names, inputs, strict=True) if name}
    module = convert(make_model([node], constants))
    with pytest.raises(ValueError, match="received"):
        module(torch.zeros(1, 4, 6, 6))
