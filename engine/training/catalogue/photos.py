"""Finds a catalogue's photos and reads them: upright sRGB pixels and nothing else of the file, no EXIF."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from engine.images import Image as Pixels
from engine.training.catalogue.errors import CatalogueRefusedError, UnfitError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff")
UNREAD = (".heic", ".heif", ".hif", ".jxl", ".jfif", ".bmp", ".gif", ".dng", ".cr2", ".cr3", ".nef", ".arw")
"""Pictures' other kinds: told of, and left out. Pillow alone reads no HEIC, and what does comes with GPL codecs."""
LEAST_PX = 96
MOST_PIXELS = 100_000_000


@dataclass(frozen=True, order=True)
class Source:
    """One photo of the catalogue's folder."""

    category: str
    path: Path

    @property
    def name(self) -> str:
        """The photo's path within the catalogue's folder."""
        return f"{self.category}/{self.path.name}"


def find_photos(folder: Path) -> list[Source]:
    """Return every photo of `folder`/<category>/, sorted by category and name; see `left_out` for all others.

    Raises CatalogueRefusedError when there is no such folder, or no photo in it.
    """
    if not folder.is_dir():
        raise CatalogueRefusedError(f"{folder} is not a folder; needed: FOLDER/<category>/<photo>.jpg")
    found = _files(folder, "*/*", SUFFIXES)
    if not found:
        others = left_out(folder)
        held = f"{', '.join(others)}, and no other" if others else "no photos"
        kinds = ", ".join(SUFFIXES)
        raise CatalogueRefusedError(f"{folder} holds {held}; needed: FOLDER/<category>/<photo> of {kinds}")
    return sorted(Source(path.parent.name, path) for path in found)


def left_out(folder: Path) -> list[str]:
    """Return in words, with their numbers, which photos of a catalogue's folder are not taken; nothing where all are.

    Those lie in the folder itself, where they have no category, or deeper than in a category's, or are `UNREAD`.
    """
    outside, deeper = (len(_files(folder, pattern, SUFFIXES + UNREAD)) for pattern in ("*", "*/*/**/*"))
    unread = _files(folder, "*/*", UNREAD)
    kinds = ", ".join(sorted({path.suffix.lower() for path in unread}))
    told = {
        f"{outside} photos outside a category folder": outside,
        f"{deeper} photos in folders within a category folder": deeper,
        f"{len(unread)} photos of kinds that are not read ({kinds})": len(unread),
    }
    return [words for words, count in told.items() if count]


def read_photo(path: Path) -> Pixels:
    """Return a photo as uint8 sRGB [H,W,3], turned upright; what is clear in it becomes white.

    Raises UnfitError: unreadable (broken, or more than `MOST_PIXELS`), too-small (a side under `LEAST_PX`).
    """
    try:
        with Image.open(path) as photo:
            _require_size(photo)
            pixels = np.array(_on_white(_upright(photo)))
    except UnfitError:
        raise
    except Exception as error:  # decoders raise anything at all; one bad file must not end the catalogue
        raise UnfitError("unreadable", " ".join(str(error).split()) or type(error).__name__) from error
    return pixels


def _files(folder: Path, pattern: str, suffixes: tuple[str, ...]) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.suffix.lower() in suffixes and path.is_file()]


def _require_size(photo: Image.Image) -> None:
    width, height = photo.size
    if width * height > MOST_PIXELS:
        raise UnfitError("unreadable", f"{width} × {height} px; allowed: {MOST_PIXELS // 1_000_000} million pixels")
    if min(width, height) < LEAST_PX:
        raise UnfitError("too-small", f"{width} × {height} px; needed: {LEAST_PX} px on each side")


def _upright(photo: Image.Image) -> Image.Image:
    """The photo in sRGB, turned as its EXIF says."""
    profile = photo.info.get("icc_profile")
    turned = ImageOps.exif_transpose(photo)
    if not profile or turned.mode not in ("RGB", "CMYK"):
        return turned
    try:
        source, target = ImageCms.getOpenProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(turned, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return turned  # a broken profile, or one of other channels: most such files are sRGB all the same
    assert converted is not None  # None comes only of a conversion in place
    return converted


def _on_white(photo: Image.Image) -> Image.Image:
    if not photo.has_transparency_data:
        return photo.convert("RGB")
    rgba = photo.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, (255, 255, 255, 255)), rgba).convert("RGB")
