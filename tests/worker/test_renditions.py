"""Renditions by themselves: frames, grounds, enlarging and qualities, with networks that see a green floor."""

import io
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from engine import Ticket
from engine.pixels.placing import product_bounds
from jobs.presets import Preset, Quality, read_presets
from jobs.problems import ProblemError
from worker.channels import best_encoding
from worker.encoding import Encoded, encode
from worker.operations import OperationContext
from worker.picture import Picture
from worker.plan import framing_px
from worker.renditions import Wanted, render, srcset
from worker.sources import Source

from .instant import answered

GREEN, RED = (60, 150, 70), (200, 40, 40)
PRESETS = read_presets()


class Networks:
    """`cutout` answers what is redder than green, and the upscalers repeat pixels."""

    def __init__(self):
        self.asked = []
        self.enlarged_px = []

    def submit(self, model, image, _ticket):
        self.asked.append(model)
        answer = self._answer(model, image)
        if model.startswith("upscale"):
            self.enlarged_px.append(answer.shape[0] * answer.shape[1])
        return answered(answer)

    @staticmethod
    def _answer(model, image):
        if model.startswith("upscale"):
            factor = int(model[-1])
            return np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)
        if model == "cutout-edges":
            return np.rint(redness(image) * 255).astype(np.uint8)
        return redness(cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA))[None]


def redness(image):
    return np.clip((image[..., 0].astype(np.float32) - GREEN[0]) / (RED[0] - GREEN[0]), 0, 1)


def photo(width=400, height=533, box=(100, 100, 300, 400)):
    """A red box (left, top, right, bottom) on green, its edge soft."""
    alpha = np.zeros((height, width), np.float32)
    alpha[box[1] : box[3], box[0] : box[2]] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.0)
    mixed = np.array(GREEN) + alpha[..., None] * (np.array(RED) - GREEN)
    return Picture(np.rint(mixed).astype(np.uint8), origin=np.eye(3))


def source(picture, networks=None):
    ticket = Ticket(tenant="dev", cancelled=threading.Event())
    return Source(picture, OperationContext(networks or Networks(), ticket, while_waiting=lambda: None))


def made(picture, preset="amazon-main", networks=None, number=None):
    """The only file of a rendition; and its pixels, decoded again."""
    preset = PRESETS[preset] if isinstance(preset, str) else preset
    (file,) = render(source(picture, networks), Wanted("channel", preset, number), encode)
    return file, np.array(Image.open(io.BytesIO(file.encoded.data)))


def changed(name, **parts):
    """A built-in preset with some fields of its `made` or `rules` replaced."""
    document = PRESETS[name].model_dump(mode="python", exclude_none=True)
    for part, fields in parts.items():
        document[part] |= fields
    return Preset.model_validate(document)


def failed(file):
    return {rule["rule"] for rule in file.facts["checks"]["rules"] if not rule["passed"]}


def test_a_photo_becomes_a_white_square_that_keeps_every_technical_rule():
    file, pixels = made(photo(1600, 2132, (400, 400, 1200, 1600)))
    assert pixels.shape == (2000, 2000, 3)
    assert (file.name, file.facts["ground"], file.facts["checks"]["passed"]) == ("channel.jpg", "white", True)
    box = product_bounds(file.picture.matte)
    assert box.height / 2000 == pytest.approx(0.9, abs=0.002)
    assert (pixels[:80] == 255).all()
    assert (pixels[:, :300] == 255).all()
    assert pixels[1000, 1000].tolist() == pytest.approx(RED, abs=2)


def test_where_the_product_went_is_told_by_matte_and_origin():
    file, _ = made(photo(1600, 2132, (400, 400, 1200, 1600)))
    x, y, _ = file.picture.origin @ [800, 1000, 1]
    assert (x, y) == pytest.approx((1000, 1000), abs=2)


def test_a_small_photo_is_enlarged_by_the_networks_and_its_frame_shrinks():
    networks = Networks()
    file, pixels = made(photo(), networks=networks)
    assert pixels.shape == (1000, 1000, 3)
    assert file.facts["enlarged"] == pytest.approx(0.9 * 1000 / 300, abs=0.02)
    assert "upscale-x4" in networks.asked
    assert file.facts["checks"]["passed"]
    assert "enlarged" in failed(file)


def test_a_frame_shrinks_no_more_than_it_must():
    file, pixels = made(photo(800, 1066, (200, 200, 600, 800)))
    assert pixels.shape[0] == pytest.approx(2 * 600 / 0.9, abs=3)
    assert file.facts["enlarged"] == pytest.approx(2.0, abs=0.01)


def test_a_tiny_product_is_enlarged_and_the_report_says_so():
    file, pixels = made(photo(400, 533, (180, 250, 220, 290)))
    assert pixels.shape[0] == 1000
    assert file.facts["enlarged"] > 20
    assert file.facts["checks"]["passed"]
    assert "enlarged" in failed(file)


def test_a_huge_product_is_shrunk():
    file, pixels = made(photo(3000, 3000, (100, 100, 2900, 2900)))
    assert pixels.shape[0] == 2000
    assert file.facts["enlarged"] == 1.0


