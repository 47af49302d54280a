"""The product's own colours along its edge, where a photo shows a mixture of product and old background.

Blur fusion (Forte, Approximate Fast Foreground Colour Estimation, ICIP 2021): a pixel's photo colour is taken for
I = αF + (1 − α)B, eq. (1); means of the photo around it, weighted by α and by 1 − α, are the first guess of F and of B,
(4) and (5); what the two leave unexplained is given to F in proportion to α, (7). We deviate in three things. There are
three passes of narrow windows instead of 90 and 6 px, since products are printed and striped. The weights are squared,
so that mixed pixels count less. And the means are made at a working size, while (7) is worked out at full size, so that
the photo's own detail stays.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.enlarging import enlarged_rows, strips
from engine.pixels.matte import fitted_size, shrink

_WINDOWS = (24, 66, 180)  # of the long side, a window's radius
_EPSILON = 1e-5
_OPAQUE = 255
_MARGIN_PX = 12
_WORKING_PX = 768
_GROUND_AROUND = 0.15  # of the product's height or width


class Surroundings(NamedTuple):
    """The mean colours of product and background around each pixel, both float32 [h,w,3] in 0..255."""

    product: Floats
    background: Floats


def mean_surroundings(image: Image, matte: Floats) -> Surroundings:
    """Guess both colours around every pixel of a uint8 [h,w,3] image from its matte, float32 [h,w] in 0..1."""
    colors = image.astype(np.float32)
    share = matte[..., None]
    product = background = colors
    for window in _WINDOWS:
        radius = max(1, round(max(matte.shape) / window))
        mean_product = _weighted_mean(product, matte**2, radius)
        mean_background = _weighted_mean(background, (1 - matte) ** 2, radius)
        rest = colors - share * mean_product - (1 - share) * mean_background
        product, background = np.clip(mean_product + share * rest, 0, 255), mean_background
    return Surroundings(mean_product, mean_background)


def clear_colors(image: Image, alpha: Image, around: Surroundings) -> Image:
    """Return the product's colours, uint8 [H,W,3], under uint8 [H,W] `alpha`; `around` may be of a smaller size.

    Opaque pixels keep the image's bytes. Clear ones near the edge take the product's mean colour there, which is what
    a later operation mixes into the edge; the rest is white: nothing of the old background is left in the file.
    """
    side = 2 * _MARGIN_PX + 1
    near = cv2.dilate(np.asarray(alpha > 0, np.uint8), np.ones((side, side), np.uint8)) > 0
    result = np.full_like(image, 255)
    np.copyto(result, image, where=(alpha == _OPAQUE)[..., None])
    for rows in strips(*alpha.shape):
        partly = near[rows] & (alpha[rows] < _OPAQUE)
        if partly.any():
            local = Surroundings(*(enlarged_rows(plane, alpha.shape, rows)[partly] for plane in around))
            result[rows][partly] = _unmixed(image[rows][partly], alpha[rows][partly], local)
    return result


def own_colors(image: Image, alpha: Image) -> Image:
    """Return `clear_colors` of a uint8 [H,W,3] image whose matte, uint8 [H,W], is all that is known of it."""
    rows, columns = (_with_margin(np.flatnonzero((alpha > 0).any(axis=axis)), alpha.shape[1 - axis]) for axis in (1, 0))
    part = image[rows, columns], alpha[rows, columns]
    size = fitted_size(part[1].shape[1], part[1].shape[0], _WORKING_PX)
    matte = shrink(part[1], *size).astype(np.float32) / np.float32(_OPAQUE)
    result = np.full_like(image, 255)
    result[rows, columns] = clear_colors(*part, mean_surroundings(shrink(part[0], *size), matte))
    return result


def _with_margin(taken: NDArray[np.intp], length: int) -> slice:
    """From the first to the last of the rows or columns `taken` of `length`, and ground enough around; all for none."""
    if not len(taken):
        return slice(0, length)
    first, last = int(taken[0]), int(taken[-1]) + 1
    margin = max(_MARGIN_PX, round(_GROUND_AROUND * (last - first)))
    return slice(max(0, first - margin), min(length, last + margin))


def _unmixed(colors: Image, alpha: Image, around: Surroundings) -> Image:
    """Equation (7) for pixels [N,3] of alpha [N]."""
    share = alpha[:, None].astype(np.float32) / _OPAQUE
    rest = colors - share * around.product - (1 - share) * around.background
    return np.asarray(np.clip(np.rint(around.product + share * rest), 0, 255), np.uint8)


def _weighted_mean(colors: Floats, weight: Floats, radius: int) -> Floats:
    total = _blur(colors * weight[..., None], radius)
    return np.asarray(total / (_blur(weight, radius)[..., None] + _EPSILON), np.float32)


def _blur(plane: Floats, radius: int) -> Floats:
    side = 2 * radius + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REPLICATE), np.float32)
