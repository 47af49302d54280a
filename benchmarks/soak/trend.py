"""Whether a series of samples is flat: its slope by Theil and Sen over the second half, held against a bound.

The slope is the median of the slopes between all pairs of samples (P. K. Sen, J. Am. Stat. Assoc. 63, 1968): up to 29%
of them may be anything, so neither a spike nor a saw's teeth tilt it. The first half is left out, in which caches and
pools fill.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_POINTS = 240
"""Longer series are thinned to medians of this many stretches: pairs grow with the square."""
RELATIVE = 0.05
"""Growth in an hour that still counts as flat, as a part of the median."""

Point = tuple[float, float]
"""Seconds since the start, and the value."""


@dataclass(frozen=True)
class Trend:
    """One series' second half: its median, its growth per hour, and how much of that is allowed."""

    name: str
    median: float
    per_hour: float
    allowed: float
    least: float
    most: float

    @property
    def flat(self) -> bool:
        """Whether it grew no more than is allowed. What shrinks is flat."""
        return self.per_hour <= self.allowed


def judge(name: str, points: Sequence[Point], floor: float) -> Trend:
    """The trend of a series; `floor` is what it may grow by in an hour even where 5% of it is less, in its own unit.

    Raises ValueError for fewer than eight samples: they tell nothing.
    """
    if len(points) < 8:
        raise ValueError(f"{name}: a trend needs 8 samples or more; received {len(points)}")
    late = points[len(points) // 2 :]
    values = [value for _, value in late]
    median = statistics.median(values)
    per_hour = slope(_thinned(late)) * 3600
    return Trend(name, median, per_hour, max(floor, RELATIVE * median), min(values), max(values))


def slope(points: Sequence[Point]) -> float:
    """Theil and Sen's slope, per second. Points of one moment have none."""
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for index, earlier in enumerate(points)
        for later in points[index + 1 :]
        if later[0] > earlier[0]
    ]
    return statistics.median(slopes)


def judge_all(series: Mapping[str, Sequence[Point]], floors: Mapping[str, float]) -> list[Trend]:
    """The trends of all series; a floor goes by the unit, which is a name's last word."""
    return [judge(name, points, floors[name.rsplit(" ", 1)[-1]]) for name, points in series.items()]


def _thinned(points: Sequence[Point]) -> list[Point]:
    many = len(points)
    if many <= MOST_POINTS:
        return list(points)
    stretches = [points[at * many // MOST_POINTS : (at + 1) * many // MOST_POINTS] for at in range(MOST_POINTS)]
    return [_middle(part) for part in stretches]


def _middle(points: Sequence[Point]) -> Point:
    return statistics.median(at for at, _ in points), statistics.median(value for _, value in points)
