"""Owns everything printed: labels, book spines, boxes, dials, drawn with Pillow as float32 (height, width, 4) sRGB."""

from __future__ import annotations

from pathlib import Path

import font_amatic_sc
import font_manrope
import font_roboto
import font_source_serif_pro
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.float32]
Ink = tuple[int, int, int]
_FILES = {
    "hand": (font_amatic_sc, "AmaticSC-Bold.ttf"),
    "sans": (font_manrope, "Manrope-SemiBold.ttf"),
    "heavy": (font_manrope, "Manrope-ExtraBold.ttf"),
    "plain": (font_roboto, "Roboto-Regular.ttf"),
    "bold": (font_roboto, "Roboto-Bold.ttf"),
    "serif": (font_source_serif_pro, "SourceSerifPro-Semibold.otf"),
    "italic": (font_source_serif_pro, "SourceSerifPro-It.otf"),
}


class Sheet:
    """A sheet to print on, measured in its own pixels; words and lines are placed by fractions of its size."""

    def __init__(self, width_px: int, height_px: int, paper: Ink) -> None:
        self.image = Image.new("RGB", (width_px, height_px), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.size = np.array([width_px, height_px])

    def words(
        self, text: str, x: float, y: float, size: float, ink: Ink, face: str = "sans", *, spacing: float = 0.0
    ) -> None:
        """Write a line centred on (x, y); `size` is a fraction of the height, `spacing` extra room between letters."""
        font = font_of(face, round(size * self.size[1]))
        gap = spacing * font.size
        widths = [font.getlength(letter) + gap for letter in text] if gap else [font.getlength(text)]
        left = x * self.size[0] - (sum(widths) - gap) / 2
        for letter, width in zip(text if gap else [text], widths, strict=True):
            self.draw.text((left, y * self.size[1]), letter, fill=ink, font=font, anchor="lm")
            left += width

    def line(self, points: list[tuple[float, float]], width_px: int, ink: Ink) -> None:
        """Draw a line through points given as fractions."""
        self.draw.line(
            [tuple(np.array(point) * self.size) for point in points], fill=ink, width=width_px, joint="curve"
        )

    def area(self, points: list[tuple[float, float]], ink: Ink) -> None:
        """Fill a polygon given as fractions."""
        self.draw.polygon([tuple(np.array(point) * self.size) for point in points], fill=ink)

    def block(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        ink: Ink | None,
        outline: Ink | None = None,
        width_px: int = 3,
    ) -> None:
        """Fill or outline a rectangle given as fractions."""
        corners = [*(np.array([left, top]) * self.size), *(np.array([right, bottom]) * self.size)]
        self.draw.rectangle(corners, fill=ink, outline=outline, width=width_px)

    def bars(self, left: float, top: float, right: float, bottom: float, ink: Ink, seed: int) -> None:
        """Draw something that reads as a bar code and means nothing."""
        rng = np.random.default_rng(seed)
        edges = np.cumsum(rng.integers(1, 4, 60))
        where = left + (right - left) * edges / edges[-1]
        for start, end in zip(where[0:-1:2], where[1::2], strict=False):
            self.block(start, top, end, bottom, ink)

    def pixels(self) -> Pixels:
        """The printed sheet as float32 (height, width, 4) in 0..1."""
        return np.asarray(self.image.convert("RGBA"), dtype=np.float32) / 255.0


def font_of(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A face by its use ("hand", "serif", ...) in pixels."""
    package, file = _FILES[face]
    return ImageFont.truetype(str(Path(str(package.__file__)).parent / "files" / file), size_px)


def spine(title: str, author: str, paper: Ink, ink: Ink, face: str = "serif") -> Pixels:
    """A book's spine, lying: title left to right."""
    sheet = Sheet(1200, 150, paper)
    sheet.words(title, 0.42, 0.47, 0.46, ink, face)
    sheet.words(author, 0.82, 0.5, 0.26, ink, "sans")
    for x in (0.035, 0.05, 0.95, 0.965):
        sheet.line([(x, 0.0), (x, 1.0)], 3, ink)
    return sheet.pixels()


def cover(title: str, line: str, paper: Ink, ink: Ink) -> Pixels:
    """A plain book or notebook cover."""
    sheet = Sheet(700, 1000, paper)
    sheet.block(0.08, 0.06, 0.92, 0.94, None, ink, 4)
    sheet.words(title, 0.5, 0.3, 0.085, ink, "serif")
    sheet.words(line, 0.5, 0.4, 0.03, ink, "sans", spacing=0.1)
    sheet.draw.ellipse([250, 520, 450, 720], outline=ink, width=8)
    return sheet.pixels()
