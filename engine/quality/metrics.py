"""Picture metrics in NumPy and OpenCV: PSNR, SSIM, CIE Lab and ΔE2000. Knows no model and no file."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.srgb import decode_srgb

Image = NDArray[np.uint8]
Floats = NDArray[np.floating]

_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
_SRGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_Y_BT601 = np.array([65.481, 128.553, 24.966])


def psnr(first: Floats | Image, second: Floats | Image, peak: float = 255.0) -> float:
    """Return the peak signal-to-noise ratio in dB over all values of two arrays of one shape; inf when they are equal.

    Raises ValueError when the shapes differ.
    """
    _same_shape(first, second)
    error = float(np.mean(np.square(np.asarray(first, np.float64) - np.asarray(second, np.float64))))
    return float("inf") if error == 0 else float(10 * np.log10(peak * peak / error))


def luma_bt601(image: Image) -> NDArray[np.float64]:
    """Return the BT.601 luma of a uint8 RGB image [H,W,3] as float in 16..235, unrounded, like MATLAB's rgb2ycbcr."""
    weighted: NDArray[np.float64] = image.astype(np.float64) @ (_Y_BT601 / 255.0) + 16.0
    return weighted


def psnr_y(first: Image, second: Image, crop: int = 0) -> float:
    """Return the PSNR in dB of two uint8 RGB images [H,W,3] on their BT.601 luma, without ``crop`` pixels on each side.

    Published super-resolution tables use ``crop`` = the scale factor. Raises ValueError when the shapes differ.
    """
    _same_shape(first, second)
    inside = np.s_[crop : first.shape[0] - crop, crop : first.shape[1] - crop]
    return psnr(luma_bt601(first)[inside], luma_bt601(second)[inside])


def ssim(first: Image, second: Image) -> float:
    """Return the mean structural similarity of two uint8 RGB images [H,W,3] on their BT.601 luma.

    Wang et al. 2004 with an 11×11 Gaussian of sigma 1.5, K1 = 0.01, K2 = 0.03, L = 255, over the windows that lie
    wholly inside the picture. Raises ValueError when the shapes differ or a side is under 11 pixels.
    """
    _same_shape(first, second)
    if min(first.shape[:2]) < 11:
        raise ValueError(f"ssim needs pictures of at least 11 x 11 pixels, got {first.shape[1]} x {first.shape[0]}")
    x, y = luma_bt601(first), luma_bt601(second)
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    var_x, var_y = _window_mean(x * x) - mean_x**2, _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(numerator / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))))


def srgb_to_lab(rgb: Image | Floats) -> NDArray[np.float64]:
    """Turn sRGB [...,3] (uint8, or float in 0..1) into CIE L*a*b* for the white point D65, 2° observer."""
    linear = _decoded_codes()[rgb] if rgb.dtype == np.uint8 else decode_srgb(np.asarray(rgb, np.float64))
    relative = linear @ _SRGB_TO_XYZ.T / _WHITE_D65
    delta = 6.0 / 29.0
    f = np.where(relative > delta**3, np.cbrt(relative), relative / (3 * delta**2) + 4.0 / 29.0)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


@cache
def _decoded_codes() -> NDArray[np.float64]:
    """The linear light of each of the 256 code values."""
    return decode_srgb(np.arange(256) / 255.0)


def delta_e2000(first: Floats, second: Floats) -> Floats:
    """Return the CIEDE2000 colour difference of two Lab arrays [...,3], elementwise, as [...].

    In single precision where both are: three times as fast, and within 1e-4.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005), with kL = kC = kH = 1; the hue rules are
    their equations 7, 10 and 14. Raises ValueError when the shapes differ.
    """
    _same_shape(first, second)
    precision = np.result_type(first, second, np.float32)
    (l1, c1, h1), (l2, c2, h2) = _primed_chroma_and_hue(np.asarray(first, precision), np.asarray(second, precision))
    grey = c1 * c2 == 0
    hue_step = np.where(grey, 0.0, (h2 - h1 + 180.0) % 360.0 - 180.0)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(hue_step) / 2)
    d_light, d_chroma = l2 - l1, c2 - c1
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(grey, h1 + h2, _mean_hue(h1, h2))
    s_light = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_chroma = 1 + 0.045 * mean_c
    s_hue = 1 + 0.015 * mean_c * _hue_weight(mean_h)
    turn = -np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))) * 2 * _blueness(mean_c)
    light, chroma, hue = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    total: Floats = np.sqrt(np.maximum(light**2 + chroma**2 + hue**2 + turn * chroma * hue, 0.0))
    return total


def mean_delta_e2000(first: Image, second: Image, weights: Floats | None = None) -> float:
    """Return the mean ΔE2000 of two uint8 RGB images [H,W,3], weighted by ``weights`` [H,W] if given (a mask).

    Raises ValueError when the shapes differ or the weights are all zero.
    """
    _same_shape(first, second)
    difference = delta_e2000(srgb_to_lab(first), srgb_to_lab(second))
    if weights is None:
        return float(difference.mean())
    if float(np.sum(weights)) <= 0:
        raise ValueError("the weights of a mean colour difference must have a positive sum, got 0")
    return float(np.average(difference, weights=weights))


def _primed_chroma_and_hue(first: Floats, second: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Return (L', C', h' in degrees) of both colours, a* stretched by their common mean chroma (equations 2 to 7)."""
    chroma = (np.hypot(first[..., 1], first[..., 2]) + np.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1.5 - 0.5 * _blueness(chroma)
    primed = []
    for lab in (first, second):
        a, b = lab[..., 1] * stretch, lab[..., 2]
        primed.append((lab[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0))
    return primed[0], primed[1]


def _blueness(chroma: Floats) -> Floats:
    seventh: Floats = chroma**7
    root: Floats = np.sqrt(seventh / (seventh + 25.0**7))
    return root


def _mean_hue(h1: Floats, h2: Floats) -> Floats:
    """Return the mean of two hues in degrees along the shorter arc, in 0..360."""
    total, far = h1 + h2, np.abs(h1 - h2) > 180.0
    mean: Floats = np.where(~far, total, np.where(total < 360.0, total + 360.0, total - 360.0)) / 2
    return mean


def _hue_weight(hue: Floats) -> Floats:
    """Return T of equation 15 for a mean hue in degrees."""
    weight: Floats = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    return weight


def _window_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 11×11 Gaussian mean of [H,W] where the window lies wholly inside: [H-10,W-10]."""
    blurred: NDArray[np.float64] = np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float64)
    return blurred[5:-5, 5:-5]


def _same_shape(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    if first.shape != second.shape:
        raise ValueError(f"metrics compare arrays of one shape, got {first.shape} and {second.shape}")
