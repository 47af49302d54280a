"""A picture scaled and shifted in one pass, by fractions of a pixel. Knows no product, and of the frame its size alone.

It mixes as `resampling` does: Lanczos-3, antialiased where it shrinks, and then in linear light; where it grows, on
code values. Colours are weighted by alpha and freed of it before anything is rounded: Lanczos overshoots at an edge by
the same share in both, which cancels in their quotient. Then every value is held between those about it, so that no
faint ring lies around a product, and none in it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from engine.images import Floats, Image
from engine.pixels.light_codes import codes_of, lights_of
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 20
"""Pixels of a strip, of the source or of the result, whichever has more."""

_REACH = 3  # Lanczos-3, in pixels of the source, or of the result where that is coarser
_FAINTEST = np.float32(0.5 / 255)
_WHITE, _CLEAR = 255, 0
_TINY = 1e-6

Affine = tuple[float, float, float]
"""(scale, across, down): x becomes scale · x + across, y becomes scale · y + down."""


@dataclass(frozen=True)
class _Side:
    """One side of the way from a source of `length` pixels to the frame's pixels `covered`, which it touches.

    At an end where the frame shows ground beyond the source, the source fades into it; else its border is repeated by
    leaving out what the kernel reaches for beyond it, so that a picture that ends with the frame stays opaque there.
    """

    length: int
    scale: float
    shift: float
    covered: slice
    fades: tuple[bool, bool]

    @classmethod
    def of(cls, length: int, scale: float, shift: float, most: int) -> "_Side":
        first = max(0, math.floor(shift + _TINY))
        covered = slice(first, max(first, min(most, math.ceil(length * scale + shift - _TINY))))
        low, high = (covered.start - shift) / scale, (covered.stop - shift) / scale
        return cls(length, scale, shift, covered, (low < -_TINY, high > length + _TINY))

    @property
    def size(self) -> int:
        return int(self.covered.stop - self.covered.start)

    def source(self, wanted: slice) -> tuple[slice, tuple[int, int], tuple[float, float]]:
        """What some of the covered pixels are made of.

        The source's pixels, how many clear ones to add at either end, and where in that the wanted begin and end.
        """
        low, high = (wanted.start - self.shift) / self.scale, (wanted.stop - self.shift) / self.scale
        reach = math.ceil(_REACH * max(1.0, 1 / self.scale)) + 1
        first, last = math.floor(low) - reach, math.ceil(high) + reach
        taken = slice(max(0, first), min(self.length, last))
        before, after = max(0, -first) * self.fades[0], max(0, last - self.length) * self.fades[1]
        start = taken.start - before
        return taken, (before, after), (max(0.0, low - start), min(high - start, taken.stop + after - start))


def resampled(pixels: Image, affine: Affine, size: tuple[int, int]) -> Image:
    """Return uint8 [H,W,C] as seen through `affine` in a frame of (width, height) `size`: [height,width,C].

    New ground is clear where C is 4 (straight alpha last, white under clear pixels) or 1, and white where it is 3.
    Whole-pixel shifts at scale 1 copy bytes.
    """
    scale, across, down = affine
    ground = _new_ground(size, pixels.shape[2])
    vertical = _Side.of(pixels.shape[0], scale, down, size[1])
    horizontal = _Side.of(pixels.shape[1], scale, across, size[0])
    if not vertical.size or not horizontal.size:
        return ground
    target = ground[vertical.covered, horizontal.covered]
    if scale == 1 and across.is_integer() and down.is_integer():
        top, left = vertical.covered.start - int(down), horizontal.covered.start - int(across)
        target[...] = pixels[top : top + vertical.size, left : left + horizontal.size]
        return ground
    for strip in row_strips(vertical.size, math.ceil(horizontal.size * max(1.0, 1 / scale**2)), STRIP_PX):
        first = vertical.covered.start
        target[strip] = _strip(pixels, vertical, horizontal, slice(first + strip.start, first + strip.stop))
    return ground


def _new_ground(size: tuple[int, int], channels: int) -> Image:
    ground = np.full((size[1], size[0], channels), _CLEAR if channels == 1 else _WHITE, np.uint8)
    if channels == 4:
        ground[..., 3] = _CLEAR
    return ground


def _strip(pixels: Image, vertical: _Side, horizontal: _Side, rows: slice) -> Image:
    """The given rows of the frame, as far as the picture touches them."""
    down, more_rows, (top, bottom) = vertical.source(rows)
    across, more_columns, (left, right) = horizontal.source(horizontal.covered)
    channels = pixels.shape[2]
    filled = _WHITE if channels == 3 else _CLEAR
    part = np.pad(pixels[down, across], (more_rows, more_columns, (0, 0)), constant_values=filled)
    size, box = (horizontal.size, rows.stop - rows.start), (left, top, right, bottom)
    view = _View(size, box, light=channels > 1 and vertical.scale < 1)
    if channels == 4:
        return _see_through(part, view)
    return np.stack([view.shown(np.ascontiguousarray(part[..., at])) for at in range(channels)], axis=2)


def _see_through(part: Image, view: "_View") -> Image:
    """RGBA with its colours weighted by alpha, so that a clear pixel's colour goes nowhere; white where it is clear."""
    weights = part[..., 3] * np.float32(1 / 255)
    clear = part[..., 3] == 0
    alpha = view.lanczos(weights)
    shown = np.empty((*alpha.shape, 4), np.uint8)
    shown[..., 3] = view.held(codes_of(alpha, light=False), part[..., 3], part[..., 3])
    np.maximum(alpha, _FAINTEST, out=alpha)
    for at in range(3):
        codes = part[..., at]
        mixed = codes_of(view.lanczos(lights_of(codes, view.light) * weights) / alpha, view.light)
        low, high = np.where(clear, np.uint8(_WHITE), codes), np.where(clear, np.uint8(_CLEAR), codes)
        shown[..., at] = view.held(mixed, low, high)
    shown[shown[..., 3] == 0, :3] = _WHITE
    return shown


