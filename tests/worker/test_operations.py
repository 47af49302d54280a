"""Each operation by itself, with an engine that answers at once."""

import threading

import numpy as np
import pytest

from engine import Ticket
from engine.pixels.color import blend
from engine.pixels.light import LIGHT_LENGTH, LUT_STEPS, MAP_SIDE, identity_lut3d
from engine.pixels.local_light import apply_exposure
from engine.pixels.noise import noise_levels
from engine.pixels.restoring import restoring_strength
from jobs.problems import ProblemError
from jobs.spec import OPERATION_MODELS, Relight, Restore, validate_spec
from worker.operations import MAKERS, OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture

from .instant import answered


class InstantEngine:
    """Inverts for `restore`, repeats pixels for `upscale-x…`, and answers `relight` with `light`, which inverts."""

    def __init__(self):
        self.asked = []
        self.light = np.zeros(LIGHT_LENGTH, np.float32)
        table = identity_lut3d(LUT_STEPS)
        self.light[: table.size] = (1 - 2 * table).ravel()

    def submit(self, model, image, ticket):
        self.asked.append((model, ticket))
        return answered(self._answer(model, image))

    def _answer(self, model, image):
        if model == "restore":
            assert image.shape[2] == 4  # beside the picture its noise level
            return 255 - image[..., :3]
        if model.startswith("upscale-x"):
            factor = int(model.removeprefix("upscale-x")[0])
            return image.repeat(factor, axis=0).repeat(factor, axis=1)
        if model == "relight":
            return self.light
        raise AssertionError(model)


@pytest.fixture
def engine():
    return InstantEngine()


@pytest.fixture
def context(engine):
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(engine, ticket, lambda: None)


@pytest.fixture
def picture():
    random = np.random.default_rng(3)
    return Picture(
        random.integers(0, 256, (30, 40, 3), dtype=np.uint8), random.integers(0, 256, (30, 40), dtype=np.uint8)
    )


def params_of(operation):
    return validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": [operation]}).operations[0]


def perform(picture, context, **operation):
    params = params_of(operation)
    return OPERATIONS[params.op].run(picture, params, context)


def test_every_operation_of_the_spec_has_its_file():
    assert OPERATIONS.keys() | MAKERS.keys() == OPERATION_MODELS.keys()


def test_restore_asks_its_network_and_leaves_alpha_alone(picture, context, engine):
    restored = perform(picture, context, op="restore")
    assert np.array_equal(restored.rgb, 255 - picture.rgb)
    assert restored.alpha is picture.alpha
    assert [model for model, _ in engine.asked] == ["restore"]
    assert context.facts[0]["model"] == "m"


@pytest.mark.parametrize("op", ["restore", "relight"])
def test_strength_blends_with_the_original_to_the_nearest_value(op, picture, context):
    full = perform(picture, context, op=op).rgb.astype(float)
    blended = perform(picture, context, op=op, strength=0.25).rgb
    exact = picture.rgb * 0.75 + full * 0.25
    assert np.abs(blended - exact).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("op", ["restore", "relight"])
def test_strength_nought_asks_nothing(op, picture, context, engine):
    assert perform(picture, context, op=op, strength=0) is picture
    assert engine.asked == []


def test_relight_applies_the_table_at_full_size(picture, context):
    relit = perform(picture, context, op="relight")
    assert np.abs(relit.rgb.astype(int) - (255 - picture.rgb.astype(int))).max() <= 1
    assert relit.alpha is picture.alpha


