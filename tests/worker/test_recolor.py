"""recolor by itself: what it makes of a picture whose matte is known, what it tells, and what it refuses."""

import json
import threading

import numpy as np
import pytest

from engine import Ticket
from engine.quality.metrics import delta_e2000, srgb_to_lab
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from worker.operations import OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture

BLUE, RED, GROUND = (40, 70, 160), (200, 30, 40), (150, 140, 120)
POINTER = "/operations/0"


class NoEngine:
    """Nothing is asked where the matte is known."""

    def submit(self, model, _image, _ticket):
        raise AssertionError(model)


@pytest.fixture
def context():
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(NoEngine(), ticket, lambda: None, pointer=POINTER)


@pytest.fixture
def picture():
    """A blue cloth with a red logo, in light that falls off to one side."""
    rgb = np.full((80, 100, 3), GROUND, np.uint8)
    matte = np.zeros((80, 100), np.uint8)
    matte[10:70, 10:90] = 255
    light = np.linspace(0.75, 1.0, 80)
    rgb[10:70, 10:90] = np.rint(np.array(BLUE) * light[None, :, None]).astype(np.uint8)
    rgb[10:70:6, 10:90] = rgb[10:70:6, 10:90] * 0.9
    rgb[30:45, 40:60] = RED
    return Picture(rgb, matte=matte, origin=np.eye(3))


def params_of(**fields):
    document = {"input": {"upload": "sha256:" + "0" * 64}, "operations": [{"op": "recolor", **fields}]}
    return validate_spec(document).operations[0]


def perform(picture, context, **fields):
    return OPERATIONS["recolor"].run(picture, params_of(**fields), context)


def body_of(picture):
    return np.median(srgb_to_lab(picture.rgb[12:68, 60:88]).reshape(-1, 3), axis=0)


def test_each_colour_makes_a_picture_in_order_with_the_same_light(picture, context):
    pink, black = perform(picture, context, colors=["pink", "#181818"])
    assert body_of(pink)[0] > 60 > 20 > body_of(black)[0]
    for made in (pink, black):
        assert np.array_equal(made.rgb[picture.matte == 0], picture.rgb[picture.matte == 0])
        assert np.array_equal(made.rgb[32:43, 42:58], picture.rgb[32:43, 42:58])
        assert made.rgb[20, 85].astype(int).sum() > made.rgb[20, 15].astype(int).sum()
    assert [output["asked"] for output in context.findings["outputs"]] == ["pink", "#181818"]


def test_matte_alpha_and_origin_stay(picture, context):
    cut = Picture(picture.rgb, alpha=picture.matte, matte=picture.matte, origin=np.diag([2.0, 2.0, 1.0]))
    (made,) = perform(cut, context, color="olive")
    assert made.alpha is cut.alpha
    assert made.matte is cut.matte
    assert made.origin is cut.origin


def test_a_transparent_picture_is_its_own_matte(picture, context):
    (made,) = perform(Picture(picture.rgb, alpha=picture.matte), context, color="olive")
    assert np.array_equal(made.matte, picture.matte)
    assert delta_e2000(body_of(made), srgb_to_lab(np.array((100, 100, 54), np.uint8))) < 6


def test_findings_tell_how_near_it_came(picture, context):
    perform(picture, context, color={"lab": [60, 30, 20]})
    found = context.findings
    (output,) = found["outputs"]
    assert found["digital_source_type"] == "compositeSynthetic"
    assert 0.9 < found["recolored_share"] < 1
    assert output["target"]["lab"] == [60, 30, 20]
    assert output["delta_e2000"] < 1.5 < output["mean_delta_e2000"] < output["p95_delta_e2000"]
    assert output["texture_kept"] > 0.9
    assert output["reached"]["hex"].startswith("#")
    assert context.warnings == []


def test_a_colour_that_screens_cannot_show_is_warned_of(picture, context):
    perform(picture, context, colors=["red", {"lab": [50, 120, -100]}])
    (warning,) = context.warnings
    assert warning.startswith("colour 1, ")
    assert context.findings["outputs"][1]["delta_e2000"] > 5


def test_a_pattern_without_a_main_colour_is_warned_of(picture, context):
    rgb = picture.rgb.copy()
    for column, color in ((10, (200, 30, 40)), (30, (60, 160, 60)), (50, (240, 210, 60)), (70, BLUE)):
        rgb[10:70, column : column + 20] = color
    perform(Picture(rgb, matte=picture.matte), context, color="white")
    assert any("only 25% of the product" in warning for warning in context.warnings)


def test_a_point_is_a_place_of_the_picture(picture, context):
    (made,) = perform(picture, context, color="yellow", point={"x": 50.5, "y": 37.5})
    assert np.array_equal(made.rgb[50:, :], picture.rgb[50:, :])
    assert made.rgb[37, 50, 1] > 150


def test_an_unknown_name_is_refused_with_the_nearest_before_the_product_is_looked_for(picture, context):
    with pytest.raises(ProblemError) as caught:
        perform(Picture(picture.rgb), context, colors=["red", "oliwe"])
    (mistake,) = caught.value.problem.extra["errors"]
    assert mistake["pointer"] == f"{POINTER}/colors/1"
    assert "olive" in mistake["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"point": {"x": 3, "y": 3}}, "point"),
        ({"box": {"x": 0, "y": 0, "width": 5, "height": 5}}, "box"),
        ({"from": "yellow"}, "from"),
        ({"from": "yelow"}, "from"),
    ],
)
def test_what_is_not_on_the_product_is_refused_where_it_was_named(picture, context, fields, pointer):
    with pytest.raises(ProblemError) as caught:
        perform(picture, context, color="red", **fields)
    assert caught.value.problem.type == "invalid-parameter"
    (mistake,) = caught.value.problem.extra["errors"]
    assert mistake["pointer"] == f"{POINTER}/{pointer}"
    assert json.dumps(fields[pointer]).strip('"{}')[:5] in mistake["detail"]


@pytest.mark.parametrize(
    "fields", [{"point": {"x": 100, "y": 20}}, {"box": {"x": 90, "y": 0, "width": 11, "height": 5}}]
)
def test_what_lies_outside_the_picture_is_refused_before_anything_is_done(fields):
    with pytest.raises(ProblemError, match="100 × 80") as caught:
        sizes_after([params_of(color="red", **fields)], (100, 80))
    assert caught.value.problem.type == "invalid-parameter"


def test_the_size_stays():
    assert sizes_after([params_of(color="red", point={"x": 99.9, "y": 79.9})], (100, 80)) == [(100, 80)]
