"""Where a product stands in a frame: found by its matte, scaled and put by the share of the frame that it is to fill.

Coordinates are continuous pixels: x to the right, y down, the centre of pixel (row i, column j) at (j + 0.5, i + 0.5).
A side at which the photo cuts the product off is a straight edge that no ground can explain, so it goes to the same
side of the frame: a worn shirt that the photo ends at the hips stands on the frame's bottom. Where both of two opposite
sides are cut, the product spans the frame between them, whatever fill was asked, if the rest of it then fits.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.resampling import reframed

Anchor = Literal["center", "bottom"]
Side = Literal["left", "top", "right", "bottom"]

SEEN = 64
"""Of 255: where a matte crosses it is the product's outline."""
STANDING_MARGIN = 0.08
"""Of the frame's height: what is left free under a product with the anchor "bottom"."""

_SPECK = 0.002  # of all that is seen: a smaller patch by itself is dust
_SPECKS_PX = 1024  # they are looked for in a picture of this long side
_CUT = 0.1  # of the product's extent along a side: with less on the border it only touches it
_NEAR_BORDER_PX = 1.0
_SAME_PX = 0.5
_LOBES, _STEPS = 3, 16


class Bounds(NamedTuple):
    """The smallest upright rectangle around a product, to fractions of a pixel, and the sides where it is cut off."""

    left: float
    top: float
    right: float
    bottom: float
    cut: tuple[Side, ...] = ()

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Frame:
    """A frame of width × height pixels, and how a product is to stand in it.

    `fill`, 0 to 1, is the share of the frame that the product's bounds take along the side that limits them. Without it
    the product is as large as in its picture, shrunk or enlarged as the whole picture is to lie within the frame.
    `anchor` "center" puts the product in the middle; "bottom" stands it `margin` (of the frame's height) above the
    bottom. Without it a product that has no fill stays where it is in its picture, and one that has is centred.
    """

    width: int
    height: int
    fill: float | None = None
    anchor: Anchor | None = None
    margin: float = STANDING_MARGIN


@dataclass(frozen=True)
class Placement:
    """A motion without turning: old (x, y) becomes (scale · x + across, scale · y + down), in a frame of that size."""

    scale: float
    across: float
    down: float
    width: int
    height: int
    product: Bounds  # in old coordinates

    @property
    def motion(self) -> NDArray[np.float64]:
        """The homography [3,3] from old coordinates to new ones."""
        return np.array([[self.scale, 0, self.across], [0, self.scale, self.down], [0, 0, 1]], np.float64)

    @property
    def bounds(self) -> Bounds:
        """The product's in the frame; what is beyond the frame is counted too."""
        old = self.product
        across = [self.scale * x + self.across for x in (old.left, old.right)]
        down = [self.scale * y + self.down for y in (old.top, old.bottom)]
        return Bounds(across[0], down[0], across[1], down[1], old.cut)

    @property
    def fill(self) -> float:
        """The share of the frame that the product takes along the side that limits it."""
        return max(self.bounds.width / self.width, self.bounds.height / self.height)

    @property
    def exposed(self) -> tuple[Side, ...]:
        """The sides where the product is cut off, and which do not lie at the frame's border: straight edges show."""
        new = self.bounds
        inside = {"left": new.left, "top": new.top, "right": self.width - new.right, "bottom": self.height - new.bottom}
        return tuple(side for side in new.cut if inside[side] > _SAME_PX)

    def keeps(self, width: int, height: int) -> bool:
        """Whether a picture of that size stays as it is."""
        still = (self.scale, self.across, self.down) == (1.0, 0.0, 0.0)
        return still and (self.width, self.height) == (width, height)


def product_bounds(matte: Image) -> Bounds:
    """Return the bounds of the product in a uint8 matte [H,W], faint veils and specks left out.

    Raises ValueError where nothing is seen.
    """
    seen = matte > SEEN
    if not seen.any():
        raise ValueError(f"no product is to be seen: its matte is at most {matte.max(initial=0)}; needed: {SEEN + 1}")
    rows, columns = _without_specks(seen)
    part = matte[rows, columns]
    left, right = _crossings(part, columns.start, matte.shape[1])
    top, bottom = _crossings(part.T, rows.start, matte.shape[0])
    return _cut_off(seen, Bounds(left, top, right, bottom))


def place(width: int, height: int, product: Bounds, frame: Frame) -> Placement:
    """Place a picture of width × height pixels, whose product has these bounds, in a frame.

    A product that keeps its scale moves by whole pixels, so that its bytes stay. Raises ValueError for a fill outside
    0 to 1 (0 excluded), or bounds without extent.
    """
    if frame.fill is not None and not 0 < frame.fill <= 1:
        raise ValueError(f"a fill ratio is more than 0 and at most 1; received {frame.fill}")
    if product.width <= 0 or product.height <= 0:
        raise ValueError(f"a product has an extent; received {product.width:g} × {product.height:g} px")
    if frame == Frame(width, height, margin=frame.margin):
        return Placement(1.0, 0.0, 0.0, width, height, product)
    scale = _scale(width, height, product, frame)
    if frame.fill is None and frame.anchor is None:
        left = product.left * scale + (frame.width - width * scale) / 2
        top = product.top * scale + (frame.height - height * scale) / 2
    else:
        left, top = (frame.width - product.width * scale) / 2, _top(product.height * scale, frame)
    left = _at_border(left, product.width * scale, frame.width, ("left" in product.cut, "right" in product.cut))
    top = _at_border(top, product.height * scale, frame.height, ("top" in product.cut, "bottom" in product.cut))
    across, down = left - product.left * scale, top - product.top * scale
    if scale == 1.0:
        across, down = float(round(across)), float(round(down))
    return Placement(scale, across, down, frame.width, frame.height, product)