def test_a_product_that_the_photo_cuts_off_goes_to_the_frames_border_and_is_told():
    file, pixels = made(photo(1600, 1600, (400, 600, 1200, 1600)))
    assert pixels[-1, 1000].tolist() == pytest.approx(RED, abs=4)
    assert failed(file) == {"whole"}
    assert file.facts["checks"]["passed"]


def test_a_photo_without_a_product_is_refused_where_the_ground_must_be_white():
    empty = Picture(np.full((400, 400, 3), GREEN, np.uint8))
    with pytest.raises(ProblemError, match="no-product-found"):
        made(empty)
    file, _ = made(empty, "instagram-square")
    assert file.facts["checks"]["passed"]


def test_a_channel_that_takes_any_ground_keeps_the_photos():
    file, pixels = made(photo(1600, 2132, (500, 700, 1100, 1300)), "instagram-square")
    assert pixels.shape == (1080, 1080, 3)
    assert file.facts["ground"] == "own"
    assert pixels[5, 5].tolist() == pytest.approx(GREEN, abs=3)
    assert pixels[540, 540].tolist() == pytest.approx(RED, abs=3)


def test_a_picture_that_was_cut_out_is_laid_on_white_where_any_ground_will_do():
    red = np.full((900, 900, 3), RED, np.uint8)
    alpha = np.zeros((900, 900), np.uint8)
    alpha[200:700, 300:600] = 255
    file, pixels = made(Picture(red, alpha), "instagram-square")
    assert (pixels[:50] == 255).all()
    assert (file.facts["ground"], pixels.shape) == ("white", (1080, 1080, 3))


def test_a_tall_product_is_not_cropped_into_a_square_but_its_ground_goes_on():
    file, pixels = made(photo(1600, 2132, (600, 100, 1000, 1900)), "instagram-square")
    assert pixels[540, 5].tolist() == pytest.approx(GREEN, abs=3)
    box = product_bounds(file.picture.matte)
    assert not box.cut
    assert box.height / 1080 == pytest.approx(0.92, abs=0.01)


def test_a_channel_without_a_shape_of_its_own_keeps_the_photos_aspect():
    file, pixels = made(photo(1200, 1600, (400, 400, 800, 1200)), "ebay")
    assert pixels.shape == (1600, 1200, 3)
    assert file.facts["enlarged"] == 1.0


@pytest.mark.parametrize("size", [(10, 5000), (4, 16000), (16000, 4), (1, 1)])
def test_a_ribbon_is_cropped_or_padded_into_its_frame(size):
    file, pixels = made(photo(*size, box=(0, 0, 0, 0)), "etsy")
    assert max(pixels.shape) <= 2000
    assert file.facts["checks"]["passed"]


def test_only_what_a_frame_shows_of_a_far_larger_photo_is_enlarged():
    networks = Networks()
    preset = PRESETS["instagram-square"]
    large = photo(1500, 2000, (1380, 1860, 1480, 1980))
    shared = source(large, networks)
    (small,) = render(shared, Wanted("channel", preset), encode)
    assert small.facts["enlarged"] > 4
    held = framing_px([preset], (1500, 2000)) - 1080 * 1080
    assert sum(networks.enlarged_px) <= held < 16 * 1500 * 2000
    box, (x, y, _) = product_bounds(small.picture.matte), small.picture.origin @ [1430, 1920, 1]
    assert ((box.left + box.right) / 2, (box.top + box.bottom) / 2) == pytest.approx((x, y), abs=2)
    rows, columns = np.nonzero(small.picture.rgb[..., 0] > 150)
    seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert seen == pytest.approx(box[:4], abs=6)


def test_a_small_photo_is_enlarged_once_for_all_that_show_it():
    networks = Networks()
    shared = source(photo(), networks)
    for name in ("instagram-square", "ebay", "instagram-portrait"):
        list(render(shared, Wanted(name, PRESETS[name]), encode))
    assert [model for model in networks.asked if model.startswith("upscale")] == ["upscale-x2"]


def test_a_transparent_ground_is_clear_around_the_product():
    rules = {"formats": ["png"], "ground": "transparent", "alpha": True}
    preset = changed("amazon-main", rules=rules, made={"ground": "transparent", "format": "png"})
    file, pixels = made(photo(1600, 1600, (300, 300, 1300, 1300)), preset)
    assert pixels.shape == (2000, 2000, 4)
    assert (pixels[:90, :, 3] == 0).all()
    assert file.facts["checks"]["passed"], failed(file)


def test_a_frames_aspect_stays_exact_when_it_shrinks():
    _, pixels = made(photo(), "instagram-portrait")
    assert pixels.shape[1] * 5 == pixels.shape[0] * 4


@pytest.mark.parametrize("shadow", ["contact", "drop"])
def test_a_made_shadow_lies_under_the_product_and_ends_before_the_border(shadow):
    preset = changed("google-shopping", made={"shadow": shadow})
    file, pixels = made(photo(2400, 2400, (450, 450, 1950, 1950)), preset)
    below = pixels[1391:1400, 700:800]
    assert below.mean() < 250
    assert (np.ptp(below.astype(int), axis=2) <= 6).all()
    assert (pixels[-15:] == 255).all()
    assert "ground" not in failed(file)