@dataclass(frozen=True)
class _View:
    """A result's (width, height), the box of the source that it shows (left, top, right, bottom), and how it mixes."""

    size: tuple[int, int]
    box: tuple[float, float, float, float]
    light: bool

    def shown(self, codes: Image) -> Image:
        """One opaque channel, or a matte, [h,w]."""
        return self.held(codes_of(self.lanczos(lights_of(codes, self.light)), self.light), codes, codes)

    def lanczos(self, plane: Floats) -> Floats:
        """A float32 plane [h,w], unclipped."""
        image = Pillow.fromarray(np.ascontiguousarray(plane))
        return np.array(image.resize(self.size, Pillow.Resampling.LANCZOS, box=self.box), np.float32)

    def held(self, mixed: Image, low: Image, high: Image) -> Image:
        """`mixed` within what `low` and `high` have about each of its pixels: beyond that Lanczos only rings."""
        scale = (self.box[2] - self.box[0]) / self.size[0]
        side = 2 * max(1, round(scale)) + 1
        window = np.ones((side, side), np.uint8)
        place = np.ix_(*(self._nearest(axis, low.shape[axis]) for axis in (0, 1)))
        least = cv2.erode(low, window, borderType=cv2.BORDER_REPLICATE)[place]
        most = cv2.dilate(high, window, borderType=cv2.BORDER_REPLICATE)[place]
        return np.asarray(np.minimum(np.maximum(mixed, least), most), np.uint8)

    def _nearest(self, axis: int, length: int) -> NDArray[np.intp]:
        count, (start, stop) = self.size[1 - axis], (self.box[1 - axis], self.box[3 - axis])
        at = start + (np.arange(count) + 0.5) * (stop - start) / count
        return np.clip(at.astype(np.intp), 0, length - 1)
