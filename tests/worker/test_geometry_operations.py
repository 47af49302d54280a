"""resize, crop, rotate and perspective on pictures whose product is known, so that no network is asked."""

import threading

import cv2
import numpy as np
import pytest

from engine import Ticket
from engine.pixels.homographies import moved_points
from engine.pixels.perspective import turned_view
from engine.pixels.warping import warp
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from worker.operations import OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture

MARK = (130.0, 75.0)
QUAD = [{"x": 40, "y": 20}, {"x": 200, "y": 30}, {"x": 210, "y": 150}, {"x": 20, "y": 140}]
ALL_OPERATIONS = [
    {"op": "resize", "width": 97},
    {"op": "resize", "width": 480, "height": 480, "fit": "cover"},
    {"op": "resize", "width": 90, "height": 151, "fit": "fill"},
    {"op": "resize", "width": 301, "height": 400, "fit": "pad"},
    {"op": "resize", "width": 301, "height": 400, "fit": "pad", "background": "transparent"},
    {"op": "resize", "width": 300, "height": 500, "fit": "pad", "background": "navy", "enlarge": False},
    {"op": "crop", "x": 20, "y": 10, "width": 180, "height": 140},
    {"op": "crop", "aspect": "1:1"},
    {"op": "crop", "product": True},
    {"op": "crop", "product": True, "margin": 0.2, "aspect": "4:5"},
    {"op": "rotate", "angle": 90},
    {"op": "rotate", "angle": -90, "expand": False},
    {"op": "rotate", "angle": 21.5},
    {"op": "rotate", "angle": -7, "frame": "crop"},
    {"op": "rotate", "angle": 7, "frame": "same"},
    {"op": "rotate", "angle": "auto"},
    {"op": "perspective", "corners": QUAD},
    {"op": "perspective", "corners": QUAD, "aspect": "1:1"},
    {"op": "perspective", "yaw": 15},
    {"op": "perspective", "yaw": -10, "pitch": 12, "focal": 0.75, "frame": "expand"},
    {"op": "perspective", "pitch": -12, "frame": "same"},
    {"op": "perspective", "auto": True},
]


class NoEngine:
    """Answers nothing: what is known needs no network."""


@pytest.fixture
def context():
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(NoEngine(), ticket, lambda: None)


def params_of(**operation):
    return validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": [operation]}).operations[0]


def perform(picture, context, **operation):
    params = params_of(**operation)
    return OPERATIONS[params.op].run(picture, params, context)


def shirt(tilt=0.0, *, alpha=False):
    """A dark product with a white mark at MARK, tilted about it, 250 × 180."""
    matte = np.zeros((180, 250), np.uint8)
    points = [
        (80, 40),
        (100, 45),
        (160, 45),
        (180, 40),
        (205, 70),
        (185, 85),
        (180, 150),
        (80, 150),
        (75, 85),
        (55, 70),
    ]
    cv2.fillPoly(matte, [np.array(points, np.int32)], 255)
    matte = cv2.warpAffine(matte, cv2.getRotationMatrix2D((MARK[0] - 0.5, MARK[1] - 0.5), -tilt, 1), (250, 180))
    rgb = np.where(matte[..., None] > 127, np.uint8(20), np.uint8(90)) * np.ones(3, np.uint8)
    rgb[72:78, 127:133] = 255
    return Picture(rgb, matte if alpha else None, matte, np.eye(3))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
