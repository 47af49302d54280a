"""Headers read by hand: what a decoder would say of the same file, and a bound on the work, however long the file."""

import io
import struct
import zlib

import pytest
from PIL import Image

from jobs.headers import READERS
from jobs.headers.jpeg import check_scans
from jobs.headers.png import check_chunks
from jobs.photos import PhotoLimits, inspect, sniff
from jobs.problems import ProblemError

LONG = 4_000_000  # bytes of an attack: a thousandth of them may be looked at
LIMITS = PhotoLimits(max_pixels=64_000_000)


class CountedFile(io.BytesIO):
    """A file that knows how often it was asked, and for how many bytes."""

    calls = taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.calls += 1
        self.taken += len(data)
        return data


def encoded(kind: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 90, 20)).convert(mode).save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def before_pixels(kind: str, more: bytes) -> bytes:
    """A photo with something put in where a decoder still reads its header."""
    photo, at = encoded(kind), {"JPEG": 2, "PNG": 33}[kind]
    return photo[:at] + more + photo[at:]


def isobmff(*properties: bytes, tied: bytes = b"\1\2\3", brand: bytes = b"avif", ipma: bytes | None = None) -> bytes:
    """A file with one item, number 1, and these properties."""
    table = struct.pack(">IIHB", 0, 1, 1, len(tied)) + tied if ipma is None else ipma
    iprp = box(b"iprp", box(b"ipco", *properties), box(b"ipma", table))
    return box(b"ftyp", brand, bytes(4)) + box(b"meta", bytes(4), box(b"pitm", bytes(5), b"\1"), iprp)


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">III", 0, width, height))


CROP = box(b"clap", struct.pack(">8I", 400, 1, 599, 2, *range(4)))

