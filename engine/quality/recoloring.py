"""How well a recoloured part came out, measured on the result alone: its colour, and the texture it kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.matte import fitted_size, shrink
from engine.quality.metrics import delta_e2000, srgb_to_lab

MEASURED_PX = 1200
_SURE = 242  # of 255
_FEWEST = 50

Lab = tuple[float, float, float]
Mask = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Reached:
    """A recoloured part beside its target.

    `lab` is what represents it: the median of the lighter half of its pixels, as folds only darken; `delta_e` is that
    one's ΔE2000 to the target, `mean_delta_e` and `p95_delta_e` are over all its pixels, folds and highlights too.
    `texture`, -1 to 1, is the correlation of L*'s gradients before and after; 1 for a part that had none.
    """

    lab: Lab
    delta_e: float
    mean_delta_e: float
    p95_delta_e: float
    texture: float


def reached(before: Image, after: Image, weight: Image, target: Lab) -> Reached:
    """Compare two uint8 [H,W,3] images where `weight`, uint8 [H,W], is all but full.

    Large pictures are measured at 1200 px. Raises ValueError where the part is empty.
    """
    size = fitted_size(weight.shape[1], weight.shape[0], MEASURED_PX)
    part = _inside(shrink(weight, *size))
    lab = [srgb_to_lab(shrink(image, *size)) for image in (before, after)]
    pixels = lab[1][part]
    asked = np.array(target)
    away = delta_e2000(pixels, np.broadcast_to(asked, pixels.shape))
    own = representative(pixels)
    return Reached(
        lab=(float(own[0]), float(own[1]), float(own[2])),
        delta_e=float(delta_e2000(own, asked)),
        mean_delta_e=float(away.mean()),
        p95_delta_e=float(np.percentile(away, 95)),
        texture=_correlation(*(_gradients(each[..., 0], part) for each in lab)),
    )


def representative(pixels: Doubles) -> Doubles:
    """The median, Lab [3], of the lighter half of pixels [n,3]."""
    lit = pixels[pixels[:, 0] >= np.median(pixels[:, 0])]
    return np.asarray(np.median(lit, axis=0))


def _inside(weight: Image) -> Mask:
    """The pixels that are wholly of the part; of a thin part those that mostly are."""
    for least in (_SURE, 128, 1):
        part = np.asarray(weight >= least)
        if part.sum() >= _FEWEST or (least == 1 and part.any()):
            return part
    raise ValueError("nothing was recoloured: the weight is 0 everywhere")


def _gradients(lightness: Doubles, part: Mask) -> Doubles:
    """Central differences of L* [h,w], across and down: [2 n].

    They are taken three pixels inside the part, as a photo's coding mixes what is beyond into its rim; of a thin part
    where all neighbours are of it.
    """
    eroded = [cv2.erode(np.asarray(part, np.uint8), np.ones((side, side), np.uint8), borderValue=0) for side in (7, 3)]
    inner = next((inside for inside in eroded if inside.sum() >= _FEWEST), eroded[-1]) > 0
    padded = np.pad(lightness, 1, mode="edge")
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    return np.concatenate([across[inner], down[inner]])


def _correlation(first: Doubles, second: Doubles) -> float:
    if len(first) < 2 or first.std() == 0:
        return 1.0
    return float(np.corrcoef(first, second)[0, 1]) if second.std() > 0 else 0.0