def test_a_mark_lands_where_the_origin_says_and_on_the_matte(operation, alpha, context):
    made = perform(shirt(5.0, alpha=alpha), context, **operation)
    light = np.clip(made.rgb.min(axis=2).astype(float) - 120, 0, None) * (1 if made.matte is None else made.matte > 0)
    rows, columns = np.mgrid[: made.height, : made.width] + 0.5
    found = (light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()
    expected = moved_points(made.origin, np.array([MARK]))[0]
    assert np.hypot(*(expected - found)) < 0.5
    assert made.matte[int(expected[1]), int(expected[0])] > 250


@pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
@pytest.mark.parametrize("alpha", [False, True])
def test_the_size_foretold_is_the_size_made_or_the_most_it_can_be(operation, alpha, context):
    picture = shirt(5.0, alpha=alpha)
    params = params_of(**operation)
    made = OPERATIONS[params.op].run(picture, params, context)
    ((width, height),) = sizes_after([params], (picture.width, picture.height))
    found_out = "auto" in operation or operation.get("angle") == "auto" or "product" in operation
    assert (made.width, made.height) == (width, height) or found_out
    assert made.width <= width
    assert made.height <= height


def test_new_ground_of_an_opaque_picture_is_white_unless_said(context):
    for operation in ({"op": "resize", "width": 90, "height": 300, "fit": "pad"}, {"op": "rotate", "angle": 20}):
        made = perform(shirt(), context, **operation)
        assert made.alpha is None
        assert made.rgb[0, 0].tolist() == [255, 255, 255]
        assert made.matte[0, 0] == 0


def test_new_ground_of_a_picture_with_alpha_is_transparent(context):
    for operation in ({"op": "resize", "width": 90, "height": 300, "fit": "pad"}, {"op": "rotate", "angle": 20}):
        assert perform(shirt(alpha=True), context, **operation).alpha[0, 0] == 0


def test_a_picture_is_padded_with_a_colour_or_with_nothing(context):
    pad = {"op": "resize", "width": 90, "height": 300, "fit": "pad"}
    clear = perform(shirt(), context, **pad, background="transparent")
    assert clear.alpha[0, 0] == 0
    assert clear.alpha[150, 45] == 255
    sand = perform(shirt(alpha=True), context, **pad, background="#102030")
    assert sand.alpha is None
    assert sand.rgb[0, 0].tolist() == sand.rgb[121, 1].tolist() == [16, 32, 48]


def test_a_padded_picture_lies_in_the_middle(context):
    made = perform(Picture(np.zeros((10, 20, 3), np.uint8)), context, op="resize", width=40, height=40, fit="pad")
    assert (made.rgb[10:30] == 0).all()
    assert (made.rgb[:10] == 255).all()
    assert (made.rgb[30:] == 255).all()


def test_a_crop_to_the_product_leaves_its_margin_and_says_so(context):
    made = perform(shirt(), context, op="crop", product=True, margin=0.1)
    rows, columns = np.nonzero(made.matte > 127)
    assert abs(columns.min() - 15) <= 1
    assert abs(made.width - columns.max() - 16) <= 1
    assert abs(rows.min() - 15) <= 1
    assert context.findings["box"][2:] == [made.width, made.height]
    assert abs(context.findings["margin"] - 0.1) < 0.01
    assert context.warnings == []


def test_an_aspect_that_has_no_room_is_told(context):
    made = perform(shirt(), context, op="crop", product=True, aspect="1:4")
    assert made.height == 180
    assert made.width >= 150
    assert "no room for 1:4" in context.warnings[0]


def test_a_product_that_goes_on_beyond_the_picture_is_told(context):
    cut = perform(shirt(), context, op="crop", x=0, y=0, width=250, height=120)
    perform(cut, context, op="crop", product=True)
    assert context.findings["touches"] == ["bottom"]
    assert "cut off at the bottom" in context.warnings[0]


def test_a_crop_to_a_product_that_is_nowhere_is_refused(context):
    nothing = Picture(np.zeros((20, 20, 3), np.uint8), None, np.zeros((20, 20), np.uint8))
    with pytest.raises(ProblemError) as raised:
        perform(nothing, context, op="crop", product=True)
    assert raised.value.problem.type == "no-product-found"


@pytest.mark.parametrize("tilt", [-9, 4])
def test_a_tilted_product_is_levelled_and_the_angle_told(tilt, context):
    made = perform(shirt(tilt), context, op="rotate", angle="auto")
    assert abs(context.findings["angle"] + tilt) < 0.5
    assert context.findings["evidence"] == "symmetry"
    turned = np.degrees(np.arctan2(made.origin[1, 0], made.origin[0, 0]))
    assert abs(turned + tilt) < 0.5


@pytest.mark.parametrize(
    ("tilt", "box", "frame"),
    [
        (4, None, "crop"),
        (9, {"x": 35, "y": 12, "width": 190, "height": 158}, "crop"),  # no room in its own aspect, but in another
        (9, {"x": 53, "y": 25, "width": 154, "height": 139}, "expand"),
    ],
)
def test_levelling_keeps_the_product_whole(tilt, box, frame, context):
    picture = shirt(tilt) if box is None else perform(shirt(tilt), context, op="crop", **box)
    made = perform(picture, context, op="rotate", angle="auto")
    assert context.findings["frame"] == frame
    assert abs(int(made.matte.sum()) / int(picture.matte.sum()) - 1) < 0.01
    white = (made.rgb > 240).all(axis=2)
    assert white[[0, 0, -1, -1], [0, -1, 0, -1]].any() == (frame == "expand")
    assert len(context.warnings) == (frame == "expand")


def test_a_round_product_is_left_as_it_is(context):
    matte = np.zeros((100, 100), np.uint8)
    cv2.circle(matte, (50, 50), 35, 255, -1, cv2.LINE_AA)
    plate = Picture(np.zeros((100, 100, 3), np.uint8), None, matte, np.eye(3))
    assert perform(plate, context, op="rotate", angle="auto") is plate
    assert context.findings["angle"] == 0


def wall(pitch, roll):
    """Tiles with a dark ball before them, by a camera that must turn so much to see them straight."""
    scene, matte = np.full((450, 600, 3), 170, np.uint8), np.zeros((450, 600), np.uint8)
    for x in range(40, 600, 87):
        cv2.line(scene, (x, 0), (x, 449), (90, 90, 90), 3, cv2.LINE_AA)
    cv2.circle(matte, (300, 225), 80, 255, -1)
    scene[matte > 0] = 30
    motion = np.linalg.inv(turned_view((600, 450), 0, pitch, roll, 1.0))
    photo = warp(scene, motion, (600, 450), (170, 170, 170))
    return Picture(photo, None, warp(matte[..., None], motion, (600, 450), (0, 0, 0))[..., 0].copy(), np.eye(3))


def test_verticals_are_straightened_and_the_turn_told(context):
    made = perform(wall(9, -3), context, op="perspective", auto=True)
    assert context.findings["straightened"] is True
    assert abs(context.findings["pitch"] - 9) < 0.6
    assert abs(context.findings["roll"] + 3) < 0.4
    assert context.findings["frame"] == "crop"
    again = OperationContext(NoEngine(), context.ticket, lambda: None)
    perform(made, again, op="perspective", auto=True)
    assert max(abs(again.findings["pitch"]), abs(again.findings["roll"])) < 0.6


def test_without_lines_a_picture_is_left_as_it_is(context):
    plain = Picture(np.full((80, 90, 3), 120, np.uint8), None, np.zeros((80, 90), np.uint8), np.eye(3))
    assert perform(plain, context, op="perspective", auto=True) is plain
    assert context.findings == {"straightened": False, "pitch": 0.0, "roll": 0.0, "lines": 0, "agreement": 0.0}


def test_what_lies_between_corners_becomes_the_rectangle(context):
    made = perform(shirt(), context, op="perspective", corners=QUAD)
    places = moved_points(made.origin, np.array([(corner["x"], corner["y"]) for corner in QUAD], float))
    frame = [[0, 0], [made.width, 0], [made.width, made.height], [0, made.height]]
    np.testing.assert_allclose(places, frame, atol=1e-6)
    assert (made.width, made.height) == (190, 122)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (
            {"corners": [*QUAD[:2], {"x": 251, "y": 150}, QUAD[3]]},
            r"corner 3 at \(251, 150\) leaves .* 250 × 180 pixels",
        ),
        ({"yaw": 45, "pitch": 45, "focal": 0.4}, "yaw 45, pitch 45 and focal 0.4: .*horizon"),
        ({"yaw": 45, "focal": 0.55, "frame": "expand"}, "times as long; at most 6"),
    ],
)
def test_a_view_that_there_is_not_is_refused_beforehand(operation, told):
    with pytest.raises(ProblemError, match=told) as raised:
        sizes_after([params_of(op="perspective", **operation)], (250, 180))
    assert raised.value.problem.type == "invalid-parameter"
