"""From a small frame's matte to the alpha of a full-size photo. Knows no network: it is told what the networks said.

The frame's matte is tidied, enlarged to a working size and, where it is in doubt, replaced by what the edges' network
says; a photo larger than the working size is then met by a colour guided filter (He, Sun, Tang: Guided Image
Filtering, TPAMI 2013) whose coefficients are made at the working size and applied at the full one (He, Sun: Fast
Guided Filter, 2015).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.enlarging import enlarged_rows, strips

WORKING_PX = 1600
ENLARGEMENT = 4

_SURE = 0.97
_CLEAR = 0.03
_BAND_PX = 2.5  # how far, in the frame's pixels, an edge may lie from where the frame saw it
_SIGHT_PX = 32
_GUIDED_RADIUS_PX = 3
_GUIDED_EPSILON = 1e-4


def working_size(width: int, height: int, frame_px: int) -> tuple[int, int]:
    """The (width, height) at which edges are drawn: the photo's own, or less where the frame tells no more of it."""
    return fitted_size(width, height, min(WORKING_PX, ENLARGEMENT * frame_px))


def fitted_size(width: int, height: int, longest_px: int) -> tuple[int, int]:
    """The (width, height) of a photo that is shrunk, if need be, until no side is longer than that."""
    scale = min(1.0, longest_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: Image, width: int, height: int) -> Image:
    """Return the image averaged over areas; the same array where it has that size."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def enlarge(matte: Floats, width: int, height: int) -> Floats:
    """Return a frame's matte stretched to a size, bilinear, in 0..1."""
    stretched = cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(stretched, np.float32), 0, 1)


def doubtful_band(coarse: Floats, frame_px: int) -> NDArray[np.bool_]:
    """Where an enlarged matte leaves the edge open: its uncertain pixels, and those nearby."""
    unsure = np.asarray((coarse > _CLEAR) & (coarse < _SURE), np.uint8)
    reach = max(1, round(_BAND_PX * max(coarse.shape) / frame_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(unsure, disc) > 0)


def around(band: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The (rows, columns) that hold the whole band, which is not empty, and what an edge's network sees beside it."""
    spans = []
    for axis in (1, 0):
        taken = np.flatnonzero(band.any(axis=axis))
        spans.append(slice(max(0, int(taken[0]) - _SIGHT_PX), int(taken[-1]) + 1 + _SIGHT_PX))
    return spans[0], spans[1]


def settle(coarse: Floats, fine: Floats, band: NDArray[np.bool_]) -> Floats:
    """Join both mattes, [h,w] in 0..1: `fine` within the band, beyond it 0 or 1 as `coarse` says.

    Within it, too, what is all but clear or all but opaque becomes so: else a grey veil would lie over the picture.
    """
    snapped = np.clip((fine - _CLEAR) / (_SURE - _CLEAR), 0, 1)
    return np.where(band, snapped, coarse > 0.5).astype(np.float32)


def full_alpha(image: Image, small: Image, matte: Floats) -> Image:
    """Return the alpha of `image`, uint8 [H,W], from the matte [h,w] in 0..1 of `small`, the same photo shrunk."""
    size = image.shape[:2]
    if matte.shape == size:
        return np.asarray(np.rint(matte * 255), np.uint8)
    slopes, offset = _guided_coefficients(small, matte)
    lowest, highest = _neighbourhood(matte)
    alpha = np.empty(size, np.uint8)
    for rows in strips(*size):
        low, high = (enlarged_rows(bound, size, rows) for bound in (lowest, highest))
        if np.array_equal(low, high):
            alpha[rows] = np.rint(low * 255)
            continue
        guide = image[rows].astype(np.float32) / np.float32(255)
        guided = enlarged_rows(offset, size, rows) + (enlarged_rows(slopes, size, rows) * guide).sum(axis=2)
        alpha[rows] = np.rint(np.clip(_stretched(guided), low, high) * 255)
    return alpha


def _stretched(guided: Floats) -> Floats:
    """Averaging over windows keeps the ends a little short of 0 and 1."""
    return np.asarray((guided - 0.05) / 0.9, np.float32)


def _neighbourhood(matte: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest value about each pixel: between them lies what the full size may say."""
    window = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.erode(matte, window), np.float32), np.asarray(cv2.dilate(matte, window), np.float32)


def _guided_coefficients(guide: Image, matte: Floats) -> tuple[Floats, Floats]:
    """The fits of the guided filter, (14) to (16), averaged: slopes [h,w,3] and offset [h,w], for a guide in 0..1."""
    colors = guide.astype(np.float32) / np.float32(255)
    mean, mean_matte = _box(colors), _box(matte)
    covariance = _box(colors * matte[..., None]) - mean * mean_matte[..., None]
    slopes = _solve(_color_moments(colors, mean), covariance)
    offset = mean_matte - (slopes * mean).sum(axis=2)
    return _box(slopes), _box(np.asarray(offset, np.float32))


def _color_moments(colors: Floats, mean: Floats) -> dict[tuple[int, int], Floats]:
    """The six different entries of every window's covariance matrix, epsilon on the diagonal."""
    entries = {}
    for one in range(3):
        for other in range(one, 3):
            moment = _box(colors[..., one] * colors[..., other]) - mean[..., one] * mean[..., other]
            entries[one, other] = moment + np.float32(_GUIDED_EPSILON * (one == other))
    return entries


def _solve(matrix: dict[tuple[int, int], Floats], right: Floats) -> Floats:
    """Solve the symmetric 3×3 system of every pixel by its adjugate: a tenth of np.linalg.solve's time."""
    a, b, c = matrix[0, 0], matrix[0, 1], matrix[0, 2]
    d, e, f = matrix[1, 1], matrix[1, 2], matrix[2, 2]
    adjugate = ((d * f - e * e, c * e - b * f, b * e - c * d), (a * f - c * c, b * c - a * e), (a * d - b * b,))
    (aa, ab, ac), (bb, bc), (cc,) = adjugate
    determinant = a * aa + b * ab + c * ac
    x, y, z = right[..., 0], right[..., 1], right[..., 2]
    solved = np.stack([aa * x + ab * y + ac * z, ab * x + bb * y + bc * z, ac * x + bc * y + cc * z], axis=2)
    return np.asarray(solved / determinant[..., None], np.float32)


def _box(plane: Floats) -> Floats:
    side = 2 * _GUIDED_RADIUS_PX + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT_101), np.float32)
