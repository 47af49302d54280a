"""Photos that tell their colours by numbers in place of a profile, and PNGs' odd ways to be clear."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from jobs.problems import ProblemError
from tests.badinput.boxes import Item, Media, body_of, box
from tests.badinput.seeds import chunk
from worker.decoder_matrix_profiles import by_code_points, by_gamma, profile_of
from worker.encoding import srgb_profile

PATCH = (200, 100, 100)
AS_P3 = (215, 93, 97)  # by the two standards' matrices: linear light, P3 to XYZ to sRGB, and encoded again
P3, SRGB, PQ_2020, HLG_2020 = bytes((12, 13, 0, 1)), bytes((1, 13, 0, 1)), bytes((9, 16, 0, 1)), bytes((9, 18, 0, 1))
ADOBE_RGB = struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000)


def decoded(decoder, photo):
    return decoder.decode(photo, 1_000_000)


def png(rows, depth=8, colour=2, *chunks, interlaced=0, size=None):
    """A PNG of these bytes of rows, each with its filter in front."""
    width, height = size or (len(rows[0]) - 1, len(rows))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def patch(*chunks, colour=PATCH):
    return png([b"\0" + bytes(colour) * 8] * 8, 8, 2, *chunks, size=(8, 8))


def middle(decoder, photo):
    found = decoded(decoder, photo)
    return found.picture.rgb[4, 4].astype(int), found.facts.profile


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"cICP", P3),),
        (chunk(b"cICP", P3), chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 45_455))),
        (chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile())), chunk(b"cICP", P3)),
    ],
    ids=["alone", "beside sRGB", "beside a profile"],
)
def test_a_pngs_code_points_are_its_colours(decoder, chunks):
    rgb, profile = middle(decoder, patch(*chunks))
    assert np.abs(rgb - AS_P3).max() <= 2
    assert profile == "Display P3, sRGB curve"


@pytest.mark.parametrize("kind", ["AVIF", "HEIC"])
def test_the_code_points_of_an_avif_or_heic_are_its_colours(decoder, kind):
    """Without them the colours of photos from cameras and encoders that embed no profile came out pale."""
    import pillow_heif

    file, image = io.BytesIO(), Image.new("RGB", (64, 64), PATCH)
    if kind == "AVIF":
        image.save(file, "AVIF", quality=95, speed=9)
    else:
        pillow_heif.from_pillow(image).save(file, quality=95)
    config = b"av1C" if kind == "AVIF" else b"hvcC"
    told = box(b"colr", b"nclx", struct.pack(">HHHB", 12, 13, 6, 0x80))
    properties = (box(config, body_of(file.getvalue(), config)), box(b"ispe", struct.pack(">III", 0, 64, 64)), told)
    item = Item(b"av01" if kind == "AVIF" else b"hvc1", body_of(file.getvalue(), b"mdat"), (0x81, 2, 3))
    rgb, profile = middle(decoder, Media(kind.lower().encode(), properties, [item]).file())
    assert np.abs(rgb - AS_P3).max() <= 5  # both are lossy
    assert profile == "Display P3, sRGB curve"


@pytest.mark.parametrize(("numbers", "name"), [(PQ_2020, "BT.2020, PQ"), (HLG_2020, "BT.2020, HLG")])
def test_light_above_a_screens_white_is_bent_under_it(decoder, numbers, name):
    """White paper ends just below white, and what is brighter above that: signals by BT.2408, 58% of PQ, 75% of HLG."""
    paper = 148 if numbers == PQ_2020 else 191
    rgb, profile = middle(decoder, patch(chunk(b"cICP", numbers), colour=(paper,) * 3))
    assert 248 <= rgb.min() <= rgb.max() <= 253
    assert profile == name
    assert middle(decoder, patch(chunk(b"cICP", numbers), colour=(paper + 30,) * 3))[0].min() > rgb.max()


def test_a_pngs_gamma_and_primaries_are_its_colours(decoder):
    linear, _ = middle(decoder, patch(chunk(b"gAMA", struct.pack(">I", 100_000)), colour=(55,) * 3))
    assert np.abs(linear - 128).max() <= 1  # 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)
    gamma = chunk(b"gAMA", struct.pack(">I", 45_455))
    wide, _ = middle(decoder, patch(gamma, chunk(b"cHRM", ADOBE_RGB)))
    assert wide[0] > 215
    assert wide[1] < 102


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"gAMA", struct.pack(">I", 45_455)),),
        (chunk(b"gAMA", bytes(4)),),
        (chunk(b"gAMA", b"\xff" * 4), chunk(b"cHRM", bytes(32))),
        (chunk(b"gAMA", struct.pack(">I", 45_455)), chunk(b"cHRM", bytes(32))),
        (chunk(b"gAMA", struct.pack(">I", 45_455)), chunk(b"cHRM", struct.pack(">8I", *[33_333] * 8))),
        (chunk(b"gAMA", struct.pack(">I", 45_455)), chunk(b"cHRM", b"\xff" * 32)),
        (chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"sRGB", b"\0")),
        (chunk(b"cHRM", ADOBE_RGB),),
        (chunk(b"cICP", SRGB),),
        (chunk(b"cICP", b"\xff" * 4),),
        (chunk(b"cICP", b""),),
    ],
)
def test_numbers_that_mean_srgb_or_nothing_change_no_pixel(decoder, chunks):
    rgb, profile = middle(decoder, patch(*chunks))
    assert tuple(rgb) == PATCH
    assert profile == "none"


def test_code_points_that_are_as_good_as_srgb_make_no_profile():
    assert by_code_points(1, 13) is None
    assert by_code_points(2, 2) is None
    assert by_code_points(6, 6) is None
    assert by_gamma(0.45455, None) is None
    wide = by_code_points(9, 13)
    assert wide is not None
    assert profile_of(wide)[36:40] == b"acsp"


@pytest.mark.parametrize(("depth", "row", "clear"), [(2, b"\x1b", 1), (4, b"\x01\x23", 1), (1, b"\x50", 1)])
def test_the_clear_grey_of_a_png_of_few_bits_stays_clear(decoder, depth, row, clear):
    """Pillow widens the pixels to eight bits, and leaves the clear one's number as it is."""
    photo = png([b"\0" + row], depth, 0, chunk(b"tRNS", struct.pack(">H", clear)), size=(4, 1))
    assert decoded(decoder, photo).picture.alpha.tolist() == [[255, 0, 255, 0] if depth == 1 else [255, 0, 255, 255]]


def test_the_clear_colour_of_a_png_of_sixteen_bits_stays_clear(decoder):
    clear, other = struct.pack(">3H", 0x1234, 0x5678, 0x9ABC), struct.pack(">3H", 0x3434, 0x7878, 0xBCBC)
    photo = png([b"\0" + clear + other], 16, 2, chunk(b"tRNS", clear), size=(2, 1))
    assert decoded(decoder, photo).picture.alpha.tolist() == [[0, 255]]


def test_a_decoder_that_gives_no_reason_is_named_by_its_kind_of_error(decoder):
    with pytest.raises(ProblemError) as raised:
        decoded(decoder, png([b"\0\0"] * 2, 8, 3, size=(1, 2)))  # a palette's numbers, and no palette
    assert raised.value.problem.detail.removeprefix("the photo cannot be decoded: ")
