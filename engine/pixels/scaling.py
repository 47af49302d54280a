"""A picture scaled and shifted in one pass, by fractions of a pixel. Knows no product, and of the frame its size alone.

Lanczos-3 on sRGB code values, antialiased where it shrinks (see `geometry` for why not in linear light). Alpha and
colours weighted by it are resampled as floats and divided before anything is rounded or clipped: Lanczos overshoots at
an edge by the same share in both, which cancels in their quotient. Clipped first, a bright rim would be left. Alpha
itself is then held between the values about it, so that no faint ring lies around the product, and none in it.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from engine.images import Floats, Image
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 20
"""Pixels of a strip, of the source or of the result, whichever has more."""

_REACH = 3  # Lanczos-3, in pixels of the source, or of the result where that is coarser
_INVISIBLE = 1 / 512
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
    filled = _WHITE if pixels.shape[2] == 3 else _CLEAR
    part = np.pad(pixels[down, across], (more_rows, more_columns, (0, 0)), constant_values=filled)
    view = _View((horizontal.size, rows.stop - rows.start), (left, top, right, bottom))
    planes = [view.of(plane, Pillow.Resampling.LANCZOS) for plane in np.moveaxis(_premultiplied(part), -1, 0)]
    if len(planes) == 3:
        return _straight(np.stack(planes, axis=2))
    return _straight(np.stack(planes, axis=2), _reached(part[..., -1], view, vertical.scale))


class _View(NamedTuple):
    """A result's (width, height), and the box of the source that it shows: left, top, right, bottom."""

    size: tuple[int, int]
    box: tuple[float, float, float, float]

    def of(self, plane: NDArray[Any], way: Pillow.Resampling) -> Floats:
        image = Pillow.fromarray(np.ascontiguousarray(plane))
        return np.asarray(image.resize(self.size, way, box=self.box), np.float32)


def _reached(matte: Image, view: _View, scale: float) -> tuple[Floats, Floats]:
    """The least and the greatest value of a matte about each pixel of the result: beyond them Lanczos only rings."""
    side = 2 * max(1, round(1 / scale)) + 1
    window = np.ones((side, side), np.uint8)
    low, high = (way(matte, window, borderType=cv2.BORDER_REPLICATE) for way in (cv2.erode, cv2.dilate))
    return view.of(low, Pillow.Resampling.NEAREST), view.of(high, Pillow.Resampling.NEAREST)


def _premultiplied(part: Image) -> Floats:
    planes = part.astype(np.float32)
    if part.shape[2] == 4:
        planes[..., :3] *= planes[..., 3:] / np.float32(255)
    return planes


def _straight(planes: Floats, reached: tuple[Floats, Floats] | None = None) -> Image:
    """Round planes [h,w,C]: colours freed of their weight, and the last, a matte, held to what it reaches."""
    if planes.shape[2] == 4:
        share = planes[..., 3:] / np.float32(255)
        seen = share > _INVISIBLE
        planes[..., :3] = np.where(seen, planes[..., :3] / np.where(seen, share, 1), _WHITE)
    if reached is not None:
        planes[..., -1] = np.clip(planes[..., -1], *reached)
    return np.asarray(np.clip(np.rint(planes), 0, 255), np.uint8)
