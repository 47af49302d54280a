"""The files that merchants get."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from jobs.problems import ProblemError
from jobs.spec import OutputSpec
from worker.encoding import check_side, encode, srgb_profile, xmp_of
from worker.picture import Picture

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def picture(*, alpha=False, width=64, height=48):
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    rgb = np.stack((x, y, 255 - x), axis=-1).astype(np.uint8)
    return Picture(rgb, y.astype(np.uint8) if alpha else None)


def opened(encoded):
    return Image.open(io.BytesIO(encoded.data))


@pytest.mark.parametrize(("alpha", "expected"), [(False, "jpeg"), (True, "png")])
def test_auto_chooses_by_transparency(alpha, expected):
    assert encode(picture(alpha=alpha), OutputSpec()).format == expected


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
def test_every_format_says_srgb_and_nothing_else(format_name):
    image = opened(encode(picture(), OutputSpec(format=format_name)))
    assert image.format == format_name.upper()
    assert image.info["icc_profile"] == srgb_profile()
    assert not image.getexif()
    assert "xmp" not in image.info
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - picture().rgb).mean() < 4


@pytest.mark.parametrize("format_name", ["png", "webp", "avif"])
def test_alpha_survives_where_the_format_has_it(format_name):
    image = opened(encode(picture(alpha=True), OutputSpec(format=format_name, quality=95)))
    assert image.mode == "RGBA"
    assert np.abs(np.asarray(image)[..., 3].astype(int) - picture(alpha=True).alpha).max() <= 3


def test_a_png_is_pixel_for_pixel():
    image = opened(encode(picture(alpha=True), OutputSpec(format="png")))
    assert np.array_equal(np.asarray(image), picture(alpha=True).rgba())


def test_a_jpeg_lays_transparency_on_white():
    clear = Picture(np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16), np.uint8))
    assert np.asarray(opened(encode(clear, OutputSpec(format="jpeg")))).min() >= 254


@pytest.mark.parametrize(("quality", "sampling"), [(89, (2, 2)), (90, (1, 1))])
def test_chroma_is_full_from_quality_90_on(quality, sampling):
    image = opened(encode(picture(), OutputSpec(format="jpeg", quality=quality)))
    assert image.layer[0][1:3] == sampling
    assert image.info["progressive"]


@pytest.mark.parametrize(("side", "progressive"), [(1000, True), (1001, False)])
def test_a_jpeg_larger_than_a_page_shows_is_not_progressive(side, progressive):
    image = opened(encode(Picture(np.full((side, 1000, 3), 200, np.uint8)), OutputSpec(format="jpeg")))
    assert image.info.get("progressive", 0) == progressive


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
def test_the_same_pixels_give_the_same_bytes(format_name):
    output = OutputSpec(format=format_name)
    assert encode(picture(), output).data == encode(picture(), output).data


def test_a_side_that_webp_cannot_hold_is_refused():
    wide = Picture(np.zeros((1, 16_384, 3), np.uint8))
    with pytest.raises(ProblemError) as raised:
        encode(wide, OutputSpec(format="webp"))
    assert raised.value.problem.type == "output-dimensions"
    assert "16383" in raised.value.problem.detail
    assert "16384" in raised.value.problem.detail


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
def test_the_longest_side_allowed_is_written(format_name):
    longest = 16_383
    check_side(format_name, longest, 1)
    strip = Picture(np.full((2, longest, 3), 200, np.uint8))
    assert opened(encode(strip, OutputSpec(format=format_name))).size == (longest, 2)


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_file_says_that_a_model_made_the_picture(format_name, alpha):
    encoded = encode(picture(alpha=alpha), OutputSpec(format=format_name), "trainedAlgorithmicMedia")
    image = opened(encoded)
    (description,) = ElementTree.fromstring(image.info.get("xmp") or image.info["XML:com.adobe.xmp"]).iter(
        f"{RDF}Description"
    )
    assert description.get(f"{IPTC}DigitalSourceType") == f"{SOURCE_TYPES}trainedAlgorithmicMedia"
    assert image.info["icc_profile"] == srgb_profile()
    assert encoded.data.count(xmp_of("trainedAlgorithmicMedia")) == 1
    plain = opened(encode(picture(alpha=alpha), OutputSpec(format=format_name)))
    assert np.array_equal(np.asarray(image), np.asarray(plain))


def test_avif_s_bytes_do_not_depend_on_how_many_processors_there_are(monkeypatch):
    options = []
    save = Image.Image.save
    monkeypatch.setattr(Image.Image, "save", lambda *a, **more: options.append(more) or save(*a, **more))
    encode(picture(), OutputSpec(format="avif"))
    assert options[0]["max_threads"] == 2
