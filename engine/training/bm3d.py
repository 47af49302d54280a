"""BM3D for colour pictures, as a baseline: what careful mathematics without learning gives.

After Dabov, Foi, Katkovnik, Egiazarian, "Image Denoising by Sparse 3-D Transform-Domain Collaborative Filtering"
(2007): hard thresholding, then a Wiener filter steered by the first estimate, both on groups found in luma (section V).
Deviations: every group has exactly 16 patches, the search window is 25 pixels wide instead of 39, the Kaiser window and
the biorthogonal wavelet are left out (DCT and Hadamard instead).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.data import Pixels

PATCH_PX = 8
GROUP = 16
STRIDE_PX = 3
REACH_PX = 12
THRESHOLD = 2.7  # of the noise's standard deviation
CHUNK = 2048  # groups at a time
_TO_OPPONENT = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)

Planes = NDArray[np.float32]


def bm3d(image: Pixels, sigma: float) -> Pixels:
    """Denoise a uint8 image [H,W,3] of white noise with standard deviation ``sigma`` in code values."""
    noise = sigma * np.sqrt((_TO_OPPONENT**2).sum(axis=1))
    margin = REACH_PX + PATCH_PX
    padded = np.pad(image.astype(np.float32), ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    seen: Planes = np.ascontiguousarray((padded @ _TO_OPPONENT.T).transpose(2, 0, 1))
    basic = _estimate(seen, seen, noise, wiener=False)
    final = _estimate(seen, basic, noise, wiener=True)[:, margin:-margin, margin:-margin]
    rgb = final.transpose(1, 2, 0) @ np.linalg.inv(_TO_OPPONENT).T
    return np.floor(np.clip(rgb, 0, 255) + 0.5).astype(np.uint8)


def _estimate(seen: Planes, guide: Planes, noise: NDArray[np.floating], *, wiener: bool) -> Planes:
    """One round over all channels [C,H,W]: group by ``guide``'s luma, shrink the groups of ``seen``, put them back."""
    sums, weights = np.zeros(seen.shape), np.zeros(seen.shape)
    height, width = seen.shape[1:]
    inside = (np.arange(PATCH_PX)[:, None] * width + np.arange(PATCH_PX)).ravel()
    for corners in _groups(guide[0]):
        pixels = corners[..., None] + inside  # [M,GROUP,64], flat
        for channel, sigma in enumerate(noise):
            spectrum = _transform(seen[channel].ravel()[pixels])
            gain = _gain(_transform(guide[channel].ravel()[pixels]), float(sigma), wiener=wiener)
            weight = 1.0 / np.maximum((gain**2).sum(axis=(1, 2)), 1.0)
            patches = _restore(spectrum * gain) * weight[:, None, None]
            spread = np.broadcast_to(weight[:, None, None], pixels.shape)
            size = height * width
            sums[channel] += np.bincount(pixels.ravel(), patches.ravel(), size).reshape(height, width)
            weights[channel] += np.bincount(pixels.ravel(), spread.ravel(), size).reshape(height, width)
    return np.where(weights > 0, sums / np.maximum(weights, 1e-12), seen).astype(np.float32)


def _gain(guide: Planes, sigma: float, *, wiener: bool) -> Planes:
    if wiener:
        return guide**2 / (guide**2 + np.float32(sigma**2))
    return (np.abs(guide) > THRESHOLD * sigma).astype(np.float32)


def _groups(luma: Planes) -> Iterator[NDArray[np.int64]]:
    """Yield the flat corners [M,GROUP] of the patches most like each reference patch, the reference among them."""
    height, width = luma.shape
    rows, columns = (_references(side) for side in (height, width))
    offsets = [(y, x) for y in range(-REACH_PX, REACH_PX + 1) for x in range(-REACH_PX, REACH_PX + 1)]
    distances = np.stack([_distances(luma, y, x)[np.ix_(rows, columns)].ravel() for y, x in offsets], axis=1)
    corners = (rows[:, None] * width + columns).ravel()
    steps = np.array([y * width + x for y, x in offsets])
    for start in range(0, len(corners), CHUNK):
        nearest = np.argpartition(distances[start : start + CHUNK], GROUP, axis=1)[:, :GROUP]
        yield corners[start : start + CHUNK, None] + steps[nearest]


def _references(side: int) -> NDArray[np.int64]:
    last = side - REACH_PX - PATCH_PX
    return np.unique(np.append(np.arange(REACH_PX, last, STRIDE_PX), last))


def _distances(luma: Planes, y: int, x: int) -> Planes:
    """Return, by a patch's corner, its squared distance from the patch (y, x) further on."""
    moved = np.roll(luma, (-y, -x), axis=(0, 1))
    squares = (luma - moved) ** 2
    return np.asarray(cv2.boxFilter(squares, -1, (PATCH_PX, PATCH_PX), anchor=(0, 0)), np.float32)


def _transform(groups: Planes) -> Planes:
    """DCT of each patch, Hadamard across each group [M,GROUP,64]; orthonormal."""
    return np.asarray(_HADAMARD @ (groups @ _DCT.T), np.float32)


def _restore(groups: Planes) -> Planes:
    return np.asarray((_HADAMARD.T @ groups) @ _DCT, np.float32)


def _dct_matrix() -> Planes:
    k, n = np.arange(PATCH_PX)[:, None], np.arange(PATCH_PX)
    one = np.cos(np.pi * (n + 0.5) * k / PATCH_PX) * np.sqrt(2 / PATCH_PX)
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


def _hadamard_matrix() -> Planes:
    matrix = np.ones((1, 1))
    while len(matrix) < GROUP:
        matrix = np.kron(matrix, np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    return matrix.astype(np.float32)


_DCT = _dct_matrix()
_HADAMARD = _hadamard_matrix()
