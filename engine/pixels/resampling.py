"""Pictures at another size or place, for people to see: Lanczos-3, gamma-correct, alpha-safe, its ringing held.

What networks see is `geometry.resize`, on code values. Arrays are uint8 [H,W,C]: with C = 1 a coverage such as a matte,
which is linear as it stands; with 3, sRGB; with 4, sRGB and straight alpha. Knows no product.

Where a picture shrinks, light is averaged, not code values: a fine black and white weave becomes the grey that it looks
like from afar. Where it only grows, code values are interpolated, which comes nearer to the truth (docs/geometry.md).
Colours are weighted by alpha and freed of it before anything is rounded: Lanczos overshoots at an edge by the same
share in both, which cancels in their quotient. Then every value is held between those under its kernel's main lobe, so
that nothing rings beside an edge.
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
"""Pixels of a strip, of the source or of the result, whichever has more; but as many rows as the kernel is worth."""

FAINTEST = np.float32(0.5 / 255)
"""The least alpha that colours are divided by: less becomes no alpha at all."""

_LOBES = 3  # of Lanczos, in pixels of the source, or of the result where that is coarser
_WHITE, _CLEAR = 255, 0
_TINY = 1e-6

Affine = tuple[float, float, float]
"""(scale, across, down): x becomes scale · x + across, y becomes scale · y + down."""


def resample(image: Image, width: int, height: int) -> Image:
    """Resample to width × height pixels, antialiased: shrinking averages all the area it covers.

    Black under clear pixels. Raises ValueError for a size under one pixel.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a size is at least 1 × 1; received {width} × {height}")
    before_height, before_width, channels = image.shape
    if (before_height, before_width) == (height, width):
        return image.copy()
    result = np.empty((height, width, channels), np.uint8)
    down = _Side.of(before_height, height / before_height, 0.0, height)
    _fill(result, image, down, _Side.of(before_width, width / before_width, 0.0, width))
    return result


def reframed(pixels: Image, affine: Affine, size: tuple[int, int]) -> Image:
    """Return uint8 [H,W,C] as seen through `affine` in a frame of (width, height) `size`: [height,width,C].

    New ground is clear where C is 4 (white under clear pixels) or 1, and white where it is 3. Whole-pixel shifts at
    scale 1 copy bytes.
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
    _fill(target, pixels, vertical, horizontal)
    if pixels.shape[2] == 4:
        target[target[..., 3] == 0, :3] = _WHITE
    return ground


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

    @property
    def reach(self) -> int:
        """How far the kernel reaches in the source, and a pixel more, in which what it mixes is held."""
        return math.ceil(_LOBES * max(1.0, 1 / self.scale)) + 1

    def source(self, wanted: slice) -> tuple[slice, tuple[int, int], tuple[float, float]]:
        """What some of the covered pixels are made of.

        The source's pixels, how many clear ones to add at either end, and where in that the wanted begin and end.
        """
        low, high = (wanted.start - self.shift) / self.scale, (wanted.stop - self.shift) / self.scale
        first, last = math.floor(low) - self.reach, math.ceil(high) + self.reach
        taken = slice(max(0, first), min(self.length, last))
        before, after = max(0, -first) * self.fades[0], max(0, last - self.length) * self.fades[1]
        start = taken.start - before
        return taken, (before, after), (max(0.0, low - start), min(high - start, taken.stop + after - start))


def _new_ground(size: tuple[int, int], channels: int) -> Image:
    ground = np.full((size[1], size[0], channels), _CLEAR if channels == 1 else _WHITE, np.uint8)
    if channels == 4:
        ground[..., 3] = _CLEAR
    return ground


def _fill(target: Image, pixels: Image, vertical: _Side, horizontal: _Side) -> None:
    """Write what the frame's pixels that a picture touches show of it, strip by strip, into `target` [h,w,C]."""
    across, more_columns, (left, right) = horizontal.source(horizontal.covered)
    channels = pixels.shape[2]
    filled = _WHITE if channels == 3 else _CLEAR
    light = channels > 1 and min(vertical.scale, horizontal.scale) < 1
    widest = max(horizontal.size, math.ceil(horizontal.size / horizontal.scale / vertical.scale))
    fewest_rows = math.ceil(4 * vertical.reach * vertical.scale)  # or most of a strip is what its kernels reach for
    for strip in row_strips(vertical.size, widest, max(STRIP_PX, fewest_rows * widest)):
        first, count = vertical.covered.start, strip.stop - strip.start
        down, more_rows, (top, bottom) = vertical.source(slice(first + strip.start, first + strip.stop))
        part = np.pad(pixels[down, across], (more_rows, more_columns, (0, 0)), constant_values=filled)
        target[strip] = _View((horizontal.size, count), (left, top, right, bottom), light).of(part)


