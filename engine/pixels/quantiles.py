"""Percentiles and medians of many values, as NumPy's defaults give them, by one partition each.

`np.percentile` and `np.median` ask for several places at once, and to that NumPy (2.4) answers without the processor's
vectors: of 94,000 values in 0.58 ms instead of 0.06.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating[Any]]


def percentile(values: Values, percent: float) -> float:
    """The percentile, 0 to 100, of values [N], none of them NaN, interpolated linearly. ValueError where N is 0."""
    if not len(values):
        raise ValueError("a percentile needs at least one value; received none")
    place = (len(values) - 1) * percent / 100
    below = math.floor(place)
    parted = np.partition(values, below)
    least = float(parted[below])
    if place == below:
        return least
    return least + (float(parted[below + 1 :].min()) - least) * (place - below)


def median(values: Values) -> float:
    """The middle of values [N], or the mean of the middle two; else as `percentile`."""
    return percentile(values, 50.0)


def medians(values: Values) -> Values:
    """The median of each column of values [N,C]: [C], of their type."""
    return np.array([median(column) for column in np.ascontiguousarray(values.T)], values.dtype)
