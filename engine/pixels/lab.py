"""CIE Lab (D65) of whole pictures in single precision, both ways: a fortieth of a code value off `quality.metrics`."""

from functools import cache

import cv2
import numpy as np

from engine.images import Floats, Image
from engine.pixels.srgb import decode_srgb

_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_KNEE = 6.0 / 29.0


def lab_of_image(image: Image) -> Floats:
    """Return the Lab, float32 [H,W,3], of a uint8 sRGB image [H,W,3]: L in 0..100, a and b in about -110..110."""
    return _lab_of_linear(_decoded_codes()[image])


def lab_of_codes(codes: Floats) -> Floats:
    """As `lab_of_image`, of float32 code values [H,W,3]; what is beyond 0..255 counts as its end."""
    return _lab_of_linear(_power_decoded(np.clip(codes, 0, 255) / np.float32(255)))


def codes_of_lab(lab: Floats) -> Floats:
    """Return the sRGB code values, float32 [H,W,3] in 0..255, of Lab [H,W,3]; each channel is cut at its ends."""
    linear = np.clip(linear_of_lab(lab), 0, 1)
    curved = 1.055 * cv2.pow(linear, 1 / 2.4) - 0.055
    return np.asarray(255 * np.where(linear <= 0.0031308, 12.92 * linear, curved), np.float32)


def linear_of_lab(lab: Floats) -> Floats:
    """Return the linear light, float32 [H,W,3], of Lab [H,W,3]: beyond 0..1 where sRGB has no such colour."""
    middle = (lab[..., 0] + 16) / 116
    f = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    relative = np.where(f > _KNEE, f * f * f, (f - 4 / 29) * (3 * _KNEE**2))
    matrix = np.linalg.inv(_TO_XYZ) * _WHITE_D65
    return np.asarray(_times(relative.astype(np.float32), matrix), np.float32)


def _lab_of_linear(linear: Floats) -> Floats:
    relative = _times(linear, _TO_XYZ / _WHITE_D65[:, None])
    root = cv2.pow(np.maximum(relative, 0), 1 / 3)
    f = np.where(relative > _KNEE**3, root, relative / (3 * _KNEE**2) + 4 / 29)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
    return np.asarray(lab, np.float32)


def _power_decoded(encoded: Floats) -> Floats:
    curved = cv2.pow((encoded + np.float32(0.055)) / np.float32(1.055), 2.4)
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, curved), np.float32)


def _times(pixels: Floats, matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Floats:
    return np.asarray(cv2.transform(pixels, matrix.astype(np.float32)), np.float32)


@cache
def _decoded_codes() -> Floats:
    return decode_srgb(np.arange(256) / 255.0).astype(np.float32)