ATTACKS = {
    "empty segments": before_pixels("JPEG", b"\xff\xfe\0\2" * (LONG // 4)),
    "empty tables": before_pixels("JPEG", b"\xff\xc4\0\2" * (LONG // 4)),
    "restarts": before_pixels("JPEG", b"\xff\xd0" * (LONG // 2)),
    "zeros between segments": before_pixels("JPEG", b"\xff\xfe\0\2" + bytes(LONG)),
    "fill bytes": before_pixels("JPEG", b"\xff" * LONG),
    "stuffed bytes": before_pixels("JPEG", b"\xff\xfe\0\2" + b"\xff\0" * (LONG // 2)),
    "empty chunks": before_pixels("PNG", chunk(b"teXt", b"") * (LONG // 12)),
    "empty texts": before_pixels("PNG", chunk(b"tEXt", b"a\0") * (LONG // 14)),
    "empty boxes": box(b"ftyp", b"avif", bytes(4)) + box(b"free") * (LONG // 8),
    "empty properties": isobmff(*[box(b"free")] * (LONG // 8)),
    "a long table": isobmff(ispe(4, 4), ipma=struct.pack(">II", 0, 1 << 31) + b"\0\2\0" * (LONG // 3)),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_file_made_of_many_small_parts_is_given_up_early(name: str):
    """Pillow's readers went through all of it with the interpreter's lock held: 25 s for 60 MB, in the API."""
    file = CountedFile(ATTACKS[name])
    kind = sniff(file.getvalue()[:256])
    assert kind
    with pytest.raises(ProblemError) as caught:
        READERS[kind](file)
    assert caught.value.problem.type == "image-corrupt"
    assert file.calls < 20_000
    assert file.taken < 100_000


def test_what_is_compressed_is_never_held_whole():
    bomb = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(900_000)))
    file = CountedFile(before_pixels("PNG", bomb * 200))
    with pytest.raises(ProblemError, match="67108864 bytes in all") as caught:
        READERS["png"](file)
    assert caught.value.problem.type == "image-corrupt"


EMPTY_BLOCKS = b"\0\0\0\xff\xff" * (1 << 16)  # deflate's, that hold nothing


@pytest.mark.parametrize("chunks", [1, 32], ids=["in one chunk", "in many"])
@pytest.mark.parametrize("head", [b"zTXt", b"iCCP", b"iTXt"])
def test_texts_that_inflate_to_nothing_are_not_inflated_for_long(head: bytes, chunks: int):
    """63 MB of them took the API four seconds, and were accepted."""
    flags = b"\1\0\0\0" if head == b"iTXt" else b"\0"
    text = chunk(head, b"a\0" + flags + b"\x78\x9c" + EMPTY_BLOCKS * (32 // chunks))
    file = CountedFile(before_pixels("PNG", text * chunks))
    with pytest.raises(ProblemError, match="8388608 bytes, compressed") as caught:
        READERS["png"](file)
    assert caught.value.problem.type == "image-corrupt"
    assert file.taken < 10 << 20


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_texts_that_are_cut_or_no_texts_do_no_harm(kind: bytes):
    for rest in (b"", b"\0", b"\0\1", b"\0\1\0en", b"\0\0not compressed", b"\0\1\0\0\0x"):
        assert inspect(before_pixels("PNG", chunk(kind, b"key" + rest)), LIMITS).width == 400


@pytest.mark.parametrize(
    ("photo", "size"),
    [
        (isobmff(ispe(400, 300)), (400, 300)),
        (isobmff(ispe(9, 9), ispe(400, 300), tied=b"\2"), (400, 300)),
        (isobmff(ispe(400, 300), box(b"irot", b"\1")), (400, 300)),
        (isobmff(ispe(400, 300), box(b"irot", b"\1"), brand=b"heic"), (300, 400)),
        (isobmff(ispe(400, 300), box(b"irot", b"\2"), brand=b"heic"), (400, 300)),
        (
            isobmff(ispe(400, 304), box(b"clap", struct.pack(">8I", 400, 1, 599, 2, *range(4))), brand=b"heic"),
            (400, 300),
        ),
    ],
)
def test_the_primary_items_own_properties_tell_its_size(photo: bytes, size: tuple[int, int]):
    info = inspect(photo, LIMITS)
    assert (info.width, info.height) == size


@pytest.mark.parametrize(("brand", "other"), [(b"heic", b"hevc"), (b"mif1", b"msf1"), (b"avif", b"avis")])
def test_a_still_may_name_a_sequences_brand_as_long_as_it_holds_none(brand: bytes, other: bytes):
    """Such stills were refused as moving pictures."""
    named = box(b"ftyp", brand, bytes(4), brand, b"heic" if brand == b"mif1" else brand, other)
    rest = isobmff(ispe(400, 300))[16:]
    assert inspect(named + rest, LIMITS).width == 400
    for moving in (named + rest + box(b"moov"), box(b"ftyp", other, bytes(4), brand) + rest):
        with pytest.raises(ProblemError) as caught:
            inspect(moving, LIMITS)
        assert caught.value.problem.type == "image-animated"


@pytest.mark.parametrize(
    "photo",
    [
        isobmff(),
        isobmff(ispe(400, 300), tied=b""),
        isobmff(ispe(400, 300), tied=b"\7"),
        isobmff(ispe(400, 300), ipma=b""),
        isobmff(box(b"ispe", bytes(4))),
        isobmff(ispe(400, 300), ipma=struct.pack(">IIHB", 0, 1, 2, 1) + b"\1"),
        box(b"ftyp", b"avif", bytes(4)) + struct.pack(">I", 3) + b"meta" + bytes(40),
        box(b"ftyp", b"avif", bytes(4)) + struct.pack(">I4sQ", 1, b"meta", 1 << 63),
        box(b"ftyp", b"avif", bytes(4)) + struct.pack(">I4sQ", 1, b"meta", 9),
        box(b"ftyp", b"avif", bytes(4)),
    ],
)
def test_a_file_of_boxes_that_do_not_tell_is_unsupported(photo: bytes):
    with pytest.raises(ProblemError) as caught:
        inspect(photo, LIMITS)
    assert caught.value.problem.type == "unsupported-image"


def test_two_frame_headers_are_one_too_many():
    photo = encoded("JPEG")
    at = photo.index(b"\xff\xc0")
    with pytest.raises(ProblemError, match="two frame headers"):
        inspect(photo[:at] + photo[at : at + 19] + photo[at:], LIMITS)


@pytest.mark.parametrize(("at", "value"), [(4, 12), (9, 2)])
def test_a_jpeg_of_twelve_bits_or_two_channels_is_unsupported(at: int, value: int):
    photo = bytearray(encoded("JPEG"))
    photo[photo.index(b"\xff\xc0") + at] = value
    with pytest.raises(ProblemError, match="1, 3 or 4 channels of 8 bits"):
        inspect(bytes(photo), LIMITS)


def test_a_jpeg_of_scans_without_number_is_given_up_before_it_is_decoded():
    """Each goes over all pixels again: 65,500 of 14 bytes took a child's whole time, and then twice more."""
    photo = encoded("JPEG", progressive=True)
    last = photo.rindex(b"\xff\xda")
    check_scans(photo[:-2] + photo[last:-2] * 40 + photo[-2:])
    with pytest.raises(ProblemError, match="256 scans"):
        check_scans(photo[:-2] + photo[last:-2] * 300 + photo[-2:])
    with pytest.raises(ProblemError, match="8192 segments"):
        check_scans(photo[:-2] + b"\xff\xfe\0\2" * 9000 + photo[last:])


@pytest.mark.parametrize("options", [{}, {"subsampling": 2}, {"progressive": True}])
def test_a_jpeg_too_short_for_its_pixels_is_corrupt_and_the_emptiest_is_not(options: dict[str, object]):
    """libjpeg makes grey of what is missing: 1.4 KB were a photo of 64 megapixels."""
    photo = bytearray(encoded("JPEG", (4000, 3000), quality=1, **options))
    check_scans(bytes(photo))
    at = max(photo.find(b"\xff\xc0"), photo.find(b"\xff\xc2"))
    photo[at + 5 : at + 9] = struct.pack(">HH", 30_000, 32_000)
    with pytest.raises(ProblemError, match="cannot hold that many pixels"):
        check_scans(bytes(photo))


def test_what_stands_behind_a_jpeg_is_not_counted_as_its_scans():
    check_scans(encoded("JPEG") + b"PK\3\4" + b"\xff\xda" * 1000)


@pytest.mark.parametrize(("kind", "most"), [(b"teSt", 4096), (b"IDAT", 131_072)])
def test_a_png_of_chunks_without_number_is_given_up_before_it_is_decoded(kind: bytes, most: int):
    photo, empty = encoded("PNG"), chunk(kind, b"")
    check_chunks(photo[:-12] + empty * (most - 2) + photo[-12:] + empty * 5000)
    with pytest.raises(ProblemError, match=f"{most} "):
        check_chunks(photo[:-12] + empty * (most + 1) + photo[-12:])


@pytest.mark.parametrize("colours", [None, b"", b"\1\2"])
def test_a_png_of_colours_by_number_needs_a_palette(colours: bytes | None):
    """It failed in the worker, of an "AssertionError"."""
    photo = encoded("PNG", mode="P")
    at = photo.index(b"PLTE") - 4
    end = at + 12 + int.from_bytes(photo[at : at + 4], "big")
    inspect(photo, LIMITS)
    with pytest.raises(ProblemError, match="it has no palette") as caught:
        inspect(photo[:at] + (b"" if colours is None else chunk(b"PLTE", colours)) + photo[end:], LIMITS)
    assert caught.value.problem.type == "image-corrupt"


def test_a_png_that_promises_too_much_is_told_so_though_it_has_no_pixels_at_all():
    photo = encoded("PNG", (1, 1))
    huge = photo[:12] + b"IHDR" + struct.pack(">II", 60_000, 60_000) + photo[24:29]
    with pytest.raises(ProblemError) as caught:
        inspect(huge + struct.pack(">I", zlib.crc32(huge[12:])) + chunk(b"IEND", b""), LIMITS)
    assert caught.value.problem.type == "image-dimensions"
