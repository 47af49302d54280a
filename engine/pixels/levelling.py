"""How a product lies in its picture: the angle by which its own upright has tilted, from the shape of its matte alone.

Three things speak of it: an axis that the shape is mirrored at; long straight sides, left and right; and the straight
line that it stands on. The first that is plain is taken. What is round, or leans by nature, says nothing.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image

MOST_TILTED = 20.0
"""Degrees, clockwise or not: what is tilted by more was meant so, or lies on its side."""

CONFIDENT = 0.5
"""From this confidence on an angle is worth turning by."""

_SIDE_PX = 144  # of the product's longer side where it is looked at
_STEP, _FINE_STEP = 1.0, 0.25
_BEYOND = 4.0  # degrees past the most, so that a best angle at the very end can be told from a better one beyond
_ROUGH_PX = 2.0  # by which a straight side may waver
_NEAR = np.ones((7, 7), np.uint8)  # around the shape: what it touches of its hull
_FAR = 8.0  # degrees away from an axis of symmetry it must be worse, and as far from it another may be

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Tilt:
    """By how many degrees a product is turned clockwise, how sure that is (0 to 1), and by what it is known."""

    angle: float
    confidence: float
    evidence: str  # "symmetry", "sides", "base", or "none"

    @property
    def plain(self) -> bool:
        """Whether it is worth turning by."""
        return self.confidence >= CONFIDENT and abs(self.angle) <= MOST_TILTED


def product_tilt(matte: Image) -> Tilt:
    """Return the tilt of the product of a uint8 [H,W] matte."""
    small = _framed(matte)
    if small is None:
        return Tilt(0.0, 0.0, "none")
    found = [_by_symmetry(small)]
    if not found[0].plain:
        found += _by_outline(small, _cut_off(matte))
    return next((tilt for tilt in found if tilt.plain), max(found, key=lambda tilt: tilt.confidence))


def _framed(matte: Image) -> Floats | None:
    """The product, `_SIDE_PX` long, in the middle of a square that it can turn in; None where there is next to none."""
    rows, columns = (np.flatnonzero((matte > 127).any(axis=axis)) for axis in (1, 0))
    if len(rows) < 8 or len(columns) < 8:
        return None
    part = matte[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = _SIDE_PX / max(part.shape)
    width, height = (max(1, round(length * scale)) for length in part.shape[::-1])
    side = math.ceil(1.5 * _SIDE_PX)
    framed = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    framed[top : top + height, left : left + width] = cv2.resize(part, (width, height), interpolation=way) / 255
    return framed


def _by_symmetry(small: Floats) -> Tilt:
    """The axis, upright or level, at which the shape is mirrored best."""
    reach = MOST_TILTED + _BEYOND
    angles = np.arange(-reach, reach + _STEP / 2, _STEP)
    likenesses = np.array([_mirrored(small, angle) for angle in angles])
    return max((_peak(small, angles, likenesses[:, way], way) for way in (0, 1)), key=lambda tilt: tilt.confidence)


def _mirrored(small: Floats, angle: float) -> tuple[float, float]:
    """How like its mirror image a shape is once turned back by `angle`: left to right, and top to bottom; 1 is wholly.

    The best place of the axis is found by correlating every row (column) with its own reverse, all in one.
    """
    side = small.shape[0]
    middle = (side - 1) / 2
    turned = cv2.warpAffine(small, cv2.getRotationMatrix2D((middle, middle), angle, 1.0), (side, side))
    energy = float((turned**2).sum())
    likenesses = []
    for rows in (turned, turned.T):
        spectrum = np.fft.rfft(rows, 2 * side, axis=1)
        likenesses.append(float(np.fft.irfft((spectrum**2).sum(axis=0), 2 * side).max()) / energy)
    return likenesses[0], likenesses[1]


def _peak(small: Floats, angles: Curve, likeness: Curve, way: int) -> Tilt:
    """The best angle of a curve of likenesses, refined, and how far it stands out of the curve."""
    best = int(likeness.argmax())
    around = np.arange(angles[best] - _STEP, angles[best] + _STEP + _FINE_STEP / 2, _FINE_STEP)
    fine = np.array([_mirrored(small, angle)[way] for angle in around])
    angle = float(around[fine.argmax()])
    far = np.abs(angles - angle) >= _FAR
    stands_out = float(fine.max() - likeness[far].max(initial=0.0))
    confidence = np.clip((fine.max() - 0.92) / 0.05, 0, 1) * np.clip(stands_out / 0.02, 0, 1)
    return Tilt(angle, float(confidence), "symmetry")


def _cut_off(matte: Image) -> tuple[bool, bool, bool]:
    """Whether the picture ends at the product's left, right or base: what is straight there is the picture's border."""
    return bool(matte[:, 0].max() > 127), bool(matte[:, -1].max() > 127), bool(matte[-1].max() > 127)


def _by_outline(small: Floats, cut_off: tuple[bool, bool, bool]) -> list[Tilt]:
    """What the straight parts of the shape's convex hull say: its left and right sides, and its base."""
    shape = np.asarray(small > 0.5, np.uint8)
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.vstack(contours), clockwise=False)  # on a y axis that points down: clockwise
    hull = cv2.approxPolyDP(hull, _ROUGH_PX, closed=True).reshape(-1, 2).astype(np.float64)
    along = np.roll(hull, -1, axis=0) - hull
    headings = np.degrees(np.arctan2(along[:, 1], along[:, 0]))  # clockwise in the picture: the base goes to the left
    lengths = np.hypot(*along.T) * _touched(cv2.dilate(shape, _NEAR), hull, along)
    width, height = np.ptp(hull[:, 0]) + 1, np.ptp(hull[:, 1]) + 1
    left, right = (_longest(headings, lengths, heading, height) for heading in (-90.0, 90.0))
    base = _longest(headings, lengths, 180.0, width)
    apart = abs(left[0] - right[0])
    agree = min(left[1], right[1]) * float(np.clip(2 - apart / 4, 0, 1))
    sides = Tilt((left[0] + right[0]) / 2, 0.0 if any(cut_off[:2]) else agree, "sides")
    return [sides, Tilt(base[0], 0.0 if cut_off[2] else 0.8 * base[1], "base")]


def _touched(shape: Image, hull: Curve, along: Curve) -> Curve:
    """Which share of each edge of a hull [n,2] the shape itself lies at: little of one that spans a gap."""
    places = np.rint(hull[:, None] + along[:, None] * np.linspace(0, 1, 41)[:, None]).astype(np.intp)
    return np.asarray(shape[places[..., 1], places[..., 0]].mean(axis=1), np.float64)


def _longest(headings: Curve, lengths: Curve, heading: float, span: float) -> tuple[float, float]:
    """The turn, against `heading`, of the longest edge that nearly has it; the sureness is by its share of `span`."""
    turns = (headings - heading + 180) % 360 - 180
    near = np.abs(turns) <= MOST_TILTED
    if not near.any():
        return 0.0, 0.0
    longest = int(np.where(near, lengths, 0).argmax())
    return float(turns[longest]), float(np.clip((lengths[longest] / span - 0.2) / 0.5, 0, 1))