def test_the_photos_own_shadow_comes_along_where_the_channel_allows_one():
    picture = photo(1000, 1000, (300, 300, 700, 700))
    shade = np.zeros((1000, 1000), np.float32)
    shade[700:740, 320:680] = 0.5
    shaded = picture.with_rgb(
        np.rint(picture.rgb * (1 - cv2.GaussianBlur(shade, (0, 0), 8)[..., None])).astype(np.uint8)
    )
    file, with_shadow = made(shaded, "shopify-square")
    _, without = made(shaded, "amazon-main")
    bottom = int(product_bounds(file.picture.matte).bottom)
    assert with_shadow[bottom + 20 : bottom + 30, 700:900].mean() < 235
    assert "ground" not in failed(file)
    assert (without[:, :20] == 255).all()


def test_a_cutout_that_the_networks_doubt_is_told_and_passes_all_the_same():
    picture = photo(1600, 1600, (400, 400, 1200, 1200))
    green = np.float32(GREEN)
    doubtful = np.float32(picture.rgb)
    doubtful[400:1200, 400:800] = green + 0.5 * (np.float32(RED) - green)
    file, _ = made(picture.with_rgb(np.rint(doubtful).astype(np.uint8)))
    assert "outline" in failed(file)
    assert file.facts["checks"]["passed"]


@pytest.mark.parametrize("limit", [12_000, 25_000, 60_000])
def test_the_highest_quality_under_the_limit_is_found(limit):
    noise = np.random.default_rng(5).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    picture = Picture(noise)
    found = best_encoding(picture, "jpeg", Quality(least=5, most=95), limit, encode)
    sizes = {quality: len(encoded(picture, quality).data) for quality in range(5, 96)}
    assert found.quality == max(quality for quality, size in sizes.items() if size <= limit)
    assert len(found.encoded.data) == sizes[found.quality]
    assert found.fits


def encoded(picture, quality) -> Encoded:
    return best_encoding(picture, "jpeg", Quality(least=quality, most=quality), None, encode).encoded


def test_a_file_that_no_quality_makes_light_enough_fails_its_check():
    preset = changed("amazon-main", rules={"max_bytes": 1000})
    file, _ = made(photo(1600, 1600, (400, 400, 1200, 1200)), preset)
    assert file.facts["quality"] == 80
    assert not file.facts["checks"]["passed"]
    assert failed(file) == {"bytes"}


def test_a_picture_for_the_web_comes_in_widths_that_it_has():
    files = list(render(source(photo(1000, 800)), Wanted("web-responsive", PRESETS["web-responsive"], 2), encode))
    assert [file.name for file in files[:4]] == [
        "web-responsive-2-320.avif", "web-responsive-2-640.avif", "web-responsive-2-960.avif",
        "web-responsive-2-320.webp",
    ]  # fmt: skip
    assert {file.encoded.format for file in files} == {"avif", "webp", "jpeg"}
    assert files[2].picture.height == 768
    snippet = srcset(files, "50vw")
    assert snippet.splitlines()[1] == (
        '  <source type="image/avif" srcset="web-responsive-2-320.avif 320w, web-responsive-2-640.avif 640w, '
        'web-responsive-2-960.avif 960w" sizes="50vw">'
    )
    assert 'src="web-responsive-2-960.jpg"' in snippet
    assert 'width="960" height="768"' in snippet


def test_a_fine_weave_shrinks_to_the_light_that_it_sends():
    weave = np.where(np.indices((640, 640)).sum(axis=0) % 2, 255, 0).astype(np.uint8)
    picture = Picture(np.repeat(weave[..., None], 3, axis=2), origin=np.eye(3))
    first = next(render(source(picture), Wanted("web", PRESETS["web-responsive"]), encode))
    assert first.picture.width == 320
    assert np.abs(first.picture.rgb[1:-1, 1:-1].astype(int) - 188).max() <= 2


def test_a_picture_narrower_than_every_width_keeps_its_own():
    files = list(render(source(photo(200, 300)), Wanted("web-responsive", PRESETS["web-responsive"]), encode))
    assert [file.name for file in files] == [f"web-responsive-200.{ending}" for ending in ("avif", "webp", "jpg")]
    assert files[0].facts["enlarged"] == 1.0


def test_the_product_is_looked_for_once_for_all_channels():
    networks = Networks()
    shared = source(photo(1600, 1600, (400, 400, 1200, 1200)), networks)
    for name in ("amazon-main", "google-shopping", "instagram-square"):
        list(render(shared, Wanted(name, PRESETS[name]), encode))
    assert networks.asked.count("cutout") <= 2


def test_what_was_enlarged_before_counts_as_enlarged():
    doubled = replace(photo(3000, 3000, (100, 100, 2900, 2900)), origin=np.diag([4.0, 4.0, 1.0]))
    file, _ = made(doubled)
    assert file.facts["enlarged"] == pytest.approx(4 * 0.643, abs=0.01)
    assert "enlarged" in failed(file)
