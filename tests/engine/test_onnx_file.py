import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.onnx_file import describe_faults, read_outline


def faults(data, opset=17):
    return describe_faults(read_outline(data), opset=opset)


def test_a_plain_model_has_no_faults(onnx_of):
    assert faults(onnx_of(["Relu", "Identity"])) == []


def test_another_opset_than_promised_is_a_fault(onnx_of):
    assert faults(onnx_of(opset=18)) == ["the card promises opset 17; received 18"]


def test_an_operator_of_another_domain_is_a_fault(onnx_of):
    (fault,) = faults(onnx_of(["Gelu"], domain="com.microsoft"))
    assert "com.microsoft.Gelu" in fault


@pytest.mark.parametrize("mark", [(14, 1), (13, b"")], ids=["data_location", "external_data"])
def test_an_initializer_kept_in_another_file_is_a_fault(onnx_of, onnx_field, mark):
    tensor = onnx_field(5, onnx_field(8, "weight") + onnx_field(*mark))
    (fault,) = faults(onnx_of(graph_extra=tensor))
    assert "external data" in fault


def test_a_tensor_within_a_nodes_attribute_is_looked_at_too(onnx_of, onnx_field):
    (fault,) = faults(onnx_of(node_extra=onnx_field(5, onnx_field(5, onnx_field(14, 1)))))
    assert "external data" in fault


def test_a_sparse_initializer_is_looked_at_too(onnx_of, onnx_field):
    (fault,) = faults(onnx_of(graph_extra=onnx_field(15, onnx_field(1, onnx_field(14, 1)))))
    assert "external data" in fault


def test_control_flow_is_a_fault_and_what_it_holds_is_seen(onnx_of, onnx_field):
    hidden = onnx_field(1, onnx_field(4, "Backdoor") + onnx_field(7, "evil"))
    found = faults(onnx_of(node_extra=onnx_field(5, onnx_field(6, hidden))))
    assert any("control flow" in fault for fault in found)
    assert any("evil.Backdoor" in fault for fault in found)


def test_model_local_functions_are_a_fault(onnx_of, onnx_field):
    (fault,) = faults(onnx_of(model_extra=onnx_field(25, b"")))
    assert "functions" in fault


def test_an_empty_file_holds_no_operator():
    assert "it holds no operator" in faults(b"")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_protobuf_raise_value_error_and_nothing_else(data):
    try:
        read_outline(data)
    except ValueError:
        return


def test_a_file_cut_short_is_refused(onnx_of):
    with pytest.raises(ValueError, match="bytes at byte"):
        read_outline(onnx_of()[:-3])
