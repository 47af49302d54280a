"""local_light: gains spread over a picture by a B-spline. The reference, and the table and launch of local_light.cu.

`pixels.local_light` has the fast CPU path.
"""

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import Launch, Table, divide_blocks, image_blocks, make_launch, require_table

LOCAL_LIGHT_IMAGE = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("source_pitch_bytes", "<i8"),
        ("target", "<u8"),  # address of another, or the same, image of the same size
        ("target_pitch_bytes", "<i8"),
        ("stops", "<u8"),  # address of float32 [3,knots_down,knots_across]
        ("height", "<i4"),
        ("width", "<i4"),
        ("knots_down", "<i4"),
        ("knots_across", "<i4"),
        ("first_block", "<u4"),  # filled by local_light_launch
        ("reserved", "<u4"),
    ]
)


def local_light(image: Image, stops: Floats) -> Image:
    """Brighten a uint8 [H,W,3] image by `stops`, float32 [3,h,w] (log2 of gains in linear light), spread over it.

    Pixel p of n lies at (p + 0.5) h / n - 0.5 knots; there the stops are the uniform cubic B-spline of the knots, of
    which the outermost goes on beyond the ends. With g = 2^stops, linear light x (IEC 61966-2-1) becomes
    g x / (1 + (g^4 - 1) x^4)^(1/4). Results become code values by floor(x * 255 + 0.5). Computes in double.
    """
    place_down, weights_down = _taps(stops.shape[1], image.shape[0])
    place_across, weights_across = _taps(stops.shape[2], image.shape[1])
    knots = stops.astype(np.float64)[:, place_down][:, :, :, place_across]  # [3, H, 4, W, 4]
    local = np.einsum("chiwj,hi,wj->hwc", knots, weights_down, weights_across)
    gain, linear = np.exp2(local), _decode(image / 255.0)
    encoded = _encode(gain * linear / (1 + (gain**4 - 1) * linear**4) ** 0.25)
    codes: Image = np.clip(np.floor(encoded * 255 + 0.5), 0, 255).astype(np.uint8)
    return codes


def local_light_launch(images: Table, images_address: int) -> Launch:
    """Fill `first_block` of `images` (LOCAL_LIGHT_IMAGE) and describe the one launch that brightens them all."""
    require_table(images, LOCAL_LIGHT_IMAGE)
    if (images["knots_down"] < 1).any() or (images["knots_across"] < 1).any():
        raise ValueError("a map of local light has 1 knot or more each way; received one with none")
    blocks = divide_blocks(image_blocks(images), images["first_block"])
    return make_launch("local_light.cu", "local_light", blocks, (np.uint64(images_address), np.uint32(len(images))))


def _taps(knots: int, samples: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The four knots of each sample and their weights, both [samples, 4]."""
    position = (np.arange(samples) + 0.5) * knots / samples - 0.5
    cell = np.floor(position).astype(np.int64)
    t = position - cell
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1) / 6
    return np.clip(cell[:, None] + np.arange(-1, 3), 0, knots - 1), weights


def _decode(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encode(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
