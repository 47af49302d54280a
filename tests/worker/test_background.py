"""background by itself, on pictures whose product is known, and through a worker with the fake engine."""

import io
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from engine import Ticket
from engine.pixels.placing import product_bounds
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from jobs.states import State
from worker.operations import OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture
from worker.tasks import attempt_next_job

from .conftest import dark_on_white

SCENE = "sha256:" + "b" * 64
WARM = (190, 120, 60)


class NoEngine:
    """Whoever knows where the product is asks no network."""

    models = ()

    def submit(self, model, _image, _ticket):
        raise AssertionError(model)


def scene(sha256):
    assert sha256 == "b" * 64
    return Picture(np.full((90, 200, 3), WARM, np.uint8))


@pytest.fixture
def context():
    return OperationContext(NoEngine(), Ticket(tenant="dev", cancelled=threading.Event()), lambda: None, uploaded=scene)


def spec_of(**fields):
    document = {"input": {"upload": "sha256:" + "a" * 64}, "operations": [{"op": "background", **fields}]}
    return validate_spec(document).operations[0]


def laid(picture, context, **fields):
    return OPERATIONS["background"].run(picture, spec_of(**fields), context)


@pytest.fixture
def picture():
    """A product of many colours on a green ground, soft-edged, its matte known; 160 × 200 px, the product 70 × 110."""
    matte = np.zeros((200, 160), np.uint8)
    matte[50:160, 40:110] = 255
    matte = cv2.GaussianBlur(matte, (0, 0), 1.0)
    colors = np.random.default_rng(6).integers(60, 200, (200, 160, 3)).astype(np.float64)
    share = matte[..., None] / 255
    mixed = np.rint(np.array((40, 160, 60)) * (1 - share) + colors * share).astype(np.uint8)
    return Picture(mixed, matte=matte, origin=np.eye(3))


def test_on_white_the_product_keeps_its_bytes_and_the_rest_is_white(picture, context):
    result = laid(picture, context)
    opaque, clear = picture.matte == 255, picture.matte == 0
    assert result.alpha is None
    assert np.array_equal(result.rgb[opaque], picture.rgb[opaque])
    assert (result.rgb[clear] == 255).all()
    assert np.array_equal(result.matte, picture.matte)
    assert context.findings == {
        "scale": 1.0,
        "ground": "#ffffff",
        "fill": pytest.approx(0.55, abs=0.01),
        "shadow": "none",
    }


def test_no_old_ground_is_left_along_the_edge(picture, context):
    result = laid(picture, context, color="black")
    edge = (picture.matte > 20) & (picture.matte < 235)
    assert edge.sum() > 300
    assert (result.rgb[edge][:, 1] > result.rgb[edge][:, 0] + 60).mean() < 0.02


@pytest.mark.parametrize("fill", [0.4, 0.85])
def test_the_product_fills_the_frame_as_asked(picture, context, fill):
    result = laid(picture, context, width=400, height=300, fill=fill)
    seen = product_bounds(result.matte)
    assert (result.width, result.height) == (400, 300)
    assert seen.height == pytest.approx(fill * 300, abs=1)
    assert (seen.left + seen.right) / 2 == pytest.approx(200, abs=1)
    assert context.findings["fill"] == pytest.approx(fill, abs=1 / 300)


def test_the_origin_leads_from_the_photo_to_the_frame(picture, context):
    moved = replace(picture, origin=np.array([[1.0, 0, 5], [0, 1, 7], [0, 0, 1]]))
    result = laid(moved, context, width=400, height=300, fill=0.8)
    before, after = product_bounds(picture.matte), product_bounds(result.matte)
    x, y, _ = result.origin @ (before.left - 5, before.bottom - 7, 1)
    assert (x, y) == pytest.approx((after.left, after.bottom), abs=1)
    assert laid(replace(picture, origin=None), context).origin is None


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (160, 200)),
        ({"width": 320}, (320, 400)),
        ({"height": 50}, (40, 50)),
        ({"width": 90, "height": 70}, (90, 70)),
    ],
)
def test_the_size_is_known_before(asked, size, picture, context):
    assert sizes_after([spec_of(**asked)], (160, 200)) == [size]
    result = laid(picture, context, **asked)
    assert (result.width, result.height) == size


def test_grounds_are_what_was_asked_for(picture, context):
    corner = (slice(0, 8), slice(0, 8))
    assert (laid(picture, context, color="navy").rgb[corner] == (0, 0, 128)).all()
    top_to_bottom = laid(picture, context, gradient={"from": "black", "to": "white"}).rgb
    assert top_to_bottom[0].max() <= 2
    assert top_to_bottom[-1].min() >= 253
    blurred = laid(picture, context, blur=0.5).rgb
    assert np.abs(blurred[corner].astype(int) - (40, 160, 60)).max() <= 4
    assert context.findings["ground"] == "blur"


