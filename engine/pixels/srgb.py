"""sRGB's transfer function (IEC 61966-2-1) in double precision; whoever maps whole pictures makes tables of it."""

import numpy as np
from numpy.typing import NDArray


def decode_srgb(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the linear light, 0..1, of sRGB values of any shape in 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encode_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sRGB values, 0..1, of linear light of any shape in 0..1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
