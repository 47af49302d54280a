"""curves: one curve for each colour channel. The reference (and CPU path), and the table and launch of curves.cu."""

import numpy as np

from engine.images import Floats, Image
from engine.kernels.launches import Launch, Table, divide_blocks, image_blocks, make_launch, require_table

CURVES_IMAGE = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("source_pitch_bytes", "<i8"),
        ("target", "<u8"),  # address of another, or the same, image of the same size
        ("target_pitch_bytes", "<i8"),
        ("codes", "<u8"),  # address of uint8 [3,256]: curve_codes()
        ("height", "<i4"),
        ("width", "<i4"),
        ("first_block", "<u4"),  # filled by curves_launch
        ("reserved", "<u4"),
    ]
)


def curves(image: Image, points: Floats) -> Image:
    """Map each channel of a uint8 [H,W,3] image through its curve, `points` being float32 [3,S] in 0..1, S >= 2."""
    codes = curve_codes(points)
    return np.stack([codes[channel][image[..., channel]] for channel in range(3)], axis=-1)


def curve_codes(points: Floats) -> Image:
    """What each code value becomes: uint8 [3,256], C-contiguous.

    The S points lie evenly on 0..255, joined by straight lines: code value v lies at v * (S - 1) / 255 points, cell and
    share computed in integers. Results become code values by floor(x * 255 + 0.5), clipped. Raises ValueError.
    """
    if points.ndim != 2 or points.shape[0] != 3 or points.shape[1] < 2:
        raise ValueError(f"curves have shape [3, S] with S from 2; received {list(points.shape)}")
    intervals = points.shape[1] - 1
    scaled = np.arange(256) * intervals
    low = np.minimum(scaled // 255, intervals - 1)
    share = (scaled - low * 255) / 255.0
    exact = points.astype(np.float64)
    values = exact[:, low] + share * (exact[:, low + 1] - exact[:, low])
    codes: Image = np.clip(np.floor(values * 255 + 0.5), 0, 255).astype(np.uint8, order="C")
    return codes


def curves_launch(images: Table, images_address: int) -> Launch:
    """Fill `first_block` of `images` (CURVES_IMAGE) and describe the one launch that maps them all."""
    require_table(images, CURVES_IMAGE)
    blocks = divide_blocks(image_blocks(images), images["first_block"])
    return make_launch("curves.cu", "curves", blocks, (np.uint64(images_address), np.uint32(len(images))))
