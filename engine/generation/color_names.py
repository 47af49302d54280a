"""The plain colour names that shops use, and which of them a measured colour is. Knows nothing of text or languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.quality.metrics import delta_e2000, srgb_to_lab

Srgb = tuple[int, int, int]

_CODE = re.compile("#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True)
class ColorName:
    """A colour that has a name of its own: a lower-case English word and its sRGB value, 0..255 each."""

    name: str
    srgb: Srgb


# How cloth, leather, wood and metal of that name look in even light: duller than the web's colours of the same names.
COLORS: tuple[ColorName, ...] = (
    ColorName("white", (248, 248, 246)),
    ColorName("ivory", (240, 232, 213)),
    ColorName("beige", (218, 199, 168)),
    ColorName("camel", (188, 144, 96)),
    ColorName("brown", (98, 66, 46)),
    ColorName("black", (24, 24, 26)),
    ColorName("charcoal", (66, 68, 72)),
    ColorName("grey", (134, 135, 138)),
    ColorName("silver", (194, 196, 200)),
    ColorName("navy", (31, 41, 77)),
    ColorName("denim", (82, 107, 142)),
    ColorName("blue", (38, 90, 178)),
    ColorName("sky", (142, 190, 228)),
    ColorName("teal", (20, 106, 110)),
    ColorName("turquoise", (58, 184, 186)),
    ColorName("green", (46, 132, 72)),
    ColorName("forest", (30, 70, 50)),
    ColorName("olive", (100, 100, 54)),
    ColorName("khaki", (166, 152, 112)),
    ColorName("mint", (170, 220, 196)),
    ColorName("yellow", (245, 213, 60)),
    ColorName("mustard", (204, 154, 42)),
    ColorName("gold", (206, 176, 104)),
    ColorName("orange", (238, 124, 40)),
    ColorName("rust", (166, 78, 44)),
    ColorName("red", (200, 34, 42)),
    ColorName("burgundy", (108, 28, 46)),
    ColorName("pink", (238, 162, 184)),
    ColorName("magenta", (200, 42, 128)),
    ColorName("coral", (242, 120, 102)),
    ColorName("lilac", (190, 166, 214)),
    ColorName("purple", (104, 58, 138)),
)

# More values that people call by the same name: pure screen colours, which hex codes name, and common shades. Lab bends
# the hue of pure blues towards purple, so without them #0000ff would be purple.
_ALSO: dict[str, tuple[Srgb, ...]] = {
    "blue": ((0, 0, 255), (20, 50, 140), (30, 144, 255), (70, 110, 200)),
    "navy": ((0, 0, 128),),
    "green": ((0, 255, 0), (0, 128, 0), (110, 180, 60), (60, 180, 90), (185, 240, 50), (158, 175, 138)),
    "forest": ((0, 96, 10),),
    "olive": ((128, 128, 0),),
    "yellow": ((255, 255, 0),),
    "orange": ((255, 165, 0),),
    "red": ((255, 0, 0), (165, 25, 35)),
    "burgundy": ((128, 0, 0),),
    "turquoise": ((0, 255, 255),),
    "purple": ((128, 0, 128), (140, 60, 200), (75, 0, 130)),
    "lilac": ((230, 226, 246),),
    "magenta": ((255, 0, 255), (255, 20, 147)),
    "pink": ((255, 105, 180), (250, 205, 212), (205, 125, 140)),
    "brown": ((130, 88, 60), (64, 46, 36)),
    "grey": ((165, 166, 168), (104, 105, 108)),
    "silver": ((222, 223, 225),),
    "black": ((0, 0, 0),),
    "white": ((255, 255, 255), (238, 239, 240)),
}


def nearest_color(srgb: Srgb) -> ColorName:
    """Return the named colour one of whose values has the smallest CIEDE2000 difference to an sRGB value.

    Raises ValueError when ``srgb`` is not three whole numbers of 0..255.
    """
    lab = srgb_to_lab(np.array(checked_srgb(srgb), np.uint8))
    owners, known = _known_values()
    return owners[int(np.argmin(delta_e2000(known, np.broadcast_to(lab, known.shape))))]


def color_called(name: str) -> ColorName | None:
    """Return the colour of exactly that name (case aside), or None: synonyms are `words.understand`'s to know."""
    wanted = name.strip().casefold()
    return next((color for color in COLORS if color.name == wanted), None)


def color_of_code(code: str) -> Srgb | None:
    """Return the sRGB value of #rgb or #rrggbb, or None for anything else."""
    if _CODE.fullmatch(code) is None:
        return None
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def checked_srgb(srgb: Srgb) -> Srgb:
    """Return an sRGB value as three Python ints; raises ValueError unless they are whole numbers of 0..255."""
    if len(srgb) != 3 or any(int(value) != value or not 0 <= value <= 255 for value in srgb):
        raise ValueError(f"an sRGB colour is three whole numbers of 0..255, got {tuple(srgb)!r}")
    red, green, blue = (int(value) for value in srgb)
    return red, green, blue


@cache
def _known_values() -> tuple[tuple[ColorName, ...], NDArray[np.float64]]:
    """Return each known value's name and its Lab value, [n,3]."""
    pairs = [(color, srgb) for color in COLORS for srgb in (color.srgb, *_ALSO.get(color.name, ()))]
    return tuple(color for color, _ in pairs), srgb_to_lab(np.array([srgb for _, srgb in pairs], np.uint8))
