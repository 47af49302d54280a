"""guided_matte: a matte at full size, from small maps. The reference, and the table and launch of guided_matte.cu.

The second half of the fast guided filter (He, Sun: Fast Guided Filter, 2015): the matte is a linear function of the
photo's own colours whose coefficients change slowly. `pixels.matte` makes the maps, and has the fast CPU path.
"""

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import Launch, Table, divide_blocks, image_blocks, make_launch, require_table

GUIDED_MATTE_IMAGE = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 RGB photo's first byte
        ("source_pitch_bytes", "<i8"),
        ("maps", "<u8"),  # address of float32 [6,map_height,map_width], as guided_matte() takes them
        ("target", "<u8"),  # address of the uint8 matte's first byte, of the photo's size
        ("target_pitch_bytes", "<i8"),
        ("height", "<i4"),
        ("width", "<i4"),
        ("map_height", "<i4"),
        ("map_width", "<i4"),
        ("first_block", "<u4"),  # filled by guided_matte_launch
        ("reserved", "<u4"),
    ]
)

MOST_STEPS = 2**31 - 1
"""Coordinates are 32-bit integers: 2 × a photo's side × its map's must not exceed it."""


def guided_matte(image: Image, maps: Floats) -> Image:
    """Return the matte, uint8 [H,W], of a uint8 [H,W,3] photo with code values c in 0..1 after division by 255.

    `maps`, float32 [6,h,w], are enlarged to the photo's size, bilinear: slopes a for R, G and B, an offset b, the least
    and the greatest matte. The matte is a · c + b within these two, and becomes a code by floor(x * 255 + 0.5),
    clipped. Pixel p of n lies at (p + 0.5) h / n - 0.5 in a map, not beyond its outer pixels' centres. Computes in
    double.
    """
    rows, row_shares = _cells(maps.shape[1], image.shape[0])
    columns, column_shares = _cells(maps.shape[2], image.shape[1])
    exact = maps.astype(np.float64)
    lines = exact[:, rows[0]] + row_shares[:, None] * (exact[:, rows[1]] - exact[:, rows[0]])
    full = lines[..., columns[0]] + column_shares * (lines[..., columns[1]] - lines[..., columns[0]])
    guided = (full[:3] * (image / 255.0).transpose(2, 0, 1)).sum(axis=0) + full[3]
    bounded = np.minimum(np.maximum(guided, full[4]), full[5])
    codes: Image = np.clip(np.floor(bounded * 255 + 0.5), 0, 255).astype(np.uint8)
    return codes


def guided_matte_launch(images: Table, images_address: int) -> Launch:
    """Fill `first_block` of `images` (GUIDED_MATTE_IMAGE) and describe the one launch that makes all their mattes.

    Raises ValueError for a map without pixels, or sides whose coordinates would not fit 32 bits.
    """
    require_table(images, GUIDED_MATTE_IMAGE)
    for side, map_side in (("height", "map_height"), ("width", "map_width")):
        steps = 2 * images[side].astype(np.int64) * images[map_side]
        if (images[map_side] < 1).any() or (steps > MOST_STEPS).any():
            raise ValueError(f"2 x {side} x {map_side} is 2..{MOST_STEPS}; received {steps.min()}..{steps.max()}")
    blocks = divide_blocks(image_blocks(images), images["first_block"])
    return make_launch("guided_matte.cu", "guided_matte", blocks, (np.uint64(images_address), np.uint32(len(images))))


def _cells(size: int, out: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The two map pixels [2,out] about each of `out` pixels, and the second one's share [out]; placed in integers."""
    steps = 2 * out
    places = np.clip((2 * np.arange(out) + 1) * size - out, 0, (size - 1) * steps)
    low = places // steps
    return np.stack([low, np.minimum(low + 1, size - 1)]), (places - low * steps) / steps
