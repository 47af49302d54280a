"""Sizes and positions: crop, resize for networks, and the boxes they need. Arrays are uint8 [H,W,3] or [H,W,4].

With four channels the last is straight alpha: colours are weighted by it before they are mixed (premultiplied), so
that the invisible colour of transparent pixels never bleeds into an edge. `resize` mixes sRGB code values, which is
fast and what the networks were trained on; what people look at is `resampling`'s, which mixes light.
"""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from engine.images import Image


class Box(NamedTuple):
    """A rectangle in whole pixels: left, top, width and height."""

    x: int
    y: int
    width: int
    height: int


def resize(image: Image, width: int, height: int) -> Image:
    """Resample to width × height pixels with Lanczos-3, antialiased: shrinking averages all the area it covers."""
    if width < 1 or height < 1:
        raise ValueError(f"a size is at least 1 × 1; received {width} × {height}")
    if (height, width) == image.shape[:2]:
        return image.copy()
    return np.array(Pillow.fromarray(image).resize((width, height), Pillow.Resampling.LANCZOS))


def crop(image: Image, box: Box) -> Image:
    """Return a copy of what lies inside `box`. Raises ValueError when the box leaves the image."""
    height, width = image.shape[:2]
    inside = box.x >= 0 and box.y >= 0 and box.x + box.width <= width and box.y + box.height <= height
    if not inside or box.width < 1 or box.height < 1:
        raise ValueError(
            f"the box {box.width} × {box.height} at ({box.x}, {box.y}) leaves the image of {width} × {height}"
        )
    return image[box.y : box.y + box.height, box.x : box.x + box.width].copy()


def aspect_box(width: int, height: int, across: int, down: int) -> Box:
    """The largest centred box of aspect across:down inside width × height."""
    if across < 1 or down < 1:
        raise ValueError(f"an aspect is two positive numbers; received {across}:{down}")
    if width * down > height * across:
        box_width, box_height = max(1, height * across // down), height
    else:
        box_width, box_height = width, max(1, width * down // across)
    return Box((width - box_width) // 2, (height - box_height) // 2, box_width, box_height)


def contain_size(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The (width, height) of the picture scaled to lie wholly inside the box, aspect kept."""
    return _scaled(width, height, min(box_width / width, box_height / height), box_width, box_height)


def cover_size(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The (width, height) of the picture scaled to cover the whole box, aspect kept (the rest is then cropped)."""
    scaled = _scaled(width, height, max(box_width / width, box_height / height))
    return max(scaled[0], box_width), max(scaled[1], box_height)


def centre_box(width: int, height: int, box_width: int, box_height: int) -> Box:
    """The centred box of at most box_width × box_height inside width × height."""
    box_width, box_height = min(width, box_width), min(height, box_height)
    return Box((width - box_width) // 2, (height - box_height) // 2, box_width, box_height)


def rotated_size(width: int, height: int, angle: float) -> tuple[int, int]:
    """The (width, height) of the smallest upright canvas that holds the picture turned by `angle` degrees."""
    cos, sin = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    # The tiny allowance keeps float dust (cos 60° = 0.5000000000000001) from adding a row.
    across, down = width * cos + height * sin - 1e-6, width * sin + height * cos - 1e-6
    return max(1, math.ceil(across)), max(1, math.ceil(down))


def recentred(image: Image, width: int, height: int, fill: tuple[int, ...]) -> Image:
    """Put `image` in the middle of a canvas of that size, cutting or filling each side as needed.

    `fill` colours new ground; it is transparent with alpha, and 0 of one channel, which is a coverage.
    """
    ground = {1: (0,), 3: fill, 4: (0, 0, 0, 0)}[image.shape[2]]
    canvas = np.empty((height, width, image.shape[2]), np.uint8)
    canvas[...] = np.asarray(ground, np.uint8)
    spans = [_overlap(mine, theirs) for mine, theirs in zip(image.shape[:2], (height, width), strict=True)]
    (from_y, to_y, rows), (from_x, to_x, columns) = spans
    canvas[to_y : to_y + rows, to_x : to_x + columns] = image[from_y : from_y + rows, from_x : from_x + columns]
    return canvas


def recentring(width: int, height: int, to_width: int, to_height: int) -> tuple[int, int]:
    """By how many pixels `recentred` moves a picture of width × height, to the right and down."""
    shifts = [_overlap(mine, theirs) for mine, theirs in ((width, to_width), (height, to_height))]
    return shifts[0][1] - shifts[0][0], shifts[1][1] - shifts[1][0]


def _scaled(
    width: int, height: int, factor: float, most_width: int | None = None, most_height: int | None = None
) -> tuple[int, int]:
    across, down = max(1, round(width * factor)), max(1, round(height * factor))
    return min(across, most_width or across), min(down, most_height or down)


def _overlap(inner: int, outer: int) -> tuple[int, int, int]:
    """Where a centred span of `inner` meets one of `outer`: (start in inner, start in outer, length)."""
    return max(0, (inner - outer) // 2), max(0, (outer - inner) // 2), min(inner, outer)