def test_a_scene_lights_the_product_and_is_told_of(picture, context):
    result = laid(picture, context, image=SCENE, adapt=1)
    opaque = picture.matte == 255
    before, after = picture.rgb[opaque].mean(axis=0), result.rgb[opaque].mean(axis=0)
    assert (result.rgb[0, 0] == WARM).all()
    assert after[0] / after[2] > 1.05 * before[0] / before[2]
    assert context.findings["digital_source_type"] == "compositeSynthetic"
    assert 1 < context.findings["adaptation"]["mean_delta_e2000"] < 9
    assert "digital_source_type" not in laid_findings(picture, context, color="white")


def laid_findings(picture, context, **fields):
    other = OperationContext(context.engine, context.ticket, lambda: None, uploaded=scene)
    laid(picture, other, **fields)
    return other.findings


def test_not_adapted_the_product_keeps_its_bytes_in_a_scene_too(picture, context):
    result = laid(picture, context, image=SCENE, adapt=0)
    opaque = picture.matte == 255
    assert np.array_equal(result.rgb[opaque], picture.rgb[opaque])
    assert context.findings["adaptation"]["mean_delta_e2000"] == 0


def test_transparent_keeps_the_product_and_soft_layers_under_it(picture, context):
    bare = laid(picture, context, transparent=True)
    assert np.array_equal(bare.alpha, picture.matte)
    shaded = laid(picture, context, transparent=True, shadow="contact")
    below = shaded.alpha[162:166, 75]
    assert 60 < below[0] < 255
    assert shaded.rgb[163, 75].max() == 0
    assert np.array_equal(shaded.matte, picture.matte)
    assert context.findings["shadow"] == "contact"


@pytest.mark.parametrize("shadow", ["contact", "drop"])
def test_a_shadow_lies_under_the_product_and_ends_before_the_border(picture, context, shadow):
    result = laid(picture, context, shadow=shadow, width=300, height=300, fill=0.6, anchor="bottom")
    bottom = round(product_bounds(result.matte).bottom)
    assert result.rgb[bottom + 3, 150].max() < 235
    edge = np.concatenate([result.rgb[0], result.rgb[-1], result.rgb[:, 0], result.rgb[:, -1]])
    assert (edge == 255).all()
    assert context.findings["shadow"] == shadow


def test_a_reflection_shows_below_the_product(picture, context):
    plain = laid(picture, context, color="grey", anchor="bottom", margin=0.3)
    mirrored = laid(picture, context, color="grey", anchor="bottom", margin=0.3, reflection=0.8)
    bottom = round(product_bounds(plain.matte).bottom)
    changed = np.abs(mirrored.rgb.astype(int) - plain.rgb).max(axis=2)
    assert changed[bottom + 3, 60:100].max() > 10
    assert changed[: bottom - 2].max() == 0
    assert context.findings["reflection"] == 0.8


@pytest.fixture
def shaded():
    """A grey product on a light even ground with a soft shadow right below it."""
    matte = np.zeros((240, 240), np.float32)
    matte[60:160, 70:170] = 1
    matte = cv2.GaussianBlur(matte, (0, 0), 1.0)
    shade = np.zeros_like(matte)
    shade[150:172, 65:175] = 0.5
    shade = cv2.GaussianBlur(shade, (0, 0), 5)
    ground = 220 * (1 - shade)
    grey = np.rint(ground + matte * (90 - ground)).astype(np.uint8)
    return Picture(np.repeat(grey[..., None], 3, axis=2), matte=np.rint(matte * 255).astype(np.uint8))


def test_the_photos_own_shadow_is_kept_when_asked(shaded, context):
    kept = laid(shaded, context, shadow="keep", color="#c0e0ff").rgb[168, 120].astype(int)
    assert kept[2] < 220
    assert kept[2] - kept[0] > 20
    assert context.findings["shadow"] == "keep"
    assert context.warnings == []


def test_a_shadow_that_cutout_kept_stays_unless_none_is_asked_for(shaded, context):
    rgb, alpha = shaded.rgb.copy(), shaded.matte.copy()
    alpha[162:172, 80:160] = 120
    rgb[alpha == 120] = 0
    cut = Picture(rgb, alpha, shaded.matte)
    assert laid(cut, context).rgb[168, 120].max() < 160
    assert context.findings["shadow"] == "keep"
    assert (laid(cut, context, shadow="none").rgb[168, 120] == 255).all()
    opaque = shaded.matte == 255
    assert np.array_equal(laid(cut, context).rgb[opaque], shaded.rgb[opaque])


