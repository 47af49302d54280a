"""How strongly a picture wants restoring: what noise and JPEG blocks it shows as a whole. Knows no network.

A network that restores blindly sees a few dozen pixels at a time, and takes weave for noise where it sees nothing else.
The whole picture knows better: noise is everywhere, texture is not; and JPEG's blocks stand in a grid. So the residual
(what the network would change) is measured in the blocks where it is smallest, and the steps between neighbouring
pixels in each of the grid's eight phases.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.blocks import STRIP_PX, block_means, block_strips
from engine.pixels.strips import row_strips

GRID_PX = 8
QUIET_PERCENT = 25.0
DARKEST, BRIGHTEST = 8.0, 247.0  # a block's mean outside of these is clipped: what noise it had is gone
MOST_STEP = 4.0  # of 255; a larger step is an edge of the picture, not of a block
STEPS_OF_STRENGTH = 20
# (nothing to remove, all to be removed), in code values; chosen on training and validation photos
NOISE = (2.2, 3.2)
NOISE_OF_ANY_TONE = (1.5, 3.0)  # what the least noisy tone must have of `noise_levels`: noise is in all
COLOUR_NOISE = (1.0, 1.8)
BLOCKINESS = (0.36, 0.6)
NOISE_AMID_BLOCKS = (0.3, 1.0)  # JPEG has taken noise out where it is measured
FOR_BLOCKS_ALONE = 0.5

_MEAN = np.full((1, 3), 1 / 3, np.float32)

Plane = NDArray[np.float32]


def restoring_strength(picture: Image, restored: Image, levels: NDArray[np.float64]) -> float:
    """Return how strongly `restored` should replace `picture`, both uint8 [H,W,3] of one shape: 0..1 in twentieths.

    `levels` are the picture's `noise_levels`. 0 says that the picture is clean. JPEG's blocks without noise ask for a
    part only: at full strength the weave of cloth goes with them. Depends on nothing else. Raises ValueError when the
    shapes differ.
    """
    if picture.shape != restored.shape:
        raise ValueError(f"restoring needs one shape; received {list(picture.shape)} and {list(restored.shape)}")
    luma, colour = quiet_residual(picture, restored)
    amid_blocks = FOR_BLOCKS_ALONE + (1 - FOR_BLOCKS_ALONE) * _ramp(luma, *NOISE_AMID_BLOCKS)
    blocks = _ramp(blockiness(picture), *BLOCKINESS) * amid_blocks
    noise = _ramp(luma, *NOISE) * _ramp(float(levels.min()), *NOISE_OF_ANY_TONE)
    strength = max(noise, _ramp(colour, *COLOUR_NOISE), blocks)
    return round(strength * STEPS_OF_STRENGTH) / STEPS_OF_STRENGTH


def quiet_residual(picture: Image, restored: Image) -> tuple[float, float]:
    """Return the root mean square of luma's and of colour's residual in code values, in the quiet blocks.

    That is the 25th percentile over blocks of 16 × 16 pixels that are not clipped. A picture smaller than a block is
    one block.
    """
    blocks = np.concatenate([_block_means(picture[rows], restored[rows]) for rows in block_strips(picture)])
    brightness = blocks[:, 0]
    exposed = blocks[(brightness > DARKEST) & (brightness < BRIGHTEST)]
    seen = exposed if len(exposed) else blocks
    luma, colour = np.sqrt(np.percentile(seen[:, 1:], QUIET_PERCENT, axis=0))
    return float(luma), float(colour)


def blockiness(picture: Image) -> float:
    """Return how much higher steps are across the block grid than elsewhere, in code values, at the grid's best phase.

    The grid may begin anywhere: the picture may have been cropped. What was resized since shows none.
    """
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return (_steps_across(luma) + _steps_across(np.ascontiguousarray(luma.T))) / 2


def _block_means(picture: Image, restored: Image) -> NDArray[np.float64]:
    """Return, for each whole block of a strip, brightness and the mean squares of the residual's luma and colour."""
    residual = cv2.subtract(restored, picture, dtype=cv2.CV_32F)
    luma = cv2.cvtColor(residual, cv2.COLOR_RGB2GRAY)
    colour = _mean((residual - luma[..., None]) ** 2)
    planes = (_mean(picture.astype(np.float32)), luma**2, colour)
    return np.stack([block_means(plane) for plane in planes], axis=1)


def _steps_across(luma: NDArray[np.uint8]) -> float:
    """Return by how much the grid's columns stand out: the highest phase's mean step over the middle one's."""
    height, width = luma.shape
    whole = (width - 3) // GRID_PX * GRID_PX
    if whole <= 0:
        return 0.0
    totals = np.zeros(GRID_PX)
    for rows in row_strips(height, width, STRIP_PX):
        step = np.abs(np.diff(luma[rows].astype(np.float32), axis=1))
        excess = np.clip(step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2, -MOST_STEP, MOST_STEP)
        totals += excess[:, :whole].reshape(-1, GRID_PX).sum(axis=0, dtype=np.float64)
    phases = totals / (height * whole / GRID_PX)
    return float(phases.max() - np.median(phases))


def _mean(values: NDArray[np.float32]) -> Plane:
    """Over the channels; a third of the time of NumPy's."""
    return np.asarray(cv2.transform(values, _MEAN), np.float32)


def _ramp(value: float, nothing: float, everything: float) -> float:
    return min(1.0, max(0.0, (value - nothing) / (everything - nothing)))
