"""Fills holes in a picture of any size with a network that sees frames of 256 × 256 pixels. Knows no engine.

Holes that lie close together are a region. A region that fits a frame is one frame at the picture's own size. A larger
one is filled from coarse to fine: at half size first (and so on, until it fits), then in overlapping frames that see
that fill, enlarged, as a hint. Last, `texture` lays patches of the surroundings over what is smooth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.diffusion import HINTED, KNOWN, UNKNOWN, masked_frame
from engine.pixels.geometry import Box
from engine.pixels.halving import halve, halve_hole
from engine.pixels.texture import lay_texture

FRAME_PX = 256
REGION_PX = 176  # a larger region leaves a frame too little to see around it
STRIDE_PX = 192
THIN_PX = 24  # thinner holes are filled without a coarser fill, however long they are
UNTEXTURED_PX = 3  # so thin that there is no texture to miss

_GAP_PX = 12
_LOOK_BACK = 64

Hole = NDArray[np.bool_]
Fill = Callable[[Sequence[Image]], Sequence[Floats]]
"""The network: frames uint8 [256,256,4], RGB and codes (see `diffusion`), to colours float32 [3,256,256] in 0..1."""


@dataclass(frozen=True)
class _Region:
    """Holes close together: which pixels of `box` they are, the box with what a fill should see, if it is a frame."""

    own: Hole
    box: Box
    small: bool


def fill_holes(image: Image, hole: Hole, fill: Fill, *, textured: bool = True) -> Image:
    """Return `image` uint8 [H,W,3] with the pixels of `hole` [H,W] filled; all others are the same bytes.

    Without `textured` the network's smooth fill is the result: for measuring what the texture adds. Raises ValueError
    when the hole leaves nothing of the picture, or has another size.
    """
    if hole.shape != image.shape[:2] or hole.all():
        raise ValueError(f"a hole is a part of its picture {image.shape[:2]}; received {hole.shape}, {hole.sum()} px")
    regions = _regions(hole)
    smooth = image.copy()
    small = [region for region in regions if region.small]
    frames = [_frame(*_cut(image, hole, region.box)) for region in small]
    for region, colours in zip(small, fill(frames) if frames else [], strict=True):
        _paste(smooth, region, _colours(colours)[: region.box.height, : region.box.width])
    for region in regions:
        if not region.small:
            _paste(smooth, region, _fill_large(*_cut(image, hole, region.box), fill))
    if not textured:
        return smooth
    filled = smooth.copy()
    for region in regions:
        _paste(filled, region, _textured(*_cut(smooth, hole, region.box), region.own))
    return filled


def _regions(hole: Hole) -> list[_Region]:
    """Group the hole's parts: those within 24 pixels of each other, and then those that fit a frame together."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _GAP_PX + 1,) * 2, np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(near)
    groups: list[tuple[Box, list[int]]] = []
    for label, (x, y, width, height, _) in enumerate(statistics[1:].tolist(), start=1):
        part = Box(x, y, width, height)
        for index in range(max(0, len(groups) - _LOOK_BACK), len(groups)):
            union = _union(groups[index][0], part)
            if max(union.width, union.height) <= REGION_PX + 2 * _GAP_PX:
                groups[index] = (union, [*groups[index][1], label])
                break
        else:
            groups.append((part, [label]))
    return [_region(hole, labels, members, inner) for inner, members in groups]


