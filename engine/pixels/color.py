"""Colours, and the mixing of pictures: hex codes, blending by strength, laying a cutout on a colour."""

import re

import cv2
import numpy as np

from engine.images import Image
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 20
"""Pixels taken at a time where a float copy of the whole picture would be too large."""

_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def parse_hex(code: str) -> tuple[int, int, int]:
    """Return "#rrggbb" as (r, g, b), each 0..255. Raises ValueError for any other spelling."""
    match = _HEX.fullmatch(code)
    if match is None:
        raise ValueError(f"a colour is written #rrggbb; received {code!r}")
    red, green, blue = (int(part, 16) for part in match.groups())
    return red, green, blue


def blend(original: Image, changed: Image, strength: float) -> Image:
    """Mix two images of one shape: strength 0 gives `original`, 1 gives `changed`; linear in sRGB code values."""
    if original.shape != changed.shape:
        raise ValueError(f"blend needs one shape; received {list(original.shape)} and {list(changed.shape)}")
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength is 0..1; received {strength}")
    if strength in (0.0, 1.0):
        return (changed if strength else original).copy()
    return np.asarray(cv2.addWeighted(original, 1.0 - strength, changed, strength, 0.0), dtype=np.uint8)


def flatten(rgba: Image, background: tuple[int, int, int]) -> Image:
    """Lay a straight-alpha [H,W,4] image on an opaque colour; returns [H,W,3]. Exact to rounding, in code values."""
    height, width = rgba.shape[:2]
    flat = np.empty((height, width, 3), np.uint8)
    colour = np.asarray(background, np.uint32)
    for rows in row_strips(height, width, STRIP_PX):
        strip = rgba[rows].astype(np.uint32)
        alpha = strip[..., 3:]
        mixed = strip[..., :3] * alpha + colour * (255 - alpha)
        flat[rows] = (2 * mixed + 255) // 510  # mixed / 255, halves rounded up, in integers
    return flat
