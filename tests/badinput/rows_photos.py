"""Rows about files that are no photo, or an odd one; what is taken all the same must come out clean."""

import io
import struct
import zipfile
from collections.abc import Callable

from PIL import Image, ImageCms, ImageOps

from tests.api.test_bad_input import SVG, animated, bomb, image, part, png, png_chunk
from tests.badinput.place import MUG, Place
from tests.badinput.rows import promise
from tests.badinput.rows_bodies import form
from tests.badinput.wire import Answer

Sends = Callable[[Place], Answer]
JPEG, PNG = "image/jpeg", "image/png"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
GPS_IFD, ORIENTATION = 0x8825, 0x0112


def photo(data: bytes, kind: str = "application/octet-stream") -> Sends:
    """These bytes as an upload."""
    return lambda place: place.upload(data, kind)


def mug() -> Image.Image:
    """A sample photo, small."""
    with Image.open(MUG) as found:
        return found.convert("RGB").resize((160, 120))


def encoded(kind: str, picture: Image.Image | None = None, **options: object) -> bytes:
    """The sample, or another picture, as a file."""
    buffer = io.BytesIO()
    (picture or mug()).save(buffer, kind, **options)
    return buffer.getvalue()


def header_alone(kind: str = "JPEG") -> bytes:
    """The first bytes of a file."""
    return encoded(kind)[:20]


def job_of(data: bytes) -> Sends:
    """A job about these bytes, which are taken as an upload."""

    def sends(place: Place) -> Answer:
        upload = place.upload(data)
        if upload.status not in {200, 201}:
            return upload
        return place.submit(place.spec(input={"upload": upload.document["id"]}))

    return sends


def clean(data: bytes, size: tuple[int, int] = (160, 120)) -> Sends:
    """A job that turns a taken file into one without anything but its picture: sRGB, upright, no metadata."""

    def sends(place: Place) -> Answer:
        upload = place.upload(data)
        assert upload.status in {200, 201}, upload.text
        operations = [{"op": "resize", "width": size[0]}]
        accepted = place.submit({"input": {"upload": upload.document["id"]}, "operations": operations})
        job = place.ended(accepted)
        assert job["state"] == "succeeded", job
        _check_clean(place.call("GET", f"/v1/jobs/{job['id']}/outputs/0").body, size)
        return accepted

    return sends


def _check_clean(data: bytes, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(data)) as result:
        result.load()
        assert result.mode in {"RGB", "RGBA"}, result.mode
        assert result.size == size, result.size
        left = {tag for tag in result.getexif() if tag != ORIENTATION}
        assert not left, f"EXIF is left: {left}"
        profile = result.info.get("icc_profile")
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))) if profile else "sRGB"
        assert "sRGB" in name, name
    for trace in (b"PK\x03\x04", b"SECRET", b"GPS"):
        assert trace not in data, f"{trace!r} is left in the result"


def zipped() -> bytes:
    """A ZIP with a file in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("SECRET.txt", "SECRET")
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    """A photo that lies on its side, with a note in EXIF how to hold it, where it was made, and by whom."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010E] = "SECRET description"
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return encoded("JPEG", exif=exif, comment=b"SECRET comment")


def mpo() -> bytes:
    """Two frames, as phones send them."""
    return encoded("MPO", save_all=True, append_images=[ImageOps.mirror(mug())])


