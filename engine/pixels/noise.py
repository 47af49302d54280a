"""How much noise a whole picture has: what its quietest places show, since noise is everywhere and texture is not.

A network that restores sees a few dozen pixels at a time, where the grains that JPEG makes of noise look like cloth.
Told the picture's own level beside them, it need not guess (a noise map, as in FFDNet: Zhang, Zuo, Zhang 2018). Sensors
are noisier in the dark or in the light, so the level is one of four, by brightness.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.blocks import block_means, block_strips

QUIET_PERCENT = 10.0
SMOOTHING_PX = 2.0  # sigma; what is coarser is taken for light and shade
DARKEST, BRIGHTEST = 12.0, 243.0  # a block's mean outside of these is clipped: what noise it had is gone
TONES = (40, 90, 140, 190)  # the middles of bands of brightness, in code values
BAND = 40  # half of a band's width: neighbours overlap
FEWEST = 12  # blocks that a band needs to be believed alone
LEVELS_PER_CODE_VALUE = 8
_REACH_PX = 8  # of the smoothing
_TONE_PX = 7  # side of the window whose mean is a pixel's brightness
_OF_MEAN_DEVIATION = 1.2533  # a Gaussian's standard deviation is so many times its mean absolute one

Blocks = NDArray[np.float64]
"""One row [brightness, mean size of the finest detail] for each block, in code values."""


def noise_levels(picture: Image) -> NDArray[np.float64]:
    """Return the standard deviation of luma's noise in code values at each of `TONES`, for uint8 [H,W,3].

    The 10th percentile over blocks of 16 × 16 pixels of about that brightness, mixed with that over all blocks where
    there are few. Clipped blocks do not count; a picture smaller than a block is one block.
    """
    blocks = np.concatenate([_blocks(picture, rows) for rows in block_strips(picture)])
    exposed = blocks[(blocks[:, 0] > DARKEST) & (blocks[:, 0] < BRIGHTEST)]
    seen = exposed if len(exposed) else blocks
    overall = np.percentile(seen[:, 1], QUIET_PERCENT)
    levels = [_level(seen[np.abs(seen[:, 0] - tone) < BAND, 1], overall) for tone in TONES]
    return np.array(levels) * _OF_MEAN_DEVIATION


def with_noise_level(picture: Image, levels: NDArray[np.float64] | None = None) -> Image:
    """Return uint8 [H,W,4]: the picture, and the noise level at each pixel's brightness in eighths of a code value.

    `levels`: the picture's `noise_levels`, where they are known already.
    """
    known = noise_levels(picture) if levels is None else levels
    table = np.interp(np.arange(256), TONES, known) * LEVELS_PER_CODE_VALUE
    codes = np.minimum(np.rint(table), 255).astype(np.uint8)
    brightness = cv2.blur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (_TONE_PX, _TONE_PX))
    return np.asarray(cv2.merge([*cv2.split(picture), cv2.LUT(brightness, codes)]), np.uint8)


def _level(details: NDArray[np.float64], overall: float) -> float:
    """The quiet level of a band's blocks, drawn to that of all where they are few."""
    if not len(details):
        return float(overall)
    believed = min(1.0, len(details) / FEWEST)
    return float(believed * np.percentile(details, QUIET_PERCENT) + (1 - believed) * overall)


def _blocks(picture: Image, rows: slice) -> Blocks:
    top = max(0, rows.start - _REACH_PX)
    seen = picture[top : rows.stop + _REACH_PX]
    luma = cv2.cvtColor(seen.astype(np.float32), cv2.COLOR_RGB2GRAY)
    detail = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), SMOOTHING_PX))
    inside = slice(rows.start - top, rows.stop - top)
    return np.stack([block_means(luma[inside]), block_means(detail[inside])], axis=1)
