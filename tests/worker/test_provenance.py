"""What a file says of where it comes from."""

import pytest

from worker.operations import COMPOSITE
from worker.provenance import ENHANCED, FILLED, source_type


def step(op, *, says=None, warnings=()):
    return {"op": op, "findings": {} if says is None else {"digital_source_type": says}, "warnings": list(warnings)}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], None),
        ([step("resize"), step("crop"), step("rotate"), step("perspective")], None),
        ([step("resize"), step("relight")], ENHANCED),
        ([step("cutout"), step("background")], ENHANCED),
        ([step("cutout"), step("background", says=COMPOSITE)], COMPOSITE),
        ([step("recolor", says=COMPOSITE), step("inpaint")], FILLED),
        ([step("inpaint", warnings=["nothing was filled: the mask is dark everywhere"])], None),
        ([step("inpaint"), step("variations"), step("relight")], "trainedAlgorithmicMedia"),
    ],
)
def test_the_strongest_of_what_was_done_is_told(steps, expected):
    assert source_type(steps) == expected


def test_a_channel_s_own_work_counts_too():
    assert source_type([step("resize")], enhanced=True) == ENHANCED
    assert source_type([step("generate")], enhanced=True) == "trainedAlgorithmicMedia"
