"""Photos by their header: what is taken, and every way of being refused."""

import io
import struct
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from jobs.photos import PhotoInfo, PhotoLimits, inspect, sniff
from jobs.problems import ProblemError

LIMITS = PhotoLimits(max_pixels=64_000_000)


def encode(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 90).save(file, kind, **options)
    return file.getvalue()


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=50)
    return file.getvalue()


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, *chunks: bytes, crc: int | None = None) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), crc)
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def webp_canvas(width: int, height: int) -> bytes:
    data = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBP" + b"VP8X" + struct.pack("<I", 10) + data


def jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(encode("JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def outcome(data: bytes) -> str:
    try:
        return "taken" if inspect(data, LIMITS).bytes == len(data) else "miscounted"
    except ProblemError as error:
        return error.problem.type


def refused(data: bytes | Path, declared: str | None = None, limits: PhotoLimits = LIMITS) -> str:
    with pytest.raises(ProblemError) as caught:
        inspect(data, limits, declared)
    return caught.value.problem.type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encode("JPEG"), "jpeg"),
        (encode("JPEG", mode="CMYK"), "jpeg"),
        (encode("JPEG") + b"PK\x03\x04tail", "jpeg"),
        (encode("JPEG")[:-20], "jpeg"),
        (encode("PNG"), "png"),
        (encode("PNG", mode="I;16"), "png"),
        (encode("WEBP"), "webp"),
        (encode("WEBP", lossless=True), "webp"),
        (encode("WEBP", mode="RGBA"), "webp"),
        (encode("WEBP", exif=b"Exif\0\0x"), "webp"),
        (encode("AVIF"), "avif"),
    ],
)
def test_a_photo_is_taken(data: bytes, kind: str, tmp_path: Path):
    assert inspect(data, LIMITS) == PhotoInfo(kind, 40, 30, len(data))
    path = tmp_path / "photo"
    path.write_bytes(data)
    assert inspect(path, LIMITS, f"image/{kind}") == PhotoInfo(kind, 40, 30, len(data))


def test_a_phones_mpo_is_a_jpeg():
    first, second = Image.new("RGB", (40, 30)), Image.new("RGB", (20, 10))
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    assert Image.open(file).format == "MPO"
    assert inspect(file.getvalue(), LIMITS, "image/jpeg") == PhotoInfo("jpeg", 40, 30, len(file.getvalue()))


def test_a_phones_heic_is_taken_where_the_extra_is_installed():
    heif = pytest.importorskip("pillow_heif")
    registered = set(Image.OPEN)
    file = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (40, 30))).save(file)
    assert inspect(file.getvalue(), LIMITS, "image/heif") == PhotoInfo("heic", 40, 30, len(file.getvalue()))
    assert set(Image.OPEN) == registered


def test_without_the_extra_a_heic_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ProblemError, match="pillow-heif") as caught:
        inspect(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), LIMITS)
    assert caught.value.problem.type == "unsupported-image"


@pytest.mark.parametrize("data", [b"", bytes(0)])
def test_nothing_is_empty(data: bytes, tmp_path: Path):
    assert refused(data) == "image-empty"
    (tmp_path / "empty").touch()
    assert refused(tmp_path / "empty") == "image-empty"


@pytest.mark.parametrize(
    "data",
    [
        b"a text file named .jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\n <?xml version='1.0'?><svg/>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"\0",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
        encode("GIF", mode="L"),
        encode("TIFF"),
        encode("BMP"),
        b"8BPS\0\1" + bytes(100),
    ],
)
def test_what_is_no_photo_is_unsupported_whatever_it_is_called(data: bytes):
    assert refused(data, "image/jpeg") == "unsupported-image"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
        png(40, 30, crc=1),
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40),
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    ],
)
def test_a_header_that_cannot_be_read_is_unsupported(data: bytes):
    assert refused(data) == "unsupported-image"


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        ("image/jpeg", True),
        ("image/jpg", True),
        ("IMAGE/JPEG; q=1", True),
        ("image/mpo", True),
        ("application/octet-stream", True),
        ("", True),
        ("image/png", False),
        ("image/tiff", False),
    ],
)
def test_a_declared_image_type_must_be_the_files(declared: str, taken: bool):
    if taken:
        assert inspect(encode("JPEG"), LIMITS, declared).format == "jpeg"
    else:
        assert refused(encode("JPEG"), declared) == "type-mismatch"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_moving_pictures_are_refused(kind: str):
    assert refused(animated(kind)) == "image-animated"


@pytest.mark.parametrize(
    "data",
    [
        png(60_000, 60_000),
        png(12_000, 12_000),
        png(1, 60_000),
        jpeg_of(60_000, 60_000),
        jpeg_of(12_000, 12_000),
        webp_canvas(16_384, 16_384),
        webp_canvas(1 << 24, 1),
    ],
)
def test_too_many_pixels_are_an_error_and_no_warning(data: bytes):
    before = Image.MAX_IMAGE_PIXELS
    assert refused(data) == "image-dimensions"
    assert before == Image.MAX_IMAGE_PIXELS


def test_the_limits_themselves_are_allowed():
    exact = PhotoLimits(max_pixels=40 * 30, max_side=40, max_bytes=len(encode("PNG")))
    assert inspect(encode("PNG"), exact).width == 40
    assert refused(encode("PNG"), limits=PhotoLimits(max_pixels=40 * 30 - 1)) == "image-dimensions"
    assert refused(encode("PNG"), limits=PhotoLimits(max_pixels=10**6, max_side=39)) == "image-dimensions"
    assert refused(encode("PNG"), limits=PhotoLimits(max_pixels=10**6, max_bytes=10)) == "body-too-large"


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_bomb_in_the_metadata_is_corrupt(kind: bytes):
    bomb = zlib.compress(bytes(20_000_000), 9)
    keyword = b"bomb\0\1\0\0\0" if kind == b"iTXt" else b"bomb\0\0"
    assert refused(png(40, 30, chunk(kind, keyword + bomb))) == "image-corrupt"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_photo_cut_or_garbled_anywhere_is_a_photo_or_a_problem(kind: str):
    whole = encode(kind)
    for at in range(1, len(whole), max(1, len(whole) // 60)):
        for data in (whole[:at], whole[:at] + b"\xff\0\xff" + whole[at + 3 :]):
            assert outcome(data) in {
                "taken",
                "unsupported-image",
                "image-corrupt",
                "image-dimensions",
                "image-animated",
            }


def test_sniffing_needs_the_head_only():
    assert sniff(encode("PNG")[:16]) == "png"
    assert sniff(b"") is None
