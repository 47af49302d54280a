"""Channels' rules put to pictures: to the files that were made for them, and to photos as they were uploaded.

Knows presets and the engine's grades; how files are made is `renditions`' business.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from engine.quality.channels import Bounds, ChannelRules, FileFacts, Graded, grade
from jobs.presets import Bounds as PresetBounds
from jobs.presets import Preset, Quality
from jobs.presets.fields import WrittenFormat
from jobs.spec import OutputSpec
from worker.encoding import Encoded, srgb_profile
from worker.picture import Picture, Pixels

Encode = Callable[[Picture, OutputSpec], Encoded]
_OF_QUALITY = ("jpeg", "webp", "avif")


@dataclass(frozen=True)
class Searched:
    """The best encoding under a limit: its quality, None where the format has none, and whether it is under it."""

    encoded: Encoded
    quality: int | None
    fits: bool


@dataclass(frozen=True)
class Making:
    """How a file's picture was made, as far as rules ask; see `FileFacts`."""

    enlarged: float
    outline: tuple[float, bool] | None = None


def rules_of(preset: Preset) -> ChannelRules:
    """A preset's rules as the engine grades them."""
    fields = {name: getattr(preset.rules, name) for name in type(preset.rules).model_fields}
    bounded = {name: value for name, value in fields.items() if isinstance(value, PresetBounds)}
    return ChannelRules(**fields | {name: Bounds(value.least, value.most) for name, value in bounded.items()})


def best_encoding(
    picture: Picture, format_name: WrittenFormat, quality: Quality, max_bytes: int | None, encode: Encode
) -> Searched:
    """Encode at the highest quality whose file has at most `max_bytes`, found by bisection on the files themselves.

    Where even the least is too large, that is what comes back.
    """

    def tried(value: int) -> Searched:
        encoded = encode(picture, OutputSpec(format=format_name, quality=value))
        fits = max_bytes is None or len(encoded.data) <= max_bytes
        return Searched(encoded, value if format_name in _OF_QUALITY else None, fits)

    best = tried(quality.most)
    if best.fits or best.quality is None or quality.least == quality.most:
        return best
    best, low, high = tried(quality.least), quality.least, quality.most
    while best.fits and high - low > 1:
        middle = tried((low + high) // 2)
        if middle.fits:
            best, low = middle, (low + high) // 2
        else:
            high = (low + high) // 2
    return best


def check_file(encoded: Encoded, matte: Pixels | None, preset: Preset, made: Making) -> Graded:
    """Grade a file of our own by its bytes, which are decoded again. `matte` is of its pixels' size."""
    with Image.open(io.BytesIO(encoded.data)) as file:
        space = _color_space(file.info.get("icc_profile"))
        pixels = np.array(file.convert("RGBA" if file.has_transparency_data else "RGB"))
        format_name = str(file.format).lower()
    facts = FileFacts(format_name, len(encoded.data), space, made.enlarged, made.outline)
    return grade(pixels, facts, matte, rules_of(preset))


def check_photo(picture: Picture, facts: FileFacts, matte: Pixels | None, preset: Preset) -> Graded:
    """Grade a photo as it was uploaded, its pixels being decoded already."""
    return grade(picture.rgba(), facts, matte, rules_of(preset))


def _color_space(profile: bytes | None) -> str:
    if not profile:
        return "none told"
    if profile == srgb_profile():
        return "sRGB"
    return str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))).strip()
