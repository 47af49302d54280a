"""What quantising and learning to be quantised share: how much of the values a range holds, and what it is."""

from __future__ import annotations

KEPT_PERCENT = 99.99
"""Of the values that calibration saw, to either side: what lies beyond is clipped, for finer steps in the rest."""
CALIBRATION_PHOTOS = 64
CALIBRATION_SEED = 1

Ends = tuple[tuple[float, int], tuple[float, int]]
"""The scale and the zero point of what a convolution is given and of what it answers, after its ReLU if it has one."""
