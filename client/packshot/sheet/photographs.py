"""Opens photos for the sheet: upright, sRGB, without transparency."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from packshot.sheet.errors import SheetError

PAPER = (255, 255, 255)


def open_photo(path: Path) -> Image.Image:
    """The whole photo as RGB. Raises SheetError if this Pillow cannot read it (HEIC without pillow-heif)."""
    _learn_heif()
    try:
        with _unalarmed(), Image.open(path) as photo:
            icc = photo.info.get("icc_profile")
            upright = ImageOps.exif_transpose(photo)
            return _srgb(_flat(upright), icc)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise SheetError(f"{path} cannot be drawn: {error}") from error


@contextmanager
def _unalarmed() -> Iterator[None]:
    """Without Pillow's warning about large photos: the user's own, or our results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _flat(photo: Image.Image) -> Image.Image:
    if "A" not in photo.getbands() and "transparency" not in photo.info:
        return photo.convert("RGB")
    paper = Image.new("RGBA", photo.size, PAPER)
    return Image.alpha_composite(paper, photo.convert("RGBA")).convert("RGB")


def _srgb(photo: Image.Image, icc: bytes | None) -> Image.Image:
    if not icc:
        return photo
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        shown = ImageCms.profileToProfile(photo, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return photo  # a broken profile is taken for sRGB, as the server does
    return shown or photo


def _learn_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()
