"""Text in Pillow's built-in typeface, with the few signs that it lacks drawn by hand."""

from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
ARROW, TIMES = "→", "×"


@dataclass(frozen=True)
class Ink:
    """A size in px and a colour."""

    size_px: int
    colour: Colour


def write(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: Ink, *, max_px: float) -> float:
    """Writes one line with its top left at `at`, cut with … to `max_px`; gives the x where it ends."""
    x, y = at
    for piece in _pieces(fit(text, ink, max_px)):
        if piece in (ARROW, TIMES):
            _draw_sign(draw, piece, x, y, ink)
        else:
            draw.text((x, y), piece, font=_font(ink.size_px), fill=ink.colour)
        x += _piece_width(piece, ink)
    return x


def width(text: str, ink: Ink) -> float:
    """How wide the line is, in px."""
    return sum(_piece_width(piece, ink) for piece in _pieces(text))


def fit(text: str, ink: Ink, max_px: float) -> str:
    """The text, or as much of its start and end as fits: the end of a file's name tells as much as its start."""
    if width(text, ink) <= max_px:
        return text
    keep = len(text)
    while keep > 1:
        keep -= 1
        head, tail = keep - keep // 3, keep // 3
        short = f"{text[:head]}…{text[len(text) - tail :]}"
        if width(short, ink) <= max_px:
            return short
    return "…"


def _pieces(text: str) -> list[str]:
    pieces = [""]
    for letter in text:
        if letter in (ARROW, TIMES):
            pieces += [letter, ""]
        else:
            pieces[-1] += letter
    return [piece for piece in pieces if piece]


def _piece_width(piece: str, ink: Ink) -> float:
    if piece == ARROW:
        return ink.size_px * 0.95
    if piece == TIMES:
        return ink.size_px * 0.62
    return float(_font(ink.size_px).getlength(piece))


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


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # require_pillow has looked for FreeType
    return font
