"""Picture metrics in NumPy and OpenCV: PSNR, SSIM, CIE Lab and ΔE2000. Knows no model and no file."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
_TINY = 1e-30
_BLOCK = 16_384  # colours at a time: what is computed between stays in the processor's cache
_COS, _SIN = ({angle: turn(math.radians(angle)) for angle in (6, 30, 63, 275)} for turn in (math.cos, math.sin))
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

    In single precision where both are: four times as fast, and within 0.02 % where hues are nearly opposite, else 1e-4.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005), with kL = kC = kH = 1; the hue rules are
    their equations 7, 10 and 14. Raises ValueError when the shapes differ.
    """
    difference = np.empty(_counted(first, second), np.result_type(first, second, np.float32))
    for part, light, color in _by_blocks(first, second):
        difference[part] = np.sqrt(light * light + color)
    return difference.reshape(np.shape(first)[:-1])


def delta_e2000_parts(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the ΔE2000 if both colours had the same hue and chroma, and that if they were equally light; as [...].

    The squares of both sum up to its square: what the formula makes of hue and chroma, no lightness changes. Otherwise
    as `delta_e2000`.
    """
    kind = np.result_type(first, second, np.float32)
    lightness, colors = (np.empty(_counted(first, second), kind) for _ in range(2))
    for part, light, color in _by_blocks(first, second):
        np.abs(light, out=lightness[part])
        np.sqrt(color, out=colors[part])
    shape = np.shape(first)[:-1]
    return lightness.reshape(shape), colors.reshape(shape)


def _counted(first: Floats, second: Floats) -> int:
    """How many colours either has."""
    _same_shape(first, second)
    return first.size // 3


def _by_blocks(first: Floats, second: Floats) -> Iterator[tuple[slice, Floats, Floats]]:
    """Of every block of colours its place, and its difference in lightness, signed, and in colour, squared."""
    kind = np.result_type(first, second, np.float32)
    colors = [np.asarray(lab, kind).reshape(-1, 3) for lab in (first, second)]
    for begin in range(0, len(colors[0]), _BLOCK):
        part = np.s_[begin : begin + _BLOCK]
        yield part, *_light_and_color(*(np.ascontiguousarray(lab[part].T) for lab in colors))


def _light_and_color(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The same of planes [3,N].

    How far the mean hue is from blue is counted along the shorter arc, which the formula does not: there its term is
    under 1e-5.
    """
    (l1, a1, b1, c1), (l2, a2, b2, c2) = _primed(first, second)
    both, along, across = c1 * c2, a1 * a2 + b1 * b2, a1 * b2 - b1 * a2
    # 2 √(C'1 C'2) sin(Δh'/2), in the form that loses no digits on its side of a right angle
    d_hue = across / np.sqrt(np.maximum((both + along) / 2, _TINY))
    if (along < 0).any():
        d_hue = np.where(along >= 0, d_hue, np.copysign(np.sqrt(np.maximum(2 * (both - along), 0.0)), across))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    cos, sin = _mean_hue((a1, b1, c1), (a2, b2, c2))
    lightness = (mean_l - 50) ** 2
    light = (l2 - l1) / (1 + 0.015 * lightness / np.sqrt(20 + lightness))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = d_hue / (1 + 0.015 * mean_c * _hue_weight(cos, sin))
    from_blue = np.arctan2(sin * _COS[275] - cos * _SIN[275], cos * _COS[275] + sin * _SIN[275]) / math.radians(25)
    turn = np.sin(math.radians(60) * np.exp(-(from_blue * from_blue))) * -2 * _blueness(mean_c)
    color: Floats = np.maximum(chroma * chroma + hue * hue + turn * chroma * hue, 0.0)
    return light, color


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


def _primed(first: Floats, second: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Return (L', a', b', C') of both colours, a* stretched by their common mean chroma (equations 2 to 6)."""
    stretch = 1.5 - 0.5 * _blueness((_length(*first[1:]) + _length(*second[1:])) / 2)
    primed = [(lightness, a * stretch, b, _length(a * stretch, b)) for lightness, a, b in (first, second)]
    return primed[0], primed[1]


def _length(x: Floats, y: Floats) -> Floats:
    """√(x² + y²): four times as fast as `np.hypot`, which minds numbers that no colour has."""
    length: Floats = np.sqrt(x * x + y * y)
    return length


def _blueness(chroma: Floats) -> Floats:
    square = chroma * chroma
    seventh: Floats = square * square * square * chroma
    root: Floats = np.sqrt(seventh / (seventh + 25.0**7))
    return root


def _mean_hue(first: tuple[Floats, ...], second: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Return cosine and sine of the mean hue of two colours (a', b', C') (equation 14).

    The mean along the shorter arc is where the sum of both hues' unit vectors points, here times both chromas: two
    angles and their cosines are thus never computed. Of a grey and a colour it is the colour's. What few pairs of
    colours need is done for those arrays alone that have such pairs.
    """
    (a1, b1, c1), (a2, b2, c2) = first, second
    x, y, grey = a1 * c2 + a2 * c1, b1 * c2 + b2 * c1, c1 * c2 == 0
    if grey.any():
        x, y = np.where(grey, a1 + a2, x), np.where(grey, b1 + b2, y)
    opposite = (x == 0) & (y == 0) & ~grey
    if opposite.any():  # equation 14 takes half the sum, which lies a quarter beyond the smaller of the two
        beyond = np.where(b1 == 0, c1, np.copysign(a1, a1 * b1))
        x, y = np.where(opposite, -np.abs(b1), x), np.where(opposite, beyond, y)
    size = np.maximum(_length(x, y), _TINY)
    return x / size, y / size


def _hue_weight(cos: Floats, sin: Floats) -> Floats:
    """Return T of equation 15 for a mean hue's cosine and sine; of its multiples by their addition theorems."""
    cos2, sin2 = 2 * cos * cos - 1, 2 * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = 2 * cos2 * cos2 - 1, 2 * sin2 * cos2
    weight: Floats = 1 - 0.17 * (_COS[30] * cos + _SIN[30] * sin) + 0.24 * cos2
    weight += 0.32 * (_COS[6] * cos3 - _SIN[6] * sin3) - 0.20 * (_COS[63] * cos4 + _SIN[63] * sin4)
    return weight


def _window_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 11×11 Gaussian mean of [H,W] where the window lies wholly inside: [H-10,W-10]."""
    blurred: NDArray[np.float64] = np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float64)
    return blurred[5:-5, 5:-5]


def _same_shape(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    if first.shape != second.shape:
        raise ValueError(f"metrics compare arrays of one shape, got {first.shape} and {second.shape}")
