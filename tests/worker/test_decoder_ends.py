"""Photos that end too soon, though their files end as they should, and such as only look like it."""

import itertools
import random
import re
import struct
import zlib

import pytest
from PIL import Image

from jobs.problems import ProblemError
from tests.badinput.seeds import chunk, encoded, picture

END = b"\xff\xd9"


def decoded(decoder, photo):
    return decoder.decode(photo, 1_000_000)


def interlaced(rows, size):
    """Grey of eight bits, in these rows of seven passes, each with its filter in front."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("lost", [1, 4], ids=["a row", "half"])
@pytest.mark.parametrize("kind", ["RGB", "RGBA", "L", "P", "I;16"])
def test_a_png_whose_pixels_end_too_soon_is_corrupt(decoder, kind, lost):
    """Half of it was delivered black, as if it were whole: its stream ends as it should, only early."""
    whole = encoded("PNG", Image.new(kind, (8, 8), 200))
    at = whole.index(b"IDAT") - 4
    length = int.from_bytes(whole[at : at + 4], "big")
    rows = zlib.decompress(whole[at + 8 : at + 8 + length])
    short = chunk(b"IDAT", zlib.compress(rows[: len(rows) * (8 - lost) // 8]))
    assert decoded(decoder, whole).picture.width == 8
    with pytest.raises(ProblemError, match="its pixels take") as raised:
        decoded(decoder, whole[:at] + short + chunk(b"IEND", b""))
    assert raised.value.problem.type == "image-corrupt"


def test_an_interlaced_png_whose_pixels_end_too_soon_is_corrupt(decoder):
    rows = [b"\0" + b"\xc8" * columns for columns, count in ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)) for _ in range(count)]  # fmt: skip  # noqa: E501
    assert decoded(decoder, interlaced(rows, (8, 8))).picture.rgb.min() == 200
    with pytest.raises(ProblemError, match="its pixels take"):
        decoded(decoder, interlaced(rows[:-4], (8, 8)))


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "L", "1", "P", "I;16"])
def test_a_png_that_is_black_at_its_end_is_whole_all_the_same(decoder, kind):
    assert decoded(decoder, encoded("PNG", Image.new(kind, (9, 9), 0))).picture.rgb.max() == 0


JPEGS = {
    "plain": {},
    "444": {"subsampling": 0},
    "grey": {"mode": "L"},
    "cmyk": {"mode": "CMYK"},
    "rgb": {"keep_rgb": True},
    "restarts": {"restart_marker_rows": 1},
}


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_jpeg_whose_pixels_end_too_soon_is_corrupt(decoder, kind, share):
    """libjpeg makes grey of the rest, and Pillow passes its warning on to nobody: it was delivered as whole."""
    options = dict(JPEGS[kind])
    image = picture(options.pop("mode", "RGB"), (128, 96))
    photo = encoded("JPEG", image, quality=90, **options)
    scan = photo.index(b"\xff\xda")
    cut = photo[: scan + round((len(photo) - scan) * share)]
    assert decoded(decoder, photo + b"PK\3\4").picture.width == 128
    for tail in (END, END + b"PK\3\4", END + photo):
        with pytest.raises(ProblemError, match="end too soon") as raised:
            decoded(decoder, cut.rstrip(b"\xff") + tail)
        assert raised.value.problem.type == "image-corrupt"


def parts_of(photo):
    """Where each scan of a JPEG begins, and where the last one ends."""
    return [found.start() for found in re.finditer(rb"\xff\xda", photo)] + [len(photo) - 2]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_progressive_jpeg_that_is_cut_in_a_scan_before_its_last_is_corrupt(decoder, mode, share):
    """What is cut off then is not grey, but coarse, and may be so all over the picture."""
    photo = encoded("JPEG", picture(mode, (128, 96)), quality=90, progressive=True)
    assert decoded(decoder, photo).picture.width == 128
    starts, found = parts_of(photo), 0
    for start, end in itertools.pairwise(starts[:-1]):
        cut = photo[: start + 14 + round((end - start - 14) * share)].rstrip(b"\xff") + END
        try:
            picture_of_it = decoded(decoder, cut).picture
        except ProblemError as error:
            assert error.problem.type == "image-corrupt"  # noqa: PT017
            found += 1
        else:  # what was cut off told nothing
            assert (picture_of_it.rgb == decoded(decoder, photo[:end] + END).picture.rgb).all()
    assert found > len(starts) // 2


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_progressive_jpeg_without_its_last_scans_is_whole_all_the_same(decoder, mode):
    """An encoder may leave out what nobody sees; which it was, nobody can tell."""
    photo = encoded("JPEG", picture(mode, (128, 96)), quality=90, progressive=True)
    starts = parts_of(photo)
    for end in starts[1:]:
        assert decoded(decoder, photo[:end] + END).picture.width == 128


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "restart_marker_blocks": 1}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_that_is_grey_at_its_end_is_whole_all_the_same(decoder, mode, options):
    for size in ((128, 96), (17, 9), (1, 1)):
        image = picture("L", size)
        image.paste(128, (size[0] // 3, size[1] // 3, *size))
        photo = encoded("JPEG", image.convert(mode), quality=95, **options)
        assert decoded(decoder, photo).picture.rgb.shape == (size[1], size[0], 3)


def test_jpegs_of_any_size_and_making_are_whole(decoder):
    dice = random.Random(5)
    for _ in range(20):
        size = dice.randint(1, 70), dice.randint(1, 70)
        image = Image.new("L", size, 128).convert(dice.choice(("L", "RGB", "CMYK")))
        options = {
            "quality": dice.randint(1, 100),
            "progressive": dice.random() < 0.5,
            "subsampling": dice.randint(0, 2),
        }
        assert decoded(decoder, encoded("JPEG", image, **options)).picture.width == size[0]


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}])
def test_a_webp_that_is_cut_is_told_by_how_much(decoder, options):
    photo = encoded("WEBP", picture(), **options)
    assert decoded(decoder, photo).picture.width == picture().width
    with pytest.raises(ProblemError, match=rf"{len(photo)} bytes long; it has {len(photo) - 40}"):
        decoded(decoder, photo[:-40])