@dataclass(frozen=True)
class _View:
    """A result's (width, height), the box of the source that it shows (left, top, right, bottom), and how it mixes."""

    size: tuple[int, int]
    box: tuple[float, float, float, float]
    light: bool

    def of(self, part: Image) -> Image:
        """What is seen of `part` [h,w,C], which holds as much around the box as the kernel reaches for."""
        if part.shape[2] == 4 and part[..., 3].min() < _WHITE:
            return self._see_through(part)
        shown = np.full((self.size[1], self.size[0], part.shape[2]), _WHITE, np.uint8)
        for channel in range(min(3, part.shape[2])):
            codes = np.ascontiguousarray(part[..., channel])
            mixed = codes_of(self._lanczos(lights_of(codes, self.light)), self.light)
            shown[..., channel] = self._held(mixed, codes, codes)
        return shown

    def _see_through(self, part: Image) -> Image:
        """With colours weighted by alpha, so that a clear pixel's colour goes nowhere; all 0 where nothing is seen."""
        weights = part[..., 3] * np.float32(1 / 255)
        clear = part[..., 3] == 0
        alpha = self._lanczos(weights)
        shown = np.empty((*alpha.shape, 4), np.uint8)
        shown[..., 3] = self._held(codes_of(alpha, light=False), part[..., 3], part[..., 3])
        np.maximum(alpha, FAINTEST, out=alpha)
        for channel in range(3):
            codes = part[..., channel]
            mixed = codes_of(self._lanczos(lights_of(codes, self.light) * weights) / alpha, self.light)
            low, high = np.where(clear, np.uint8(_WHITE), codes), np.where(clear, np.uint8(_CLEAR), codes)
            shown[..., channel] = self._held(mixed, low, high)
        shown[shown[..., 3] == 0] = 0
        return shown

    def _lanczos(self, plane: Floats) -> Floats:
        """A float32 plane [h,w], unclipped."""
        return np.array(Pillow.fromarray(plane).resize(self.size, Pillow.Resampling.LANCZOS, box=self.box), np.float32)

    def _held(self, mixed: Image, low: Image, high: Image) -> Image:
        """`mixed` within what `low` and `high` have about each of its pixels: beyond that Lanczos only rings."""
        (down, rows), (across, columns) = (self._places(axis, low.shape[axis]) for axis in (0, 1))
        lobe = np.ones([2 * max(1, round(step)) + 1 for step in (down, across)], np.uint8)
        place = np.ix_(rows, columns)
        least, most = cv2.erode(low, lobe)[place], cv2.dilate(high, lobe)[place]
        return np.asarray(np.minimum(np.maximum(mixed, least), most), np.uint8)

    def _places(self, axis: int, length: int) -> tuple[float, NDArray[np.intp]]:
        """How far apart the result's pixels lie in the source along an axis, and the source's nearest to each."""
        count, (start, stop) = self.size[1 - axis], (self.box[1 - axis], self.box[3 - axis])
        step = (stop - start) / count
        at = start + (np.arange(count) + 0.5) * step
        return step, np.clip(at.astype(np.intp), 0, length - 1)
