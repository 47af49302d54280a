"""Homographies: what maps a picture's pixels to another's when it is shifted, scaled, turned or seen from aside.

Coordinates are pixels, x to the right, y down; the centre of row i, column j is (j + 0.5, i + 0.5).
"""

import numpy as np
from numpy.typing import NDArray

Homography = NDArray[np.float64]
"""[3,3]: takes (x, y, 1) of the old picture to the new one, up to a factor."""

Coordinates = NDArray[np.float64]
"""Places: x, y or both, of any shape."""

NOWHERE = -1e6
"""A place far outside every picture, where what lies behind the camera is said to be."""


def shifted(x: float, y: float) -> Homography:
    """The motion to the right by x and down by y."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def scaled(across: float, down: float) -> Homography:
    """The motion that makes a picture so many times as wide and as high."""
    return np.diag([across, down, 1.0])


def moved_points(motion: Homography, points: Coordinates) -> Coordinates:
    """Where `motion` takes points [n,2]; infinite for those on the horizon."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.column_stack((points, np.ones(len(points)))) @ motion.T
        return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def way_back(motion: Homography, x: float, y: float) -> Homography:
    """The inverse of a motion, with a positive third coordinate for what lies on (x, y)'s side of the horizon."""
    sign = np.sign((motion @ (x, y, 1))[2]) or 1.0
    return np.asarray(np.linalg.inv(motion) * sign, np.float64)


def through(back: Homography, u: Coordinates, v: Coordinates) -> tuple[Coordinates, Coordinates]:
    """Where new places lie in the old picture; far outside it for those beyond the horizon."""
    x, y = (row[0] * u + row[1] * v + row[2] for row in back[:2])
    if not back[2, :2].any():
        return x / back[2, 2], y / back[2, 2]
    depth = back[2, 0] * u + back[2, 1] * v + back[2, 2]
    seen = depth > 1e-9
    depth = np.where(seen, depth, 1.0)
    return np.where(seen, x / depth, NOWHERE), np.where(seen, y / depth, NOWHERE)


def scales_at(back: Homography, places: Coordinates) -> Coordinates:
    """How many old pixels a step of one new pixel to the right, and one down, takes at places [n,2]: [n,2]."""
    homogeneous = np.column_stack((places, np.ones(len(places)))) @ back.T
    depth = np.maximum(homogeneous[:, 2:], 1e-9)
    old = homogeneous[:, :2] / depth
    steps = [np.hypot(*((back[:2, axis] - old * back[2, axis]) / depth).T) for axis in (0, 1)]
    return np.asarray(np.clip(np.column_stack(steps), 1e-3, 1e3), np.float64)
