"""Pictures seen through a homography, for people to look at: one resampling, antialiased, alpha-safe, block by block.

Arrays are uint8 [H,W,C] as for `resampling`: a coverage, RGB, or RGB and straight alpha. Coordinates are pixels, x to
the right, y down; the centre of row i, column j is (j + 0.5, i + 0.5).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.homographies import Coordinates, Homography, scales_at, through, way_back
from engine.pixels.light_codes import codes_of, lights_of
from engine.pixels.resampling import FAINTEST

_BLOCK_PX = 512  # the side of a block of the new picture where the old one is as fine
_REACH = 6  # pixels around a block that Lanczos-4 and the holding of its ringing look at
_AS_FINE = 1.1  # old pixels to a new one, up to which nothing is averaged
_MOST_SAMPLES = 8  # across a pixel
_GRID = 17  # points across the new picture at which its scale is looked up


def warp(image: Image, motion: Homography, size: tuple[int, int], fill: tuple[int, int, int]) -> Image:
    """Return the picture of (width, height) `size` that `motion` makes of `image`.

    Lanczos-4 on code values; or, where any part shrinks by more than a tenth, in linear light, and there every pixel is
    the mean of several bicubic samples, spread as far as the picture shrinks. No pixel leaves the range of the 5 × 5
    old ones around it, or of more where it shrinks more, so that nothing rings. What the picture does not cover takes
    `fill`; with alpha it is transparent, and of a coverage 0. Raises ValueError for a motion that cannot be undone.
    """
    if abs(np.linalg.det(motion)) < 1e-12:
        raise ValueError(f"a motion can be undone; received {motion.tolist()}")
    back = way_back(motion, image.shape[1] / 2, image.shape[0] / 2)
    shrinks = _most_shrinking(back, size, image.shape[1::-1])
    ground = {1: (0,), 3: fill, 4: (0, 0, 0, 0)}[image.shape[2]]
    view = _View(image, back, image.shape[2] > 1 and _samples(shrinks) > 1, np.asarray(ground, np.uint8))
    result = np.empty((size[1], size[0], image.shape[2]), np.uint8)
    side = max(32, _BLOCK_PX // math.ceil(shrinks))
    for top in range(0, size[1], side):
        for left in range(0, size[0], side):
            place = slice(top, top + side), slice(left, left + side)
            result[place] = view.block(left, top, result[place].shape[:2])
    return result


@dataclass(frozen=True)
class _View:
    """An old picture as a new one's pixels see it through `back`, mixed as light or as code values."""

    image: Image
    back: Homography
    light: bool
    ground: Image

    def block(self, left: int, top: int, shape: tuple[int, ...]) -> Image:
        """The block of (height, width) `shape` whose first pixel is at `left` and `top`."""
        scales = self._scales(left, top, shape)
        samples = _samples(float(scales.max()))
        middle = through(self.back, *_grid(left, top, shape))
        patch = _Patch.around(self.image, *middle, float(scales.max()), self.light)
        if patch is None:
            return self._on_ground(None, np.zeros((*shape, 1), np.float32))
        wide = float(scales[shape[0] // 2, shape[1] // 2].max())
        wide *= 1 - _spread(wide) * (1 - 1 / samples)
        total: Floats = np.zeros((*shape, self.image.shape[2]), np.float32)
        weight: Floats = np.zeros((*shape, 1), np.float32)
        for x, y in self._looks(left, top, scales, samples):
            mixed = patch.sampled(x, y, sharply=samples == 1)
            covered = _covered(x, y, self.image.shape[1::-1], wide)
            if samples == 1 and covered is None:
                return patch.held(mixed, *middle)
            total += mixed if covered is None else mixed * covered
            weight += 1 if covered is None else covered
        codes = patch.held(np.divide(total, np.maximum(weight, FAINTEST), dtype=np.float32), *middle)
        return self._on_ground(codes, weight / np.float32(samples**2))

    def _scales(self, left: int, top: int, shape: tuple[int, ...]) -> Coordinates:
        """The scales of a block's pixels [h,w,2]: those of its corner that shrinks most, for all, if it hardly does."""
        right, bottom = left + shape[1], top + shape[0]
        corners = scales_at(self.back, np.array([(x, y) for x in (left, right) for y in (top, bottom)], np.float64))
        if _samples(float(corners.max())) == 1 or not self.back[2, :2].any():
            return np.broadcast_to(corners.max(axis=0), (*shape, 2))
        places = np.stack(np.broadcast_arrays(*_grid(left, top, shape)), axis=-1)
        return scales_at(self.back, places.reshape(-1, 2)).reshape(places.shape)

    def _looks(
        self, left: int, top: int, scales: Coordinates, samples: int
    ) -> Iterator[tuple[Coordinates, Coordinates]]:
        """Where each sample of a block lies in the old picture."""
        across, down = _grid(left, top, scales.shape)
        if samples == 1:
            yield through(self.back, across, down)
            return
        spread = _spread(scales)
        offsets = (np.arange(samples) + 0.5) / samples - 0.5
        for aside in offsets:
            for below in offsets:
                yield through(self.back, across + aside * spread[..., 0], down + below * spread[..., 1])

    def _on_ground(self, codes: Image | None, covered: Floats) -> Image:
        """What is seen of a picture that covers so much of each pixel [h,w,1]; no codes where it covers none."""
        if codes is None:
            return np.full((*covered.shape[:2], self.image.shape[2]), self.ground, np.uint8)
        if codes.shape[2] == 4:
            alpha = codes_of(lights_of(codes[..., 3:], light=False) * covered, light=False)
            return np.concatenate((np.where(alpha > 0, codes[..., :3], np.uint8(0)), alpha), axis=2)
        rest = (np.float32(1) - covered) * lights_of(self.ground, self.light)
        return codes_of(lights_of(codes, self.light) * covered + rest, self.light)


@dataclass(frozen=True)
class _Patch:
    """The part of an old picture that a block looks at, ready to be sampled."""

    left: int
    top: int
    values: Floats  # [h,w,C]: colours as they are mixed, times alpha, and alpha
    low: Image  # [h,w,C]: the range around each pixel, in codes
    high: Image
    light: bool

    @classmethod
    def around(cls, image: Image, x: Coordinates, y: Coordinates, beyond: float, light: bool) -> "_Patch | None":
        """What lies around those places of an image, and `beyond` them; None where that is off it."""
        spans = [_span(along, length, beyond) for along, length in ((x, image.shape[1]), (y, image.shape[0]))]
        if any(stop <= start for start, stop in spans):
            return None
        (left, right), (top, bottom) = spans
        part = np.ascontiguousarray(image[top:bottom, left:right])
        low = high = part
        values = lights_of(part[..., :3], light)
        if part.shape[2] == 4:
            alpha = lights_of(part[..., 3:], light=False)
            values = np.concatenate((values * alpha, alpha), axis=2)
            clear = (part[..., 3:] == 0) & (np.arange(4) < 3)
            low, high = np.where(clear, np.uint8(255), part), np.where(clear, np.uint8(0), part)
        lobe = np.ones((2 * math.ceil(beyond) + 3,) * 2, np.uint8)
        return cls(left, top, values, cv2.erode(low, lobe), cv2.dilate(high, lobe), light)

    def sampled(self, x: Coordinates, y: Coordinates, *, sharply: bool) -> Floats:
        """The values [h,w,C] at places of the old picture, by Lanczos-4 or bicubic."""
        return self._looked_up(self.values, x, y, cv2.INTER_LANCZOS4 if sharply else cv2.INTER_CUBIC)

    def held(self, mixed: Floats, x: Coordinates, y: Coordinates) -> Image:
        """Values as codes [h,w,C], colours straight again, within the range of what lies around their places."""
        if mixed.shape[2] == 4:
            straight = np.divide(mixed[..., :3], np.maximum(mixed[..., 3:], FAINTEST), dtype=np.float32)
            colors = codes_of(straight, self.light)
            codes = np.concatenate((colors, codes_of(mixed[..., 3:], light=False)), axis=2)
        else:
            codes = codes_of(mixed, self.light)
        low, high = (self._looked_up(each, x, y, cv2.INTER_NEAREST) for each in (self.low, self.high))
        return np.asarray(np.minimum(np.maximum(codes, low), high), np.uint8)

    def _looked_up(self, values: NDArray[Any], x: Coordinates, y: Coordinates, way: int) -> NDArray[Any]:
        """Values [h,w,C] at places of the old picture, continued past its border by its last pixels."""
        across, down = (
            np.clip(along - first - 0.5, -_REACH, 2**14).astype(np.float32)
            for along, first in ((x, self.left), (y, self.top))
        )
        found = cv2.remap(values, across, down, way, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(*x.shape, -1))


def _samples(shrinks: float) -> int:
    """How many samples across a pixel what shrinks so much needs."""
    return 1 if shrinks <= _AS_FINE else min(_MOST_SAMPLES, math.ceil(shrinks))


def _spread(scales: Any) -> Any:
    """Over how much of a pixel its samples are spread where so many old pixels come to it: sqrt(1 - 1/s²).

    Not at all where the picture keeps its scale, so that it stays as sharp as it is; over all of it where it shrinks
    much.
    """
    return np.sqrt(1 - 1 / np.maximum(scales, 1.0) ** 2)


def _grid(left: int, top: int, shape: tuple[int, ...]) -> tuple[Coordinates, Coordinates]:
    """The x [1,w] and y [h,1] of the centres of a block's pixels."""
    across = np.arange(left, left + shape[1], dtype=np.float64)[None, :] + 0.5
    return across, np.arange(top, top + shape[0], dtype=np.float64)[:, None] + 0.5


def _most_shrinking(back: Homography, size: tuple[int, int], old_size: tuple[int, ...]) -> float:
    """The most old pixels that a new one has across, anywhere in what is seen of the old picture."""
    grid = np.meshgrid(*(np.linspace(0.5, length - 0.5, _GRID) for length in size))
    u, v = (np.asarray(along, np.float64) for along in grid)
    x, y = through(back, u, v)
    seen = (x >= 0) & (y >= 0) & (x <= old_size[0]) & (y <= old_size[1])
    places = np.column_stack((u[seen], v[seen]))
    return float(scales_at(back, places).max()) if len(places) else 1.0


def _span(along: Coordinates, length: int, beyond: float) -> tuple[int, int]:
    """The pixels of a side of `length` that places along it, and what is around them, need; empty if none are near."""
    around = _REACH + math.ceil(min(beyond, length))
    low, high = max(float(along.min()), 0.0) - around, min(float(along.max()), length) + around
    if high < 0 or low > length:
        return 0, 0
    start = min(max(0, math.floor(low)), length - 1)
    return start, max(start + 1, min(length, math.ceil(high)))


def _covered(x: Coordinates, y: Coordinates, size: tuple[int, int], wide: float) -> Floats | None:
    """How much of samples `wide` old pixels wide lies on a picture of (width, height) `size`."""
    inner = [np.minimum(along, length - along) for along, length in zip((x, y), size, strict=True)]
    if all(along.min() >= wide / 2 - 1e-9 for along in inner):
        return None
    across, down = (np.clip(along / wide + 0.5, 0, 1) for along in inner)
    return np.asarray(across * down, np.float32)[..., None]
