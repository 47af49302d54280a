"""Verticals that lean or meet: which way a camera was turned, from the straight lines of its picture.

Line segments are found by Grompone von Gioi et al., "LSD: a Line Segment Detector" (IPOL 2012), as OpenCV has it. Those
near the vertical vote, by their length, for the pitch and the roll of a camera that would see them upright: the peak
over a grid of both, refined. Lines along a product's outline do not vote, as many products taper; those inside it are
heard only where the scene is silent, and must then nearly all agree: print on a box does, the folds of cloth do not.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.homographies import Coordinates, moved_points
from engine.pixels.matte import fitted_size, shrink
from engine.pixels.perspective import turned_view

MOST_PITCH, MOST_ROLL = 15.0, 8.0
"""Degrees that are corrected at most: more is a view that was chosen, or lines that are no verticals."""

_LOOK_PX = 1000
_LEAST_LENGTH = 0.05  # of the picture's longer side
_LEANING = 25.0  # degrees off the vertical that a vertical may be
_PRECISE = 0.8  # degrees by which a line may miss the vanishing point and still count for most
_AGREES = 1.5 * _PRECISE
_LEAST_TOTAL = 0.8  # of the picture's height, of all the lines that agree, together
_LEAST_SPREAD = 0.08  # of the picture's width: standard deviation of the places of the lines that agree
_LEAST_PLACES = 3  # at which lines agree: two meet anywhere
_APART = 0.04  # of the picture's width: lines that are nearer are one line, or its two edges
_AT_THE_END = 0.95  # of what is corrected at most: the true peak may lie beyond
_OUTLINE_PX = 9  # of the look, to either side of a product's outline


@dataclass(frozen=True)
class _Need:
    """How many of the near-vertical lines must agree, and which share of them by length."""

    lines: int
    share: float


_OF_THE_SCENE, _OF_THE_PRODUCT = _Need(5, 0.4), _Need(8, 0.75)

Lines = NDArray[np.float64]
"""[n,4]: x and y of one end and of the other."""


@dataclass(frozen=True)
class Lean:
    """How a camera must turn for verticals to stand upright: degrees upwards, and clockwise; and on what grounds.

    `lines` agree, which are `share` of the near-vertical ones by length; `plain` says whether that is enough.
    """

    pitch: float
    roll: float
    lines: int
    share: float
    plain: bool


def leaning(image: Image, focal: float, matte: Image | None = None) -> Lean:
    """Return how the verticals of a uint8 [H,W,3] picture lean; `focal` as for `perspective`, `matte` [H,W]."""
    height, width = image.shape[:2]
    size = fitted_size(width, height, _LOOK_PX)
    lines = _upright_lines(shrink(image, *size))
    if matte is None:
        return _lean(lines, size, focal, _OF_THE_SCENE)
    around, within = _placed(lines, shrink(matte, *size))
    scene = _lean(lines[around], size, focal, _OF_THE_SCENE)
    if scene.plain or scene.lines >= _OF_THE_SCENE.lines:
        return scene
    whole = _lean(lines[around | within], size, focal, _OF_THE_PRODUCT)
    return whole if whole.plain else scene


def _lean(lines: Lines, size: tuple[int, int], focal: float, need: _Need) -> Lean:
    if len(lines) < need.lines:
        return Lean(0.0, 0.0, len(lines), 0.0, False)
    votes = _Votes(lines, size, focal)
    return votes.lean(*votes.best(), need)


def _upright_lines(image: Image) -> Lines:
    """The longer segments near the vertical, their ends at continuous coordinates."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    if found is None:
        return np.zeros((0, 4))
    lines = found.reshape(-1, 4).astype(np.float64) + 0.5
    across, down = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    long = np.hypot(across, down) >= _LEAST_LENGTH * max(image.shape[:2])
    upright = np.abs(across) <= np.tan(np.radians(_LEANING)) * np.abs(down)
    kept: Lines = lines[long & upright]
    return kept


def _placed(lines: Lines, matte: Image) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lines' middles lie clear of the product, and which clearly inside it; the rest is its outline."""
    band = np.ones((2 * _OUTLINE_PX + 1,) * 2, np.uint8)
    product = np.asarray(matte > 127, np.uint8)
    x, y = (lines[:, :2] + lines[:, 2:]).T / 2
    rows, columns = np.clip(y.astype(int), 0, matte.shape[0] - 1), np.clip(x.astype(int), 0, matte.shape[1] - 1)
    around, within = cv2.dilate(product, band) == 0, cv2.erode(product, band) > 0
    return around[rows, columns], within[rows, columns]


class _Votes:
    """How well the lines of a picture of (width, height) `size` stand upright under a pitch and a roll."""

    def __init__(self, lines: Lines, size: tuple[int, int], focal: float) -> None:
        self._lines = lines
        self._size = size
        self._focal = focal
        self._lengths = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])

    def best(self) -> tuple[float, float]:
        """The pitch and roll that most lines, by length, vote for: a coarse grid, then finer ones around its peak."""
        pitch, roll, tolerance = 0.0, 0.0, 2.5 * _PRECISE
        for reach, step in ((1.0, 1 / 16), (1 / 16, 1 / 96), (1 / 96, 1 / 600)):
            pitches = np.clip(pitch + MOST_PITCH * np.arange(-reach, reach + step / 2, step), -MOST_PITCH, MOST_PITCH)
            rolls = np.clip(roll + MOST_ROLL * np.arange(-reach, reach + step / 2, step), -MOST_ROLL, MOST_ROLL)
            scores = [(self._score(a, b, tolerance), a, b) for a in pitches for b in rolls]
            _, pitch, roll = max(scores)
            tolerance = _PRECISE
        return float(pitch), float(roll)

    def lean(self, pitch: float, roll: float, need: _Need) -> Lean:
        """What the votes for that pitch and roll are worth."""
        agree = self._misses(pitch, roll) < _AGREES
        total = float(self._lengths[agree].sum())
        share = total / float(self._lengths.sum())
        middles = np.sort(self._ends(pitch, roll)[agree][:, [0, 2]].mean(axis=1))
        places = 1 + int((np.diff(middles) > _APART * self._size[0]).sum())
        enough = (
            agree.sum() >= need.lines
            and total >= _LEAST_TOTAL * self._size[1]
            and share >= need.share
            and abs(pitch) < _AT_THE_END * MOST_PITCH
            and abs(roll) < _AT_THE_END * MOST_ROLL
            and places >= _LEAST_PLACES
            and middles.std() >= _LEAST_SPREAD * self._size[0]
        )
        return Lean(pitch, roll, int(agree.sum()), share, bool(enough))

    def _score(self, pitch: float, roll: float, tolerance: float) -> float:
        return float((self._lengths * np.exp(-((self._misses(pitch, roll) / tolerance) ** 2))).sum())

    def _misses(self, pitch: float, roll: float) -> Coordinates:
        """By how many degrees each line would be off the vertical after that turn."""
        ends = self._ends(pitch, roll)
        across, down = np.abs(ends[:, 2] - ends[:, 0]), np.abs(ends[:, 3] - ends[:, 1])
        missed: Coordinates = np.degrees(np.arctan2(across, down))
        return missed

    def _ends(self, pitch: float, roll: float) -> Lines:
        """Where the lines lie after that turn."""
        motion = turned_view(self._size, 0, pitch, roll, self._focal)
        return moved_points(motion, self._lines.reshape(-1, 2)).reshape(-1, 4)
