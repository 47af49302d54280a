"""The part of a picture that is recoloured: how much of each pixel it is, its own colours there, and what light it has.

It is looked for in a picture made small; what is made of it is applied at full size by `recoloring`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.images import Floats, Image
from engine.pixels import matte as mattes
from engine.pixels.foreground import Surroundings, mean_surroundings
from engine.pixels.geometry import Box
from engine.pixels.lab import lab_of_codes, lab_of_image
from engine.pixels.recoloring_body import Body
from engine.pixels.recoloring_membership import Mask, Product, membership
from engine.pixels.recoloring_picks import PartNotFoundError, Pick

WORKING_PX = 1200

_SURE = 242  # of 255
_RIM_PX = 2
_CLEAR_MARGIN_PX = 12  # `foreground.clear_colors` continues the product so far
_LIGHT_RADIUS = 90  # of the long side
_LIGHT_EDGE = 3.0  # L*
_NOTHING = np.float32(1e-3)


@dataclass(frozen=True)
class Part:
    """What is recoloured of a picture: `weight` uint8 [H,W], and maps [h,w] of its small copy.

    `light` is L* without its fine detail; `around` are the colours of part and rest about each pixel; `clean` is 1
    where a colour is the cloth's own, 0 at the rim, where a photo's coding mixes in the ground's. `share` is how much
    of the product the part is.
    """

    weight: Image
    body: Body
    light: Floats
    around: Surroundings
    clean: Floats
    share: float


def find_part(image: Image, matte: Image, pick: Pick, alpha: Image | None = None) -> Part:
    """Return the part of a product that `pick` means.

    `image` uint8 [H,W,3]; `matte` and `alpha` uint8 [H,W]: where the product is, and what of the picture is not
    transparent. Raises PartNotFoundError.
    """
    share = _share_of_color(matte, alpha)
    product = _shrunk(image, share)
    small = product.inner.shape
    body, member = membership(product, pick.scaled(image.shape[1] / small[1], image.shape[0] / small[0]))
    if pick.box is not None:
        share = _within(share, pick.box)
    weight = np.asarray(cv2.multiply(mattes.full_alpha(image, product.image, member), share, scale=1 / 255), np.uint8)
    if not weight.any():
        raise PartNotFoundError("", "nothing of the product has the colour that would be changed")
    part = _shares(cv2.multiply(_codes(member), mattes.shrink(share, small[1], small[0]), scale=1 / 255))
    around = mean_surroundings(product.image, part)
    clean = _clean(product.inner)
    lightness = lab_of_codes(unmixed(product.image.astype(np.float32), part, around))[..., 0]
    light = _light(_from_inside(lightness, np.where(product.inner, part, 0), clean), part)
    whole = float(np.minimum(weight, matte).sum(dtype=np.float64)) / max(1.0, float(matte.sum(dtype=np.float64)))
    return Part(weight, body, light, around, clean, whole)


def unmixed(codes: Floats, weight: Floats, around: Surroundings) -> Floats:
    """The part's own colour in pixels [h,w,3] that it has `weight` [h,w] of, as `foreground` unmixes an edge's."""
    share = weight[..., None]
    rest = codes - share * around.product - (1 - share) * around.background
    own = np.clip(around.product + share * rest, 0, 255)
    return np.where(share >= 1, codes, own).astype(np.float32)


def _share_of_color(matte: Image, alpha: Image | None) -> Image:
    """How much of each pixel's colour is the product's, uint8: of a cutout all of it, but where a shadow shows."""
    if alpha is None:
        return matte
    share = np.asarray(cv2.divide(matte, alpha, scale=255), np.uint8)  # rounded, 255 at most, and 0 by 0 is 0
    side = 2 * _CLEAR_MARGIN_PX + 1
    near = cv2.dilate(np.asarray(matte > 0, np.uint8), np.ones((side, side), np.uint8)) > 0
    share[near & (alpha == 0)] = 255
    return share


def _shrunk(image: Image, share: Image) -> Product:
    size = mattes.fitted_size(image.shape[1], image.shape[0], WORKING_PX)
    small, part = mattes.shrink(image, *size), mattes.shrink(share, *size)
    solid = np.asarray(part >= _SURE, np.uint8)
    window = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)
    eroded = cv2.erode(solid, window, borderValue=1)
    for inner in (eroded > 0, solid > 0, part > 0):
        if inner.any():
            return Product(small, _shares(part), np.asarray(inner), lab_of_image(small))
    raise PartNotFoundError("", "the picture shows no product")


def _from_inside(lightness: Floats, inside: Floats, clean: Floats) -> Floats:
    """L* with the rim's as it is a little further in: unmixed, it is still brighter or darker by some of the ground."""
    side = (4 * _RIM_PX + 3, 4 * _RIM_PX + 3)
    total = cv2.blur(inside, side)
    known = cv2.blur(lightness * inside, side) / np.maximum(total, _NOTHING)
    return np.where(total > 0.01, clean * lightness + (1 - clean) * known, lightness).astype(np.float32)


def _light(lightness: Floats, part: Floats) -> Floats:
    """L* without its fine detail, edges kept: the guided filter of L* by itself, over the part's pixels alone.

    He, Sun, Tang: Guided Image Filtering, TPAMI 2013, equations (5), (6) and (8), with means weighted by the part.
    """
    radius = max(2, round(max(part.shape) / _LIGHT_RADIUS))
    side = (2 * radius + 1, 2 * radius + 1)
    weight = np.maximum(part, _NOTHING)
    total = cv2.blur(weight, side)

    def mean(plane: Floats) -> Floats:
        return np.asarray(cv2.blur(plane * weight, side) / total, np.float32)

    middle = mean(lightness)
    variance = np.maximum(mean(lightness * lightness) - middle * middle, 0)
    slope = np.asarray(variance / (variance + _LIGHT_EDGE**2), np.float32)
    return np.asarray(mean(slope) * lightness + mean(middle * (1 - slope)), np.float32)


def _clean(inner: Mask) -> Floats:
    side = (2 * _RIM_PX + 1, 2 * _RIM_PX + 1)
    return np.asarray(cv2.blur(inner.astype(np.float32), side), np.float32)


def _within(share: Image, box: Box) -> Image:
    kept = np.zeros_like(share)
    place = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    kept[place] = share[place]
    return kept


def _shares(codes: Image | cv2.typing.MatLike) -> Floats:
    return np.asarray(codes, np.float32) / np.float32(255)


def _codes(shares: Floats) -> Image:
    return np.asarray(np.rint(shares * 255), np.uint8)