def test_that_there_was_no_shadow_to_keep_is_said(picture, context):
    laid(Picture(picture.rgb, picture.matte), context, shadow="keep")
    assert context.findings["shadow"] == "none"
    assert context.warnings == ["no shadow was kept: none was found on the ground near the product"]


def test_a_blurred_ground_is_refused_where_there_is_none(picture, context):
    with pytest.raises(ProblemError, match="blur needs the photo's own ground") as raised:
        laid(Picture(picture.rgb, picture.matte), context, blur=0.5)
    assert raised.value.problem.type == "invalid-parameter"


def test_an_empty_product_is_told_of(picture, context):
    with pytest.raises(ProblemError) as raised:
        laid(Picture(picture.rgb, np.zeros_like(picture.matte)), context)
    assert raised.value.problem.type == "no-product-found"


def test_a_worn_shirt_stands_on_the_frames_bottom_without_a_contact_shadow(picture, context):
    worn = Picture(picture.rgb[:120].copy(), matte=picture.matte[:120].copy())
    result = laid(worn, context, width=300, height=300, fill=0.5, shadow="contact")
    assert product_bounds(result.matte).bottom == 300
    assert context.findings["cut_off"] == ["bottom"]
    assert context.findings["shadow"] == "none"
    assert context.warnings[-1].startswith("there is no contact shadow: the photo cuts the product off at the bottom")


def test_what_was_enlarged_much_or_shows_its_cut_is_warned_of(picture, context):
    close = Picture(picture.rgb[60:120].copy(), matte=picture.matte[60:120].copy())
    laid(close, context, width=300, height=900, fill=0.9)
    assert any("cut shows" in warning for warning in context.warnings)
    assert any("enlarged 3.8 times" in warning for warning in context.warnings)


def test_a_cutout_of_ones_own_is_laid_as_it_is(picture, context):
    own = Picture(picture.rgb, picture.matte)
    result = laid(own, context, color="white")
    opaque = picture.matte == 255
    assert np.array_equal(result.rgb[opaque], picture.rgb[opaque])
    assert np.array_equal(result.matte, picture.matte)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (5, 3)])
@pytest.mark.parametrize("fields", [{"shadow": "contact", "reflection": 1}, {"shadow": "drop", "transparent": True}])
def test_pictures_of_odd_sizes_are_laid(shape, fields, context):
    tiny = Picture(np.full((*shape, 3), 80, np.uint8), matte=np.full(shape, 255, np.uint8))
    result = laid(tiny, context, width=40, height=30, fill=0.5, **fields)
    assert (result.width, result.height) == (40, 30)


def test_the_same_picture_gives_the_same_bytes(picture, context):
    asked = {
        "gradient": {"from": "white", "to": "#dde"},
        "shadow": "drop",
        "reflection": 0.3,
        "width": 333,
        "fill": 0.7,
    }
    assert np.array_equal(laid(picture, context, **asked).rgb, laid(picture, context, **asked).rgb)


def test_a_photo_becomes_a_picture_in_a_scene(workshop, client, drain):
    file = io.BytesIO()
    Image.new("RGB", (50, 50), WARM).save(file, "PNG")
    upload = client.upload(file.getvalue())
    asked = {"op": "background", "image": upload, "width": 120, "height": 120, "fill": 0.5, "shadow": "contact"}
    job_id = client.submit(asked, photo=dark_on_white())
    assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED, view.problem
    image = client.image(job_id)
    assert (image.mode, image.size) == ("RGB", (120, 120))
    assert image.getpixel((2, 2)) == WARM
    step = view.manifest["operations"][0]
    assert step["parameters"]["image"] == upload
    assert step["findings"]["fill"] == pytest.approx(0.5, abs=0.02)
    assert [facts["model"] for facts in step["engine"]][:1] == ["cutout"]


def test_after_a_cutout_no_network_is_asked_again_and_nothing_differs(workshop, client, drain):
    asked = {"op": "background", "color": "sand", "shadow": "drop"}
    jobs = [client.submit(*steps, photo=dark_on_white()) for steps in ([asked], [{"op": "cutout"}, asked])]
    for _ in jobs:
        attempt_next_job(workshop, drain)
    alone, after = (np.asarray(client.image(job_id).convert("RGB")) for job_id in jobs)
    assert np.array_equal(alone, after)
    assert client.view(jobs[1]).manifest["operations"][1]["engine"] == []
