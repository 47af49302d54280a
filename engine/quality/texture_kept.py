"""How much of a product's texture is still there: weave, seams and prints, as gradients of its lightness."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.quantiles import percentile

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIGMA = 1.5
"""In px of the frame: coarser than grain and JPEG's blocks, finer than a print."""

_FAINT = 0.5  # L per px: gradients of this size are grain
_QUIET_PERCENT = 10.0
_BLOCK_PX = 8


@dataclass(frozen=True)
class Texture:
    """`kept` 0..1 over the whole core; `lost` [h,w], 0..1, around each place; the sharpness and noise of both."""

    kept: float
    lost: Plane
    sharpness: tuple[float, float]
    noise: tuple[float, float]


def texture_between(before: Plane, after: Plane, core: Mask, patch: int) -> Texture:
    """Compare two sRGB images [h,w,3] in 0..1 of one light within `core`.

    The structure term of SSIM (Wang et al. 2004) on gradients: (2 Σ g·g' + c) / (Σ g² + Σ g'² + c). Unlike a plain
    correlation it is 1 where both are smooth, and falls where one has what the other lacks.
    """
    light = [_lightness(image) for image in (before, after)]
    first, second = (_gradients(cv2.GaussianBlur(plane, (0, 0), SIGMA)) for plane in light)
    weight, places = core.astype(np.float32), np.flatnonzero(core)
    across, *own = (_product(*pair) for pair in ((first, second), (first, first), (second, second)))
    both, each = weight * 2 * across, weight * (own[0] + own[1])
    faint = _FAINT**2
    near = [cv2.blur(plane, (patch, patch)) for plane in (both, each, weight)]
    lost = 1 - (near[0] + faint * near[2]) / np.maximum(near[1] + faint * near[2], 1e-9)
    cross = float(across.take(places).sum())
    norm = float(np.sqrt(own[0].take(places).sum() * own[1].take(places).sum()))
    cover = cv2.blur(weight, (_BLOCK_PX, _BLOCK_PX))
    return Texture(
        kept=round(max(0.0, cross / norm), 3) if norm else 1.0,
        lost=np.asarray(np.clip(lost, 0, 1), np.float32),
        sharpness=(_sharpness(light[0], places), _sharpness(light[1], places)),
        noise=(_noise(light[0], weight, cover), _noise(light[1], weight, cover)),
    )


def _lightness(image: Plane) -> Plane:
    """L of sRGB [h,w,3] in 0..1."""
    return np.ascontiguousarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2Lab)[..., 0])


def _gradients(lightness: Plane) -> tuple[Plane, Plane]:
    """Across and down [h,w], L per px."""
    across, down = (cv2.Sobel(lightness, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _product(first: tuple[Plane, Plane], second: tuple[Plane, Plane]) -> Plane:
    """The products of gradients place by place, [h,w]."""
    product = first[0] * second[0]
    product += first[1] * second[1]
    return product


def _sharpness(lightness: Plane, places: NDArray[np.intp]) -> float:
    """The 95th percentile of the gradient's size, L per px of the frame: how steep seams and prints are."""
    across, down = (plane.take(places) for plane in _gradients(lightness))
    return round(percentile(np.sqrt(across * across + down * down), 95), 2)


def _noise(lightness: Plane, weight: Plane, cover: Plane) -> float:
    """The standard deviation, in L, of the finest detail in the quietest tenth of the core."""
    detail = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 1.0))
    local = cv2.blur(detail * weight, (_BLOCK_PX, _BLOCK_PX)) / np.maximum(cover, 1e-6)
    # Of the core's own cover: within a thin ring the most is covered in its hole, where nothing of it is.
    inside = np.flatnonzero((weight > 0) & (cover >= min(0.5, 0.9 * float((cover * weight).max()))))
    return round(1.2533 * percentile(local.take(inside), _QUIET_PERCENT), 2)  # of a Gaussian's mean
