"""Pictures at another size, for people to see: Lanczos-3, gamma-correct, alpha-safe, its ringing held.

What networks see is `geometry.resize`, on code values. Arrays are uint8 [H,W,C]: with C = 1 a coverage such as a matte,
which is linear as it stands; with 3, sRGB; with 4, sRGB and straight alpha.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pillow

from engine.images import Floats, Image
from engine.pixels.light_codes import codes_of, lights_of
from engine.pixels.strips import row_strips

_STRIP_PX = 1 << 20  # in float32 at a time, unless the kernel's reach makes a few rows more than that
_LOBES = 3
FAINTEST = np.float32(0.5 / 255)
"""The least alpha that colours are divided by: less becomes no alpha at all."""


def resample(image: Image, width: int, height: int) -> Image:
    """Resample to width × height pixels with Lanczos-3, antialiased: shrinking averages all the area it covers.

    Where the picture shrinks, light is averaged, not code values: a fine black and white weave becomes the grey that it
    looks like from afar. Where it only grows, code values are interpolated, which comes nearer to the truth
    (docs/geometry.md). In both, no pixel leaves the range of the old ones under its kernel's main lobe, so that nothing
    rings beside an edge. Raises ValueError for a size under one pixel.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a size is at least 1 × 1; received {width} × {height}")
    before_height, before_width, channels = image.shape
    if (before_height, before_width) == (height, width):
        return image.copy()
    light = channels > 1 and (width < before_width or height < before_height)
    scale = before_height / height
    reach = (_LOBES + 1) * max(1.0, scale)
    widest = max(width, math.ceil(before_width * scale))
    result = np.empty((height, width, channels), np.uint8)
    for rows in row_strips(height, widest, max(_STRIP_PX, math.ceil(4 * reach / scale) * widest)):
        top, bottom = rows.start * scale, rows.stop * scale
        first, last = max(0, math.floor(top - reach)), min(before_height, math.ceil(bottom + reach))
        view = _View(top - first, bottom - first, width, rows.stop - rows.start, light)
        result[rows] = view.of(image[first:last])
    return result


@dataclass(frozen=True)
class _View:
    """Some rows of a picture, from `top` to `bottom`, that become `height` rows of `width` pixels."""

    top: float
    bottom: float
    width: int
    height: int
    light: bool

    def of(self, part: Image) -> Image:
        """The rows of `part` [h,w,C], which holds as many more around them as the kernel reaches."""
        if part.shape[2] == 4 and part[..., 3].min() < 255:
            return self._see_through(part)
        shown = np.full((self.height, self.width, part.shape[2]), 255, np.uint8)
        for channel in range(min(3, part.shape[2])):
            codes = np.ascontiguousarray(part[..., channel])
            mixed = codes_of(self._lanczos(lights_of(codes, self.light)), self.light)
            shown[..., channel] = self._held(mixed, codes, codes)
        return shown

    def _see_through(self, part: Image) -> Image:
        """With colours weighted by alpha, so that a transparent pixel's colour goes nowhere."""
        weights = part[..., 3] * np.float32(1 / 255)
        clear = part[..., 3] == 0
        alpha = self._lanczos(weights)
        shown = np.empty((self.height, self.width, 4), np.uint8)
        shown[..., 3] = self._held(codes_of(alpha, light=False), part[..., 3], part[..., 3])
        np.maximum(alpha, FAINTEST, out=alpha)
        for channel in range(3):
            codes = part[..., channel]
            mixed = codes_of(self._lanczos(lights_of(codes, self.light) * weights) / alpha, self.light)
            low, high = np.where(clear, np.uint8(255), codes), np.where(clear, np.uint8(0), codes)
            shown[..., channel] = self._held(mixed, low, high)
        shown[shown[..., 3] == 0] = 0
        return shown

    def _lanczos(self, plane: Floats) -> Floats:
        box = (0.0, self.top, float(plane.shape[1]), self.bottom)
        resized = Pillow.fromarray(plane).resize((self.width, self.height), Pillow.Resampling.LANCZOS, box)
        return np.array(resized)

    def _held(self, mixed: Image, low: Image, high: Image) -> Image:
        """`mixed` [height,width] within what `low` and `high` [h,w] have under the kernel's main lobe."""
        across, down = low.shape[1] / self.width, (self.bottom - self.top) / self.height
        lobe = np.ones([2 * max(1, round(scale)) + 1 for scale in (down, across)], np.uint8)
        rows = (self.top + (np.arange(self.height) + 0.5) * down).astype(np.intp)
        columns = ((np.arange(self.width) + 0.5) * across).astype(np.intp)
        place = np.ix_(np.minimum(rows, low.shape[0] - 1), np.minimum(columns, low.shape[1] - 1))
        least, most = cv2.erode(low, lobe)[place], cv2.dilate(high, lobe)[place]
        return np.asarray(np.minimum(np.maximum(mixed, least), most), np.uint8)