def _region(hole: Hole, labels: NDArray[np.int32], members: list[int], near: Box) -> _Region:
    """`near` surrounds the members with their gap; what a fill should see is as much again, a frame at least."""
    height, width = hole.shape
    longer = max(near.width, near.height)
    small = longer <= REGION_PX + 2 * _GAP_PX
    margin = 0 if small else max(_GAP_PX * 4, min(longer // 2, FRAME_PX))
    across = max(FRAME_PX, near.width + 2 * margin) if not small else FRAME_PX
    down = max(FRAME_PX, near.height + 2 * margin) if not small else FRAME_PX
    x, across = _span(near.x + near.width // 2, across, width)
    y, down = _span(near.y + near.height // 2, down, height)
    box = Box(x, y, across, down)
    part = labels[y : y + down, x : x + across]
    own = hole[y : y + down, x : x + across] & np.isin(part, members)
    return _Region(own, box, small)


def _span(middle: int, length: int, limit: int) -> tuple[int, int]:
    """Where a span of `length` about `middle` starts, moved into 0..limit, and how long it can be there."""
    length = min(length, limit)
    return min(max(0, middle - length // 2), limit - length), length


def _union(first: Box, second: Box) -> Box:
    x, y = min(first.x, second.x), min(first.y, second.y)
    right = max(first.x + first.width, second.x + second.width)
    return Box(x, y, right - x, max(first.y + first.height, second.y + second.height) - y)


def _fill_large(image: Image, hole: Hole, fill: Fill) -> Image:
    """Fill a picture of any size, from coarse to fine where the hole is thick."""
    height, width = hole.shape
    if max(height, width) <= FRAME_PX:
        (colours,) = fill([_frame(image, hole)])
        return _composite(image, hole, _colours(colours)[:height, :width])
    codes = np.where(hole, UNKNOWN, KNOWN).astype(np.uint8)
    if _thickness(hole) > THIN_PX:
        coarse = _fill_large(_halve_known(image, hole), halve_hole(hole), fill)
        hint = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_CUBIC)
        image = _composite(image, hole, hint[:height, :width])
        codes[hole] = HINTED
    return _composite(image, hole, _by_windows(image, codes, fill))


def _by_windows(image: Image, codes: NDArray[np.uint8], fill: Fill) -> Image:
    """Fill what is not KNOWN in overlapping frames, all asked for at once, and blend them where they overlap."""
    height, width = codes.shape
    corners = [(y, x) for y in _starts(height) for x in _starts(width)]
    windows = [np.s_[y : y + FRAME_PX, x : x + FRAME_PX] for y, x in corners]
    windows = [window for window in windows if codes[window].any()]
    fills = fill([_padded(masked_frame(image[window], codes[window])) for window in windows])
    ramp = np.minimum(np.arange(1, FRAME_PX + 1), np.arange(FRAME_PX, 0, -1)).clip(max=FRAME_PX - STRIDE_PX)
    weights = np.outer(ramp, ramp).astype(np.float32)[..., None]
    total = np.zeros((height, width, 3), np.float32)
    share = np.zeros((height, width, 1), np.float32)
    for window, colours in zip(windows, fills, strict=True):
        rows, columns = total[window].shape[:2]
        total[window] += (np.moveaxis(colours, 0, -1) * weights)[:rows, :columns]
        share[window] += weights[:rows, :columns]
    return _rounded(total / np.maximum(share, 1e-6) * 255)


def _textured(smooth: Image, hole: Hole, own: Hole) -> Image:
    """Lay texture over the region's own holes; near their edge, where the network knows better, mix it in."""
    if _thickness(own) <= UNTEXTURED_PX:
        return smooth
    laid = lay_texture(smooth, hole, own)
    depth = cv2.distanceTransform(own.astype(np.uint8), cv2.DIST_L2, 3)
    share = np.clip(0.7 + depth / 16, 0, 1)[..., None]
    return _rounded(smooth + share * (laid.astype(np.float32) - smooth))


def _halve_known(image: Image, hole: Hole) -> Image:
    """The picture at half size, every cell the mean of its known pixels."""
    known = (~hole).astype(np.float32)
    return _rounded(halve(image * known[..., None]) / np.maximum(halve(known), 1e-6)[..., None])


def _thickness(hole: Hole) -> float:
    """The width of the hole where it is widest, in pixels; the picture's border does not bound it."""
    padded = np.pad(hole, 1, mode="edge").astype(np.uint8)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def _starts(length: int) -> list[int]:
    """Where frames start along a side, so that they cover it."""
    last = max(0, length - FRAME_PX)
    return [*range(0, last, STRIDE_PX), last]


def _cut(image: Image, hole: Hole, box: Box) -> tuple[Image, Hole]:
    window = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    return image[window], hole[window]


def _frame(image: Image, hole: Hole) -> Image:
    return _padded(masked_frame(image, np.where(hole, UNKNOWN, KNOWN).astype(np.uint8)))


def _padded(frame: Image) -> Image:
    """Extend a frame that the picture is too small for, by its mirror image."""
    rows, columns = FRAME_PX - frame.shape[0], FRAME_PX - frame.shape[1]
    return np.pad(frame, ((0, rows), (0, columns), (0, 0)), mode="symmetric")


def _colours(colours: Floats) -> Image:
    return _rounded(np.moveaxis(colours, 0, -1) * 255)


def _rounded(levels: NDArray[np.floating]) -> Image:
    return np.asarray(np.floor(np.clip(levels, 0, 255) + 0.5), np.uint8)


def _composite(image: Image, hole: Hole, fill: Image) -> Image:
    return np.asarray(np.where(hole[..., None], fill, image))


def _paste(target: Image, region: _Region, fill: Image) -> None:
    box = region.box
    part = target[box.y : box.y + box.height, box.x : box.x + box.width]
    part[region.own] = fill[region.own]
