"""What recolor may be asked, and how a mistake is told."""

from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.spec import LabColor, PickedBox, Recolor, validate_spec

from .conftest import SHA

PHOTO = {"upload": f"sha256:{SHA}"}


def asked(**fields: Any) -> Recolor:
    (operation,) = validate_spec({"input": PHOTO, "operations": [{"op": "recolor", **fields}]}).operations
    assert isinstance(operation, Recolor)
    return operation


def mistakes(**fields: Any) -> list[dict[str, str]]:
    with pytest.raises(ProblemError) as caught:
        asked(**fields)
    assert caught.value.problem.type == "invalid-parameter"
    told: list[dict[str, str]] = caught.value.problem.extra["errors"]
    return told


def test_one_colour_makes_one_picture_of_the_whole_product():
    recolor = asked(color="navy")
    assert (recolor.targets, recolor.copies, recolor.keep_prints) == (("navy",), 1, True)
    assert (recolor.point, recolor.box, recolor.source, recolor.tolerance) == (None, None, None, None)


def test_several_colours_make_as_many_pictures_in_their_order():
    recolor = asked(colors=["藏青色", "#fa0", {"lab": [50, -20, 30.5]}])
    assert recolor.targets == ("藏青色", "#fa0", LabColor(lab=(50, -20, 30.5)))
    assert recolor.copies == 3


def test_a_part_is_picked_by_a_point_a_box_or_a_colour():
    assert asked(color="red", point={"x": 10.5, "y": 20}, tolerance=8).tolerance == 8
    assert asked(color="red", box={"x": 1, "y": 2, "width": 3, "height": 4}, keep_prints=False).box == PickedBox(
        x=1, y=2, width=3, height=4
    )
    assert asked(color="red", **{"from": "#0000ff"}).source == "#0000ff"


def test_a_manifest_says_from_as_the_spec_does():
    told = asked(color="red", **{"from": "blue"}).model_dump(mode="json", exclude_none=True)
    assert told == {"op": "recolor", "color": "red", "from": "blue", "keep_prints": True}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"color": "red", "colors": ["blue"]},
        {"color": "red", "point": {"x": 1, "y": 1}, "box": {"x": 1, "y": 2, "width": 3, "height": 4}},
        {"color": "red", "point": {"x": 1, "y": 1}, "from": "blue"},
        {"color": "red", "tolerance": 5},
        {"color": "red", "box": {"x": 1, "y": 2, "width": 3, "height": 4}, "tolerance": 5},
        {"color": "red", "from": "blue", "keep_prints": False},
    ],
)
def test_what_does_not_go_together_is_one_mistake_of_the_operation(fields):
    (mistake,) = mistakes(**fields)
    assert mistake["pointer"] == "/operations/0"
    assert "got" in mistake["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"color": "#12"}, "color"),
        ({"color": {"lab": [101, 0, 0]}}, "color"),
        ({"color": {"lab": [50, 0]}}, "color"),
        ({"color": 7}, "color"),
        ({"colors": ["red", "#zzz"]}, "colors/1"),
        ({"colors": []}, "colors"),
        ({"colors": ["red"] * 17}, "colors"),
        ({"color": "red", "from": "#12345"}, "from"),
        ({"color": "red", "point": {"x": -1, "y": 1}}, "point/x"),
        ({"color": "red", "point": {"x": 1}}, "point/y"),
        ({"color": "red", "box": {"x": 1, "y": 2, "width": 0, "height": 4}}, "box/width"),
        ({"color": "red", "point": {"x": 1, "y": 1}, "tolerance": 0}, "tolerance"),
        ({"color": "red", "keep_prints": "yes"}, "keep_prints"),
        ({"color": "red", "source": "blue"}, "source"),
    ],
)
def test_a_wrong_value_is_one_mistake_where_it_stands(fields, pointer):
    assert [mistake["pointer"] for mistake in mistakes(**fields)] == [f"/operations/0/{pointer}"]


def test_a_colour_of_no_known_form_is_told_all_forms():
    (mistake,) = mistakes(color="#12")
    assert mistake["detail"] == (
        "should be a colour's name, #rgb, #rrggbb or "
        '{"lab": [L, a, b]} with L from 0 to 100, a and b from -128 to 128; got "#12"'
    )