def no_pixels(width: int, height: int) -> bytes:
    """A JPEG that says how large it is, and has nothing else."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


promise(
    "zero bytes",
    422,
    "image-empty",
    {"an upload": photo(b""), "in a form": form("/v1/uploads", part("file", b""))},
    names=("0 bytes",),
)
promise(
    "SVG, PDF, EPS, text, GIF/TIFF/BMP/PSD renamed .jpg",
    415,
    "unsupported-image",
    {
        "SVG": photo(SVG, "image/svg+xml"),
        "SVG named JPEG": photo(SVG, JPEG),
        "PDF named JPEG": photo(PDF, JPEG),
        "EPS named JPEG": photo(EPS, JPEG),
        "text named JPEG": photo(b"I am not a photo.\n", JPEG),
        "GIF named JPEG": photo(image("GIF"), JPEG),
        "TIFF named JPEG": photo(image("TIFF"), JPEG),
        "BMP named JPEG": photo(image("BMP"), JPEG),
        "PSD named JPEG": photo(b"8BPS\0\1" + bytes(20), JPEG),
        "JPEG 2000": photo(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "image/jp2"),
        "a ZIP": photo(zipped()),
        "an ELF program": photo(b"\x7fELF" + bytes(60)),
        "one byte": photo(b"\xff"),
        "4 MB of zeros": photo(bytes(4_000_000)),
    },
    names=("supported are",),
)
promise(
    "JPEG declared PNG",
    415,
    "type-mismatch",
    {
        "raw": photo(encoded("JPEG"), PNG),
        "in a form": form("/v1/uploads", part("file", encoded("JPEG"), PNG)),
        "PNG declared JPEG": photo(encoded("PNG"), JPEG),
        "WebP declared AVIF": photo(encoded("WEBP"), "image/avif"),
    },
    names=("declared",),
)
promise(
    "APNG, animated WebP",
    422,
    "image-animated",
    {
        "APNG": photo(animated("PNG")),
        "animated WebP": photo(animated("WEBP")),
        "animated AVIF": photo(animated("AVIF")),
    },
)
promise(
    "too large, too narrow",
    422,
    "image-dimensions",
    {
        "60000² in 57 bytes": photo(png(60_000, 60_000)),
        "12000²": photo(png(12_000, 12_000)),
        "1×60000": photo(png(1, 60_000)),
        "60000×1": photo(png(60_000, 1)),
        "2^31-1 squared": photo(png(2**31 - 1, 2**31 - 1)),
        "a WebP of 16384²": photo(b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\x00" * 2 + b"VP8 \0\0\0\0"),
    },
    names=("allowed",),
)
promise(
    "header-only JPEG, bad IHDR CRC",
    415,
    "unsupported-image",
    {
        "JPEG of a header alone": photo(header_alone()),
        "PNG with a bad IHDR CRC": photo(png(8, 8, crc=0)),
        "PNG of a signature alone": photo(b"\x89PNG\r\n\x1a\n"),
        "JPEG without a scan": photo(no_pixels(160, 120)),
        "WebP of a header alone": photo(header_alone("WEBP")),
    },
)
promise(
    "zTXt/iCCP bomb",
    422,
    "image-corrupt",
    {
        "zTXt": photo(png(8, 8, bomb(b"zTXt"))),
        "iCCP": photo(png(8, 8, bomb(b"iCCP"))),
        "iTXt": photo(png(8, 8, png_chunk(b"iTXt", b"name\0\x01\0\0\0" + bomb(b"zTXt")[14:-4]))),
    },
)
promise(
    "truncated scan",
    422,
    "image-corrupt",
    {
        "JPEG cut in its scan": job_of(encoded("JPEG")[:-200]),
        "PNG cut in its pixels": job_of(encoded("PNG")[:-200]),
        "WebP cut in its pixels": job_of(encoded("WEBP")[:-200]),
    },
    later=True,
)
promise("JPEG + ZIP tail", 202, None, {"output clean": clean(encoded("JPEG") + zipped())})
promise(
    "CMYK, 16-bit, EXIF-turned, GPS",
    202,
    None,
    {
        "CMYK": clean(encoded("JPEG", mug().convert("CMYK"))),
        "CMYK turned about, as Adobe writes it": clean(encoded("JPEG", mug().convert("CMYK"), icc_profile=b"")),
        "16-bit PNG": clean(encoded("PNG", mug().convert("L").convert("I;16"))),
        "palette": clean(encoded("PNG", mug().convert("P"))),
        "one bit": clean(encoded("PNG", mug().convert("1"))),
        "grey": clean(encoded("JPEG", mug().convert("L"))),
        "EXIF-turned, GPS, a comment": clean(turned(6), (120, 160)),
        "EXIF-mirrored": clean(turned(2)),
        "a turn that there is not": clean(turned(99)),
        "MPO, as phones send": clean(mpo()),
        "Display P3 without a name": clean(
            encoded("PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes())
        ),
    },
)
promise(
    "broken ICC",
    202,
    None,
    {
        "a profile of noise": clean(encoded("JPEG", icc_profile=b"SECRET, and not a profile")),
        "half a profile": clean(
            encoded("JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:200])
        ),
    },
)
