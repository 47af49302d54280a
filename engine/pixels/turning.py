"""Turning a picture about its middle: whole quarters to the byte, the rest in one resampling; and the frame it gets.

Arrays are uint8 [H,W,C] as for `resampling`; sizes are (width, height) in pixels.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.images import Image
from engine.pixels.geometry import recentred, recentring, rotated_size
from engine.pixels.homographies import Homography, shifted
from engine.pixels.perspective import Size, inner
from engine.pixels.warping import warp

Frame = Literal["crop", "expand", "same"]
"""The largest part of the picture's aspect without new ground; a canvas that holds all; the size that it has."""


@dataclass(frozen=True)
class Turn:
    """Clockwise quarters (0 to 3), the degrees (-45 to 45) that are left, the whole motion, and the size it leaves."""

    quarters: int
    rest: float
    motion: Homography
    size: Size

    def of(self, image: Image, fill: tuple[int, int, int]) -> Image:
        """The picture turned. New ground is `fill`, transparent with alpha, and 0 of a coverage."""
        if self.rest:
            return warp(image, self.motion, self.size, fill)
        turned = np.ascontiguousarray(np.rot90(image, -self.quarters))
        return turned if turned.shape[1::-1] == self.size else recentred(turned, *self.size, fill)


def turn(size: Size, angle: float, frame: Frame) -> Turn:
    """What turning a picture of that size clockwise by `angle` degrees does to it."""
    whole = round(angle / 90)
    rest = angle - 90 * whole
    quarters = whole % 4
    upright = size if quarters % 2 == 0 else size[::-1]
    quarter = _quarter_turns(size, quarters)
    if rest == 0:
        if frame == "same":
            return Turn(quarters, 0.0, shifted(*recentring(*upright, *size)) @ quarter, size)
        return Turn(quarters, 0.0, quarter, upright)
    if frame == "crop":
        motion, made = inner(_about(upright, rest, upright), upright)
        return Turn(quarters, rest, motion @ quarter, made)
    made = size if frame == "same" else rotated_size(*upright, rest)
    return Turn(quarters, rest, _about(upright, rest, made) @ quarter, made)


def most_expanded(size: Size, degrees: float) -> Size:
    """The size that holds the picture turned by any angle up to `degrees` (0 to 90) either way."""
    width, height = size
    widest, highest = math.atan2(height, width), math.atan2(width, height)
    most = math.radians(degrees)
    across, down = min(most, widest), min(most, highest)
    return (
        math.ceil(width * math.cos(across) + height * math.sin(across)),
        math.ceil(width * math.sin(down) + height * math.cos(down)),
    )


def _quarter_turns(size: Size, quarters: int) -> Homography:
    """The motion of so many clockwise quarters, onto a canvas that just holds the picture."""
    width, height = size
    ways = (
        [[1, 0, 0], [0, 1, 0]],
        [[0, -1, height], [1, 0, 0]],
        [[-1, 0, width], [0, -1, height]],
        [[0, 1, 0], [-1, 0, width]],
    )
    return np.array([*ways[quarters], [0, 0, 1]], np.float64)


def _about(size: Size, degrees: float, to_size: Size) -> Homography:
    """The turn about the middle of a picture of `size`, which comes to lie in the middle of `to_size`."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    clockwise = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float64)
    return shifted(to_size[0] / 2, to_size[1] / 2) @ clockwise @ shifted(-size[0] / 2, -size[1] / 2)
