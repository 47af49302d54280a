"""What channels' rules are about, measured: the ground around a product, where it stands, how much detail it has."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.placing import Bounds, product_bounds

STRIP = 0.01
"""Of the shorter side: how wide the border is that is looked at by itself."""

_FAINTEST = 8  # of 255: less in a matte is no product
_MARGIN = 0.008  # of the longer side, kept between product and ground: soft edges, and what JPEG rings around them
_LEAST_MARGIN_PX = 16.5  # the block in which JPEG's coarser colours ring
_SHADOW_REACH = 0.3  # of the longer side, from the product
_SHADE_SPREAD = 14  # between a shadow's channels: it is neutral
_DARKEST_SHADE = 60
_MOST_SHADOW = 200  # of 255, the alpha of a shadow by itself
_DETAIL_PX = 1024  # the product's longer side in which its detail is looked at
_EDGE = 12.0  # code values by which neighbours differ where there is something to be sharp
_FEWEST_EDGES = 200

Mask = NDArray[np.bool_]


class GroundRules(Protocol):
    """What of a channel's rules concerns the ground."""

    @property
    def ground(self) -> str:
        """ "white" or "transparent"."""

    @property
    def white_tolerance(self) -> int:
        """How much less than 255 is white still."""

    @property
    def shadow(self) -> bool:
        """Whether a neutral shade near the product is no fault."""


class Surroundings(NamedTuple):
    """The share of pure pixels along the border and in all of the ground; None where no product tells it apart."""

    border: float
    ground: float | None


def surroundings(pixels: Image, matte: Image | None, rules: GroundRules) -> Surroundings:
    """Measure how pure the ground of uint8 [H,W,3 or 4] is, but for the product of `matte` and its rim.

    A shadow, where the rules allow one, must end before the border.
    """
    pure = _pure(pixels, rules)
    strip = _strip(pure.shape)
    if matte is None:
        return Surroundings(_share(pure, strip), None)
    away = _distance(matte)
    longer = max(pure.shape)
    ground = away > max(_LEAST_MARGIN_PX, _MARGIN * longer)
    fine = pure
    if rules.shadow:
        fine = pure | _shadow(_shade(pixels) & ground & ~pure & (away < _SHADOW_REACH * longer), strip)
    return Surroundings(_share(pure, strip & ground), _share(fine, ground))


def box_of(matte: Image) -> Bounds | None:
    """The product's bounds; None where the matte shows none."""
    try:
        return product_bounds(matte)
    except ValueError:
        return None


def off_centre(box: Bounds, width: int, height: int) -> float:
    """How far the middle of the box is from the frame's, as a share of the side along which it is farther."""
    across = abs(box.left + box.right - width) / (2 * width)
    down = abs(box.top + box.bottom - height) / (2 * height)
    return max(across, down)


def detail_kept(rgb: Image, matte: Image) -> float:
    """How much of a product's edges is finer than every second pixel, 0 to 1: near 0 where it is blurred or enlarged.

    The difference between uint8 [H,W,3] and itself halved and enlarged again, where there are edges, by their steepness
    (the idea of measuring blur by blurring anew: Crete et al. 2007). Looked at no larger than it is, at most
    `_DETAIL_PX`. A product without edges, such as plain cloth, has nothing to be blurred: 1. Nor has a line of pixels.
    """
    gray, product = _looked_at(rgb, matte)
    if min(gray.shape) < 2:
        return 1.0
    half = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(half, gray.shape[::-1], interpolation=cv2.INTER_CUBIC)
    steep = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(gray, cv2.CV_32F, 0, 1, scale=0.25))
    edges = (steep > _EDGE) & product
    if np.count_nonzero(edges) < _FEWEST_EDGES:
        return 1.0
    return float(min(1.0, np.abs(gray - coarse)[edges].mean() / steep[edges].mean()))


def _looked_at(rgb: Image, matte: Image) -> tuple[NDArray[np.float32], Mask]:
    box = box_of(matte)
    rows, columns = slice(None), slice(None)
    if box is not None:
        rows, columns = slice(int(box.top), int(box.bottom) + 1), slice(int(box.left), int(box.right) + 1)
    part, inside = rgb[rows, columns], matte[rows, columns]
    scale = _DETAIL_PX / max(part.shape[:2])
    if scale < 1:
        size = max(2, round(part.shape[1] * scale)), max(2, round(part.shape[0] * scale))
        part, inside = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (part, inside))
    gray = np.asarray(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY), np.float32)
    return gray, cv2.erode(np.ascontiguousarray(inside), np.ones((9, 9), np.uint8)) > 250


def _pure(pixels: Image, rules: GroundRules) -> Mask:
    if rules.ground == "transparent":
        clear = pixels[..., 3] == 0 if pixels.shape[2] == 4 else np.zeros(pixels.shape[:2])
        return np.asarray(clear, np.bool_)
    white = pixels[..., :3].min(axis=2) >= 255 - rules.white_tolerance
    return np.asarray(white & (pixels[..., 3] == 255) if pixels.shape[2] == 4 else white, np.bool_)


def _shade(pixels: Image) -> Mask:
    if pixels.shape[2] == 4 and int(pixels[..., 3].min(initial=255)) < 255:
        return np.asarray(pixels[..., 3] <= _MOST_SHADOW, np.bool_)
    least, most = pixels[..., :3].min(axis=2), pixels[..., :3].max(axis=2)
    return np.asarray((most - least <= _SHADE_SPREAD) & (least >= _DARKEST_SHADE), np.bool_)


def _shadow(shade: Mask, strip: Mask) -> Mask:
    """What of a shade ends before the border: what reaches it is no shadow but a ground."""
    _, labels = cv2.connectedComponents(shade.astype(np.uint8), connectivity=8)
    return np.asarray(shade & ~np.isin(labels, np.unique(labels[strip & shade])), np.bool_)


def _distance(matte: Image) -> NDArray[np.float32]:
    """How far each pixel is from the product, in pixels."""
    away = np.asarray(matte <= _FAINTEST, np.uint8)
    if away.all():
        return np.full(matte.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 3), np.float32)


def _strip(shape: tuple[int, ...]) -> Mask:
    wide = max(1, round(STRIP * min(shape[:2])))
    strip = np.ones(shape[:2], np.bool_)
    strip[wide:-wide, wide:-wide] = False
    return strip


def _share(good: Mask, looked_at: Mask) -> float:
    """The good ones' share; 1 where there is nothing to look at."""
    total = np.count_nonzero(looked_at)
    return float(np.count_nonzero(good & looked_at) / total) if total else 1.0
