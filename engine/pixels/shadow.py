"""The product's own contact shadow, taken from the photo as a soft dark layer. Knows no network and no new background.

The ground's brightness where the product and its shadow lie is a smooth surface (a quadric) fitted to the ground
around them; the shadow is what is darker than that, near the product, of the ground's own hue, and touching the
product. Where the ground is so uneven that a shadow cannot be told from its pattern, there is none.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.enlarging import enlarged_rows, strips

SIDE_PX = 320
"""A shadow is soft: it is looked for in a picture of this long side."""

_REACH = 0.28  # of the product's size: how far its shadow goes
_DROP = 0.06  # how much further down than up
_GAP = 0.05  # on even ground, light between product and shadow: a shoe's raised toe
_LEAST_GROUND = 0.04  # of the picture
_TRACE = 0.02
_SEAM_PX = 9
_FAINTEST, _DARKEST = 0.03, 0.65
_EVEN, _UNEVEN = 0.05, 0.12  # the ground's unevenness up to which shadows are trusted, and from which they are not
_FITS, _EVERY = 6, 7

Mask = NDArray[np.bool_]


def contact_shadow(image: Image, matte: Floats) -> Floats:
    """Return the shadow's opacity, float32 [h,w] in 0..1, for a uint8 [h,w,3] image and its product's matte [h,w].

    Composed as black of this opacity under the product. [h,w] may be of any size; the work is done at SIDE_PX.
    """
    height, width = matte.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
    product = np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_AREA), np.float32)
    found = _find(np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32), product)
    return np.clip(np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC), np.float32), 0, 1)


def lay_under(colors: Image, alpha: Image, shadow: Floats) -> tuple[Image, Image]:
    """Put a black layer of opacity `shadow` under a cutout of [H,W]; returns the joint (colours, alpha), uint8.

    `shadow` [h,w] may be of a smaller size. Pixels without shadow keep their bytes.
    """
    joint_colors, joint_alpha = colors.copy(), alpha.copy()
    for rows in strips(*alpha.shape):
        dark = enlarged_rows(shadow, alpha.shape, rows)
        shaded = dark > 0
        product, under = alpha[rows][shaded].astype(np.float32) / np.float32(255), dark[shaded]
        joint = product + (1 - product) * under
        share = np.divide(product, joint, out=np.ones_like(product), where=joint > 0)
        joint_alpha[rows][shaded] = np.rint(joint * 255)
        joint_colors[rows][shaded] = np.rint(colors[rows][shaded] * share[:, None])
    return joint_colors, joint_alpha


def _find(image: Floats, product: Floats) -> Floats:
    nothing = np.zeros(product.shape, np.float32)
    body = np.asarray(product > 0.5)
    if not body.any():
        return nothing
    luma = np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    distance = _distance(body)
    touched = np.asarray(cv2.dilate(product, np.ones((5, 5), np.uint8)) > _TRACE)
    far = ~touched & (distance > _REACH)
    if far.mean() < _LEAST_GROUND:
        return nothing
    ground, unevenness = _fit_ground(luma, far)
    trust = float(np.clip((_UNEVEN - unevenness) / (_UNEVEN - _EVEN), 0, 1))
    dark = 1 - luma / np.maximum(ground, 1)
    dark = (dark - 2 * unevenness - _FAINTEST) / (1 - _FAINTEST) * _of_grounds_hue(image, luma, far)
    zone = _zone(distance, _REACH * (0.4 + 0.6 * trust))
    dark = _broad(np.clip(dark, 0, _DARKEST) * zone, touched) * ~touched
    dark = dark * _reaching(dark > _TRACE, distance < (_GAP * trust if trust == 1 else 0) + 3 / max(product.shape))
    return _soft(np.asarray(dark, np.float32), touched) * zone * np.float32(trust)


def _distance(body: Mask) -> Floats:
    """How far each pixel lies from the product, in product's sizes; what lies below counts for nearer."""
    rows, columns = np.nonzero(body)
    extent = float(max(np.ptp(rows), np.ptp(columns)) + 1)
    drop = min(round(_DROP * extent), len(body) - 1)
    lower = np.zeros_like(body)
    lower[drop:] = body[: len(body) - drop]
    away = cv2.distanceTransform(np.asarray(~(body | lower), np.uint8), cv2.DIST_L2, 5)
    return np.asarray(away, np.float32) / np.float32(extent)


def _zone(distance: Floats, reach: float) -> Floats:
    """1 at the product, falling smoothly to 0 over the outer two thirds of the reach."""
    linear = np.clip(1.5 * (1 - distance / reach), 0, 1)
    return np.asarray(linear * linear * (3 - 2 * linear), np.float32)


def _fit_ground(luma: Floats, far: Mask) -> tuple[Floats, float]:
    """Fit the quadric to the ground's pixels, outliers left out step by step; also how uneven the rest is, relative."""
    height, width = luma.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    known, values = terms[far][::_EVERY], luma[far][::_EVERY].astype(np.float64)
    kept = np.ones(len(values), bool)
    for _ in range(_FITS):
        weights = np.linalg.solve(known[kept].T @ known[kept] + 1e-6 * np.eye(6), known[kept].T @ values[kept])
        rest = values - known @ weights
        spread = 1.4826 * float(np.median(np.abs(rest[kept] - np.median(rest[kept])))) + 1.0
        kept = np.abs(rest) < 2.5 * spread
    level = max(1.0, float(np.median(values)))
    unevenness = float(np.sqrt(np.mean(np.clip(rest / level, -0.5, 0.5) ** 2)))
    return np.asarray(np.clip(terms @ weights, values.min(), values.max()), np.float32), unevenness


def _of_grounds_hue(image: Floats, luma: Floats, far: Mask) -> Floats:
    """1 where a pixel is a darker version of the ground, falling to 0 for other colours."""
    relative = image / np.maximum(luma, 8)[..., None]
    away = np.abs(relative - np.median(relative[far], axis=0)).max(axis=2)
    return np.asarray(np.clip((0.3 - away) / 0.2, 0, 1), np.float32)


def _broad(dark: NDArray[np.floating], touched: Mask) -> Floats:
    """Without thin dark lines, such as a floor's seams, that run up to the product."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_SEAM_PX, _SEAM_PX))
    joined = np.where(touched, np.float32(1), dark).astype(np.float32)
    return np.asarray(np.minimum(dark, cv2.morphologyEx(joined, cv2.MORPH_OPEN, disc)), np.float32)


def _reaching(dark: Mask, near: Mask) -> Mask:
    """The dark patches that come near the product."""
    _, labels = cv2.connectedComponents(np.asarray(dark, np.uint8), connectivity=8)
    reaching = np.unique(labels[near & dark])
    return np.asarray(np.isin(labels, reaching[reaching > 0]))


def _soft(dark: Floats, touched: Mask) -> Floats:
    """Smooth the shadow, and carry it on under the product's edge, where the photo does not show it."""
    known = np.asarray(~touched, np.float32)
    spread = cv2.GaussianBlur(dark, (0, 0), 3.0) / (cv2.GaussianBlur(known, (0, 0), 3.0) + np.float32(0.02))
    carried = np.where(touched, spread, dark)
    return np.asarray(cv2.GaussianBlur(carried.astype(np.float32), (0, 0), 1.5), np.float32)