def test_relight_lights_up_the_places_that_the_map_says(picture, context, engine):
    stops = np.zeros((3, MAP_SIDE, MAP_SIDE), np.float32)
    stops[:, :, MAP_SIDE // 2 :] = 1.0
    engine.light = np.concatenate([np.zeros(3 * LUT_STEPS**3, np.float32), stops.ravel()])
    relit = perform(picture, context, op="relight")
    assert np.array_equal(relit.rgb[:, :13], picture.rgb[:, :13])
    between = (picture.rgb > 0) & (picture.rgb < 250)
    assert (relit.rgb > picture.rgb)[:, 27:][between[:, 27:]].all()


def test_exposure_is_added_to_what_the_network_says_and_asks_nothing_by_itself(picture, context, engine):
    relit = perform(picture, context, op="relight").rgb
    brighter = perform(picture, context, op="relight", exposure=0.5).rgb
    assert np.array_equal(brighter, apply_exposure(relit, 0.5))
    engine.asked.clear()
    darker = perform(picture, context, op="relight", strength=0, exposure=-0.5)
    assert np.array_equal(darker.rgb, apply_exposure(picture.rgb, -0.5))
    assert darker.alpha is picture.alpha
    assert engine.asked == []


def test_restore_at_strength_auto_leaves_a_clean_picture_alone(context, engine):
    clean = Picture(np.full((40, 48, 3), 127, np.uint8), np.full((40, 48), 9, np.uint8))
    assert perform(clean, context, op="restore") is clean  # the engine answers 128: a residual of one
    assert [model for model, _ in engine.asked] == ["restore"]


@pytest.mark.parametrize("sigma", [3, 12])
def test_restore_at_strength_auto_mixes_as_much_as_the_picture_needs(sigma, context):
    noise = np.random.default_rng(1).normal(0, sigma, (64, 80, 1))
    picture = Picture(np.clip(np.rint(128 + noise), 0, 255).astype(np.uint8).repeat(3, axis=2))
    restored = perform(picture, context, op="restore")
    strength = restoring_strength(picture.rgb, 255 - picture.rgb, noise_levels(picture.rgb))
    assert 0 < strength <= 1
    assert np.array_equal(restored.rgb, blend(picture.rgb, 255 - picture.rgb, strength))


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        ({}, "upscale-x2"),
        ({"factor": 4}, "upscale-x4"),
        ({"style": "photo"}, "upscale-x2-photo"),
        ({"factor": 4, "style": "photo"}, "upscale-x4-photo"),
    ],
)
def test_upscale_enlarges_colours_and_alpha_by_its_network(asked, model, picture, context, engine):
    factor = asked.get("factor", 2)
    upscaled = perform(picture, context, op="upscale", **asked)
    assert [name for name, _ in engine.asked] == [model]
    assert upscaled.rgb.shape == (30 * factor, 40 * factor, 3)
    assert upscaled.alpha.shape == (30 * factor, 40 * factor)
    assert np.abs(upscaled.alpha[::factor, ::factor].astype(int).mean() - picture.alpha.mean()) < 5


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"width": 20}, (20, 15)),
        ({"height": 60}, (80, 60)),
        ({"width": 100, "height": 30}, (40, 30)),
        ({"width": 100, "height": 30, "fit": "cover"}, (100, 30)),
        ({"width": 100, "height": 30, "fit": "fill"}, (100, 30)),
        ({"width": 100, "fit": "fill"}, (100, 30)),
        ({"width": 80, "enlarge": False}, (40, 30)),
        ({"width": 80, "height": 10, "fit": "fill", "enlarge": False}, (40, 10)),
        ({"width": 100, "height": 20, "fit": "cover", "enlarge": False}, (40, 20)),
        ({"width": 20, "height": 20, "fit": "cover", "enlarge": False}, (20, 20)),
        ({"width": 1}, (1, 1)),
    ],
)
def test_resize_gives_the_size_asked_for(asked, expected, picture, context):
    resized = perform(picture, context, op="resize", **asked)
    assert (resized.width, resized.height) == expected
    assert resized.alpha.shape == resized.rgb.shape[:2]


def test_crop_cuts_the_very_pixels(picture, context):
    cropped = perform(picture, context, op="crop", x=3, y=5, width=10, height=20)
    assert np.array_equal(cropped.rgba(), picture.rgba()[5:25, 3:13])


def test_crop_to_an_aspect_takes_the_largest_box_in_the_middle(picture, context):
    cropped = perform(picture, context, op="crop", aspect="1:1")
    assert np.array_equal(cropped.rgb, picture.rgb[:, 5:35])


def test_a_crop_outside_the_picture_says_how_large_the_picture_is(picture, context):
    with pytest.raises(ProblemError) as raised:
        perform(picture, context, op="crop", x=35, y=0, width=10, height=10)
    assert raised.value.problem.type == "invalid-parameter"
    assert "40 × 30" in raised.value.problem.detail


def test_a_quarter_turn_moves_pixels_exactly(picture, context):
    turned = perform(picture, context, op="rotate", angle=90)
    assert np.array_equal(turned.rgba(), np.rot90(picture.rgba(), -1))


def test_the_new_corners_take_the_fill_colour(context):
    black = Picture(np.zeros((40, 40, 3), np.uint8))
    turned = perform(black, context, op="rotate", angle=45, fill="#10a0ff")
    assert turned.rgb[0, 0].tolist() == [0x10, 0xA0, 0xFF]
    assert turned.alpha is None


@pytest.mark.parametrize("size", [(40, 30), (1, 1), (37, 2)])
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "restore"},
        {"op": "upscale"},
        {"op": "upscale", "factor": 4, "style": "photo"},
        {"op": "relight"},
        {"op": "resize", "width": 33, "height": 17},
        {"op": "resize", "width": 33, "height": 17, "fit": "cover"},
        {"op": "resize", "height": 50, "enlarge": False},
        {"op": "crop", "aspect": "3:2"},
        {"op": "rotate", "angle": 90},
        {"op": "rotate", "angle": -270, "expand": False},
        {"op": "rotate", "angle": 33.3},
        {"op": "rotate", "angle": 60},
        {"op": "rotate", "angle": 12, "expand": False},
    ],
)
def test_the_size_foretold_is_the_size_made(size, operation, context):
    width, height = size
    params = params_of(operation)
    made = OPERATIONS[params.op].run(Picture(np.full((height, width, 3), 90, np.uint8)), params, context)
    assert sizes_after([params], size) == [(made.width, made.height)]


def test_relight_and_restore_tell_how_much_they_did(engine, context, picture):
    OPERATIONS["relight"].run(picture, Relight(op="relight"), context)
    assert 100 < context.findings["mean_change"] < 150  # the fake light inverts random pixels
    engine.light[:] = 0
    OPERATIONS["relight"].run(picture, Relight(op="relight"), context)
    assert context.findings["mean_change"] == 0
    OPERATIONS["restore"].run(picture, Restore(op="restore", strength=0.5), context)
    assert context.findings["strength"] == 0.5
