"""lut3d: a 3D colour table, trilinear. The reference, and the table and launch of lut3d.cu.

`pixels.light` has the fast CPU path.
"""

import numpy as np

from engine.images import Floats, Image
from engine.kernels.launches import Launch, Table, divide_blocks, image_blocks, make_launch, require_table

LUT3D_IMAGE = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("source_pitch_bytes", "<i8"),
        ("target", "<u8"),  # address of another, or the same, image of the same size
        ("target_pitch_bytes", "<i8"),
        ("lut", "<u8"),  # address of float32 [3,S,S,S], as lut3d() takes it; any strength is mixed in beforehand
        ("height", "<i4"),
        ("width", "<i4"),
        ("steps", "<i4"),  # S, 2 or more
        ("first_block", "<u4"),  # filled by lut3d_launch
    ]
)


def lut3d(image: Image, lut: Floats) -> Image:
    """Map each pixel of a uint8 [H,W,3] image through `lut`, float32 [3,S,S,S] in 0..1, indexed [channel, b, g, r].

    The S steps lie evenly on 0..255. With S - 1 = n, code value v lies at v * n / 255 steps: cell and share are
    computed in integers (v * n divided by 255). Results become code values by floor(x * 255 + 0.5), clipped.
    Allocates some 100 bytes a pixel: for tests and small images.
    """
    steps = lut.shape[1]
    scaled = image.astype(np.int64) * (steps - 1)
    low = np.minimum(scaled // 255, steps - 2)
    share = (scaled - low * 255)[..., None] / 255.0
    red, green, blue = (low[..., channel] for channel in range(3))
    table = np.moveaxis(lut.astype(np.float64), 0, -1)

    def along_red(b: int, g: int) -> np.ndarray:
        left, right = table[blue + b, green + g, red], table[blue + b, green + g, red + 1]
        return np.asarray(left + share[..., 0, :] * (right - left))

    def along_green(b: int) -> np.ndarray:
        top, bottom = along_red(b, 0), along_red(b, 1)
        return np.asarray(top + share[..., 1, :] * (bottom - top))

    front, back = along_green(0), along_green(1)
    mapped = front + share[..., 2, :] * (back - front)
    codes: Image = np.clip(np.floor(mapped * 255 + 0.5), 0, 255).astype(np.uint8)
    return codes


def lut3d_launch(images: Table, images_address: int) -> Launch:
    """Fill `first_block` of `images` (LUT3D_IMAGE) and describe the one launch that maps them all."""
    require_table(images, LUT3D_IMAGE)
    if (images["steps"] < 2).any():
        raise ValueError(f"a 3D LUT has 2 steps or more; received {images['steps'].min()}")
    blocks = divide_blocks(image_blocks(images), images["first_block"])
    return make_launch("lut3d.cu", "lut3d", blocks, (np.uint64(images_address), np.uint32(len(images))))
