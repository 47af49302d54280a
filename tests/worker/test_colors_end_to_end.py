"""Colours and alpha from any photo to any file: decoded, worked on, encoded, and read back as another program would."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from jobs.spec import OutputSpec
from worker.encoding import encode, srgb_profile
from worker.picture import Picture

TONES = np.array([[200, 60, 50], [40, 130, 190], [225, 215, 120], [128, 128, 128]], np.uint8)
ALPHA = np.array([255, 255, 0, 128], np.uint8)
PATCH = 24
FORMATS = ("jpeg", "png", "webp", "avif")

_SRGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_SPACES = {  # to XYZ (D65), the primaries adapted to D50 for a profile's tags, and the gamma
    "display-p3": (
        np.array([[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]]),
        {b"rXYZ": (0.5151, 0.2412, -0.001), b"gXYZ": (0.292, 0.6922, 0.0419), b"bXYZ": (0.1571, 0.0666, 0.7841)},
        None,
    ),
    "adobe-rgb": (
        np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]),
        {b"rXYZ": (0.6097, 0.3111, 0.0195), b"gXYZ": (0.2053, 0.6257, 0.0609), b"bXYZ": (0.1492, 0.0632, 0.7446)},
        2.19921875,
    ),
}  # fmt: skip


def profile_of(space):
    """Our sRGB profile with another space's primaries, and its gamma where it has one."""
    _, primaries, gamma = _SPACES[space]
    profile = bytearray(srgb_profile())
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * index
        tag, offset = bytes(profile[entry : entry + 4]), int.from_bytes(profile[entry + 4 : entry + 8], "big")
        for axis, value in enumerate(primaries.get(tag, ())):
            fixed = round(value * 65536).to_bytes(4, "big", signed=True)
            profile[offset + 8 + 4 * axis : offset + 12 + 4 * axis] = fixed
        if gamma and tag in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + 16] = b"para" + bytes(8) + round(gamma * 65536).to_bytes(4, "big")
    return bytes(profile).replace("sRGB built-in".encode("utf-16-be"), "Other colours".encode("utf-16-be"))


def codes_in(space):
    """The code values that mean `TONES` in another space."""
    matrix, _, gamma = _SPACES[space]
    codes = TONES / 255
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    other = np.clip(linear @ _SRGB.T @ np.linalg.inv(matrix).T, 0, 1)
    encoded = (
        other ** (1 / gamma)
        if gamma
        else np.where(other <= 0.0031308, other * 12.92, 1.055 * other ** (1 / 2.4) - 0.055)
    )
    return np.rint(encoded * 255).astype(np.uint8)


def patches(tones):
    """Four patches, two by two: [2 P, 2 P, channels]."""
    return np.repeat(np.repeat(np.asarray(tones).reshape(2, 2, -1), PATCH, axis=0), PATCH, axis=1)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _palette():
    image = Image.fromarray(np.ascontiguousarray(patches(np.arange(4, dtype=np.uint8))[..., 0]), "P")
    image.putpalette(TONES.tobytes())
    return saved(image, "PNG", transparency=ALPHA.tobytes())


def _turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.fromarray(patches(TONES)).transpose(Image.Transpose.ROTATE_90)
    return saved(lying, "JPEG", quality=100, subsampling=0, exif=exif)


def _sixteen_bits():
    return cv2.imencode(".png", cv2.cvtColor(patches(TONES).astype(np.uint16) * 257, cv2.COLOR_RGB2BGR))[1].tobytes()


GREY = np.array([[30], [90], [160], [220]], np.uint8)
PHOTOS = {
    "srgb": (lambda: saved(Image.fromarray(patches(TONES)), "PNG", icc_profile=srgb_profile()), TONES, None),
    "no profile": (lambda: saved(Image.fromarray(patches(TONES)), "PNG"), TONES, None),
    "display-p3": (
        lambda: saved(Image.fromarray(patches(codes_in("display-p3"))), "PNG", icc_profile=profile_of("display-p3")),
        TONES,
        None,
    ),
    "adobe-rgb": (
        lambda: saved(Image.fromarray(patches(codes_in("adobe-rgb"))), "PNG", icc_profile=profile_of("adobe-rgb")),
        TONES,
        None,
    ),
    "cmyk": (
        lambda: saved(Image.fromarray(patches(TONES)).convert("CMYK"), "JPEG", quality=100, subsampling=0),
        TONES,
        None,
    ),
    "grey and alpha": (
        lambda: saved(Image.fromarray(patches(np.column_stack([GREY, ALPHA])), "LA"), "PNG"),
        np.repeat(GREY, 3, axis=1),
        ALPHA,
    ),
    "rgb and alpha": (lambda: saved(Image.fromarray(patches(np.column_stack([TONES, ALPHA]))), "PNG"), TONES, ALPHA),
    "16 bits": (_sixteen_bits, TONES, None),
    "palette with transparency": (_palette, TONES, ALPHA),
    "turned by EXIF": (_turned, TONES, None),
}


def read_back(encoded):
    """The file's pixels in sRGB, by its own profile, and its alpha: as a program that manages colours shows it."""
    with Image.open(io.BytesIO(encoded.data)) as opened:
        upright = ImageOps.exif_transpose(opened)
        alpha = np.asarray(upright.getchannel("A")) if "A" in upright.mode else None
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
        shown = ImageCms.profileToProfile(upright.convert("RGB"), profile, ImageCms.createProfile("sRGB"))
    return np.asarray(shown), alpha


def middles(plane):
    """The middle pixels' median of each of the four patches."""
    half = plane.shape[0] // 2
    parts = [plane[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    quarter = half // 4
    inner = [part[quarter:-quarter, quarter:-quarter].reshape(-1, *plane.shape[2:]) for part in parts]
    return np.array([np.median(part, axis=0) for part in inner])


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("name", PHOTOS)
def test_colours_and_alpha_come_through_from_any_photo_to_any_file(decoder, name, format_name):
    make, tones, alpha = PHOTOS[name]
    photo = make()
    picture = decoder.decode(photo, 4 * PATCH * PATCH).picture
    halved = picture.moved(lambda pixels: np.ascontiguousarray(np.repeat(pixels, 2, axis=0)[:, ::-1]), np.eye(3))
    worked_on = halved.moved(lambda pixels: np.ascontiguousarray(pixels[::2, ::-1]), np.eye(3))
    shown, shown_alpha = read_back(encode(worked_on, OutputSpec(format=format_name, quality=100)))
    if alpha is None:
        assert shown_alpha is None
        assert np.abs(middles(shown) - tones).max() <= (3 if format_name == "avif" else 2)  # its YCbCr has 8 bits
    elif format_name == "jpeg":
        share = alpha[:, None] / 255
        assert np.abs(middles(shown) - (tones * share + 255 * (1 - share))).max() <= 2
    else:
        seen = alpha > 0  # the colour of what is clear is nobody's business
        assert np.abs(middles(shown) - tones)[seen].max() <= 2  # straight: not darkened by alpha
        assert np.abs(middles(shown_alpha) - alpha).max() <= 1


@pytest.mark.parametrize("format_name", ["png", "webp", "avif"])
def test_half_transparent_colours_are_straight_in_the_file(format_name):
    rgb = np.full((32, 32, 3), (200, 100, 40), np.uint8)
    shown, alpha = read_back(
        encode(Picture(rgb, np.full((32, 32), 100, np.uint8)), OutputSpec(format=format_name, quality=100))
    )
    assert np.abs(shown[8:-8, 8:-8].astype(int) - (200, 100, 40)).max() <= 3
    assert np.abs(alpha.astype(int) - 100).max() <= 1
