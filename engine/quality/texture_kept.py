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


def lightness_of(image: Plane) -> Plane:
    """L [h,w], 0..100, of sRGB [h,w,3] in 0..1."""
    return np.ascontiguousarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2Lab)[..., 0])


def texture_between(before: Plane, after: Plane, core: Mask, patch: int) -> Texture:
    """Compare the lightness [h,w] of two images of one light within `core`.

    The structure term of SSIM (Wang et al. 2004) on gradients: (2 Σ g·g' + c) / (Σ g² + Σ g'² + c). Unlike a plain
    correlation it is 1 where both are smooth, and falls where one has what the other lacks.
    """
    weight, places = core.astype(np.float32), np.flatnonzero(core)
    across, first, second = (np.multiply(each, weight, out=each) for each in _products(before, after))
    cross, norm = float(across.sum()), float(np.sqrt(first.sum() * second.sum()))
    lost = _lost(2 * across, np.add(first, second, out=first), weight, patch)
    cover = cv2.blur(weight, (_BLOCK_PX, _BLOCK_PX))
    # Of the core's own cover: within a thin ring the most is covered in its hole, where nothing of it is.
    inside = np.flatnonzero((weight > 0) & (cover >= min(0.5, 0.9 * float((cover * weight).max()))))
    shares = cover.take(inside)
    return Texture(
        kept=round(max(0.0, cross / norm), 3) if norm else 1.0,
        lost=lost,
        sharpness=(_sharpness(before, places), _sharpness(after, places)),
        noise=(_noise(before, weight, inside, shares), _noise(after, weight, inside, shares)),
    )


def _products(before: Plane, after: Plane) -> tuple[Plane, Plane, Plane]:
    """Place by place, [h,w], the products of both's gradients, and of each's with itself."""
    first, second = (_gradients(cv2.GaussianBlur(plane, (0, 0), SIGMA)) for plane in (before, after))
    return _product(first, second), _product(first, first), _product(second, second)


def _lost(both: Plane, each: Plane, weight: Plane, patch: int) -> Plane:
    """The texture lost around each place, of twice the products across and the sum of each's own; [h,w], 0..1."""
    alike, all_of_it, faint = (cv2.blur(plane, (patch, patch)) for plane in (both, each, weight))
    faint *= _FAINT**2
    alike += faint
    all_of_it += faint
    alike /= np.maximum(all_of_it, 1e-9, out=all_of_it)
    return np.asarray(np.clip(1 - alike, 0, 1), np.float32)


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
    return round(percentile(cv2.magnitude(*_gradients(lightness)).take(places), 95), 2)


def _noise(lightness: Plane, weight: Plane, inside: NDArray[np.intp], shares: Plane) -> float:
    """The standard deviation, in L, of the finest detail in the quietest tenth of the places `inside`.

    `shares` [N] says how much of the core lies around each of them.
    """
    detail = cv2.absdiff(lightness, cv2.GaussianBlur(lightness, (0, 0), 1.0))
    local = cv2.blur(cv2.multiply(detail, weight, dst=detail), (_BLOCK_PX, _BLOCK_PX)).take(inside) / shares
    return round(1.2533 * percentile(local, _QUIET_PERCENT), 2)  # of a Gaussian's mean
