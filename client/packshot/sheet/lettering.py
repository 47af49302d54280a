"""A sheet's colours, and text in Pillow's built-in typeface, with the few signs that it lacks drawn by hand.

It has no letters of East Asia. Those are written in a typeface that the machine has, else as their numbers: \\u7ea2.
"""

import re
from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
PAPER: Colour = (255, 255, 255)
DARK: Colour = (24, 26, 29)
GREY: Colour = (122, 127, 134)
HAIRLINE: Colour = (226, 229, 232)
EMPTY: Colour = (246, 247, 248)
ARROW, TIMES = "→", "×"
EAST_ASIAN = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simsun.ttc",
)
"""Typefaces of Linux, macOS and Windows that have Chinese letters, by their files; the first that is there is taken."""
_FOREIGN = re.compile("([\u2e80-\ud7ff\uf900-\uffef\U00010000-\U0010ffff]+)")


@dataclass(frozen=True)
class Ink:
    """A size in px and a colour."""

    size_px: int
    colour: Colour


def write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: Ink, *, max_px: float) -> float:
    """Writes one line with its top left at `at`, cut with … to `max_px`; gives the x where it ends."""
    x, y = at
    baseline = y + _font(ink.size_px).getmetrics()[0]
    for piece in _pieces(fit(text, ink, max_px)):
        if piece in (ARROW, TIMES):
            _draw_sign(draw, piece, x, y, ink)
        else:
            draw.text((x, baseline), piece, font=_font_of(piece, ink.size_px), fill=ink.colour, anchor="ls")
        x += _piece_width(piece, ink)
    return x


def width(text: str, ink: Ink) -> float:
    """How wide the line is, in px."""
    return sum(_piece_width(piece, ink) for piece in _pieces(text))


def fit(text: str, ink: Ink, max_px: float) -> str:
    """The text, or as much of its start and end as fits: the end of a file's name tells as much as its start."""
    if width(text, ink) <= max_px:
        return text
    room = max_px - width("…", ink)
    tail = next((text[start:] for start in range(len(text)) if width(text[start:], ink) <= room / 3), "")
    room -= width(tail, ink)
    head = next((text[:end] for end in range(len(text), 0, -1) if width(text[:end], ink) <= room), "")
    return f"{head}…{tail}"


def _pieces(text: str) -> list[str]:
    """The text in pieces, each a sign of its own or letters that one typeface has."""
    pieces: list[str] = []
    for run in _FOREIGN.split(text):
        written = run if not _FOREIGN.match(run) or _east_asian(1) else run.encode("ascii", "backslashreplace").decode()
        pieces += re.split(f"([{ARROW}{TIMES}])", written)
    return [piece for piece in pieces if piece]


def _piece_width(piece: str, ink: Ink) -> float:
    if piece == ARROW:
        return ink.size_px * 0.95
    if piece == TIMES:
        return ink.size_px * 0.62
    return float(_font_of(piece, ink.size_px).getlength(piece))


def _draw_sign(draw: ImageDraw.ImageDraw, sign: str, x: float, y: float, ink: Ink) -> None:
    size, line = ink.size_px, max(1, round(ink.size_px / 13))
    middle = y + size * 0.62
    if sign == TIMES:
        half, centre = size * 0.15, x + size * 0.31
        for slope in (-1, 1):
            draw.line((centre - half, middle - slope * half, centre + half, middle + slope * half), ink.colour, line)
        return
    left, right, head = x + size * 0.1, x + size * 0.82, size * 0.2
    draw.line((left, middle, right, middle), ink.colour, line)
    draw.line(
        (right - head, middle - head, right, middle, right - head, middle + head), ink.colour, line, joint="curve"
    )


def _font_of(piece: str, size_px: int) -> ImageFont.FreeTypeFont:
    return (_east_asian(size_px) if _FOREIGN.match(piece) else None) or _font(size_px)


@cache
def _east_asian(size_px: int) -> ImageFont.FreeTypeFont | None:
    """The first of EAST_ASIAN that is on this machine, where Pillow looks for typefaces; None where there is none."""
    for name in EAST_ASIAN:
        try:
            return ImageFont.truetype(name, size_px)
        except OSError:
            continue
    return None


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # require_pillow has looked for FreeType
    return font