def moved(pixels: Image, placement: Placement) -> Image:
    """Return uint8 [H,W,C] as the frame shows it, [height,width,C], with Lanczos-3; what is new ground is clear.

    With 4 channels the last is straight alpha, and colours are weighted by it. One channel is a matte, clear where 0;
    the new ground of 3, which have no alpha, is white. Where the scale is 1 the product's bytes are kept.
    """
    height, width = pixels.shape[:2]
    if placement.keeps(width, height):
        return pixels.copy()
    return reframed(pixels, (placement.scale, placement.across, placement.down), (placement.width, placement.height))


def _scale(width: int, height: int, product: Bounds, frame: Frame) -> float:
    across, down = frame.width / product.width, frame.height / product.height
    whole = min(frame.width / width, frame.height / height)
    scale = whole if frame.fill is None else frame.fill * min(across, down)
    if {"left", "right"} <= set(product.cut) and product.height * across <= frame.height + _SAME_PX:
        scale = across
    elif {"top", "bottom"} <= set(product.cut) and product.width * down <= frame.width + _SAME_PX:
        scale = down
    change_px = abs(scale - 1) * max(product.width, product.height)
    return 1.0 if change_px < _SAME_PX else scale


def _top(height: float, frame: Frame) -> float:
    """Where a product of that height in the frame begins."""
    free = frame.height - height
    if frame.anchor != "bottom":
        return free / 2
    return free - min(frame.margin * frame.height, free / 2)


def _at_border(start: float, extent: float, length: int, cut: tuple[bool, bool]) -> float:
    """Where a product begins that is cut off at the low, high or both ends of a side of the frame."""
    if cut == (True, False):
        return 0.0
    if cut == (False, True):
        return length - extent
    return (length - extent) / 2 if all(cut) else start


def _without_specks(seen: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The (rows, columns) of the patches that are no specks, and a margin of at least one pixel."""
    step = -(-max(seen.shape) // _SPECKS_PX)
    height, width = (-(-length // step) for length in seen.shape)
    padded = np.zeros((height * step, width * step), np.bool_)
    padded[: seen.shape[0], : seen.shape[1]] = seen
    coarse = padded.reshape(height, step, width, step).any(axis=(1, 3))
    _, _, patches, _ = cv2.connectedComponentsWithStats(coarse.astype(np.uint8), connectivity=8)
    boxes = patches[1:][patches[1:, cv2.CC_STAT_AREA] >= _SPECK * coarse.sum()]
    first = boxes[:, :2].min(axis=0) * step - 1
    last = (boxes[:, :2] + boxes[:, 2:4]).max(axis=0) * step + 1
    (left, top), (right, bottom) = np.maximum(first, 0).tolist(), last.tolist()
    return slice(top, min(bottom, seen.shape[0])), slice(left, min(right, seen.shape[1]))


def _crossings(part: Image, start: int, length: int) -> tuple[float, float]:
    """Where the matte of some columns, from `start` of `length` on, first rises over SEEN and last falls below it."""
    above = np.flatnonzero(part.max(axis=0) > SEEN)
    first, last = int(above[0]), int(above[-1])
    low = start + first + 0.5 - _beyond(part, first, -1)
    high = start + last + 0.5 + _beyond(part, last, 1)
    return max(0.0, low), min(float(length), high)


def _beyond(part: Image, column: int, step: int) -> float:
    """How far from the centre of the outermost column that is seen, in the direction `step`, the outline lies: 0 to 1.

    The matte between pixels is taken as Lanczos-3 has it, by which the product will be enlarged.
    """
    around = column + step * np.arange(1 - _LOBES, 1 + _LOBES)
    there = (around >= 0) & (around < part.shape[1])
    lines = np.zeros((part.shape[0], len(around)), np.float64)
    lines[:, there] = part[:, around[there]]
    away = np.linspace(0, 1, _STEPS + 1)[:, None] - np.arange(1 - _LOBES, 1 + _LOBES)
    weights = np.sinc(away) * np.sinc(away / _LOBES)
    levels = (lines[part[:, column] > SEEN] @ (weights / weights.sum(axis=1, keepdims=True)).T).max(axis=0)
    below = np.flatnonzero(levels <= SEEN)
    if not len(below):
        return 1.0
    at = max(1, int(below[0]))
    return float(at - (SEEN - levels[at]) / max(levels[at - 1] - levels[at], 1e-9)) / _STEPS


def _cut_off(seen: NDArray[np.bool_], box: Bounds) -> Bounds:
    """The same with the sides where the product goes on beyond the picture, which then end at its border."""
    height, width = seen.shape
    on_border: dict[Side, tuple[bool, float]] = {
        "left": (box.left <= _NEAR_BORDER_PX, seen[:, 0].sum() / box.height),
        "top": (box.top <= _NEAR_BORDER_PX, seen[0].sum() / box.width),
        "right": (box.right >= width - _NEAR_BORDER_PX, seen[:, -1].sum() / box.height),
        "bottom": (box.bottom >= height - _NEAR_BORDER_PX, seen[-1].sum() / box.width),
    }
    cut = tuple(side for side, (near, share) in on_border.items() if near and share >= _CUT)
    ends = {side: float(end) for side, end in (("left", 0), ("top", 0), ("right", width), ("bottom", height))}
    return box._replace(cut=cut, **{side: ends[side] for side in cut})
