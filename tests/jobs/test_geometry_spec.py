"""What the operations that move pixels may be asked, and how a mistake is told."""

from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.spec import validate_spec

PHOTO = {"upload": "sha256:" + "0" * 64}
QUAD = [{"x": 10, "y": 10}, {"x": 90.5, "y": 12}, {"x": 95, "y": 80}, {"x": 5, "y": 85}]


def params_of(**operation: Any) -> Any:
    return validate_spec({"input": PHOTO, "operations": [operation]}).operations[0]


def mistake_of(**operation: Any) -> dict[str, str]:
    with pytest.raises(ProblemError) as caught:
        params_of(**operation)
    (mistake,) = caught.value.problem.extra["errors"]
    return mistake  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "resize", "width": 10, "height": 20, "fit": "pad"},
        {"op": "resize", "width": 10, "height": 20, "fit": "pad", "background": "transparent"},
        {"op": "resize", "width": 10, "height": 20, "fit": "pad", "background": "#ABC"},
        {"op": "crop", "product": True},
        {"op": "crop", "product": True, "margin": 0.1, "aspect": "4:5"},
        {"op": "rotate", "angle": "auto"},
        {"op": "rotate", "angle": 7.5, "frame": "crop", "fill": "cream"},
        {"op": "rotate", "angle": 90, "expand": False},
        {"op": "perspective", "auto": True, "focal": 0.75, "frame": "expand"},
        {"op": "perspective", "corners": QUAD},
        {"op": "perspective", "corners": QUAD, "aspect": "3:4"},
        {"op": "perspective", "yaw": -45},
        {"op": "perspective", "yaw": 3, "pitch": 0.5, "frame": "same"},
    ],
)
def test_what_can_be_asked_is_read_and_means_the_same_when_written(operation: dict[str, Any]) -> None:
    params = params_of(**operation)
    assert params_of(**params.model_dump(exclude_none=True)) == params


def test_colours_are_read_once() -> None:
    assert params_of(op="resize", width=1, height=1, fit="pad", background="sand").background == "#e6d5b8"
    assert params_of(op="rotate", angle=1, fill="#00FF7f").fill == "#00ff7f"


@pytest.mark.parametrize(
    ("operation", "pointer", "told"),
    [
        ({"op": "resize", "width": 9, "fit": "pad"}, "", "the fit pad needs both sides; got width alone"),
        (
            {"op": "resize", "width": 9, "background": "white"},
            "",
            "only the fit pad has a background; got the fit contain",
        ),
        ({"op": "crop", "product": True, "x": 1}, "", "takes margin and aspect; got a box beside it"),
        ({"op": "crop", "aspect": "1:1", "margin": 0.1}, "", "only a crop to the product has a margin; got 0.1"),
        ({"op": "crop"}, "", "or aspect alone, or product"),
        ({"op": "crop", "product": True, "margin": 1.5}, "/margin", "less than or equal to 1; got 1.5"),
        ({"op": "rotate", "angle": "level"}, "/angle", "should be 'auto' or a number from -360 to 360; got \"level\""),
        ({"op": "rotate", "angle": 361}, "/angle", "should be 'auto' or a number from -360 to 360; got 361"),
        ({"op": "rotate", "angle": 3, "expand": False, "frame": "crop"}, "", "got expand false beside the frame crop"),
        ({"op": "perspective"}, "", "needs one of auto, corners, and yaw or pitch; got none"),
        ({"op": "perspective", "auto": True, "yaw": 3}, "", "got auto and yaw or pitch"),
        ({"op": "perspective", "yaw": 46}, "/yaw", "less than or equal to 45; got 46"),
        (
            {"op": "perspective", "pitch": 3, "aspect": "1:1"},
            "",
            "an aspect belongs to corners; got 1:1 with yaw or pitch",
        ),
        ({"op": "perspective", "corners": QUAD, "frame": "crop"}, "", "got frame or focal beside them"),
        ({"op": "perspective", "corners": QUAD[::-1]}, "", "clockwise from its top left; got a turn to the left"),
        ({"op": "perspective", "corners": [QUAD[0], QUAD[2], QUAD[1], QUAD[3]]}, "", "a turn to the left, or none"),
        (
            {"op": "perspective", "corners": [{"x": 0, "y": 0}, {"x": 5, "y": 0}, *QUAD[2:]]},
            "",
            "at least 8 pixels apart; got 5.0 after corner 1",
        ),
        (
            {"op": "perspective", "corners": [*QUAD[:3], {"x": -1, "y": 2}]},
            "/corners/3/x",
            "greater than or equal to 0",
        ),
    ],
)
def test_a_mistake_is_pointed_at_with_what_was_received(operation: dict[str, Any], pointer: str, told: str) -> None:
    mistake = mistake_of(**operation)
    assert mistake["pointer"] == "/operations/0" + pointer
    assert told in mistake["detail"]


def test_three_corners_are_too_few() -> None:
    with pytest.raises(ProblemError) as caught:
        params_of(op="perspective", corners=QUAD[:3])
    assert "/operations/0/corners" in {mistake["pointer"][:21] for mistake in caught.value.problem.extra["errors"]}
