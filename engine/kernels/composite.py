"""composite: a foreground over a background by a matte. The reference (and CPU path), table and launch of composite.cu.

Blending is done on sRGB code values, as browsers, editors and `pixels.geometry` do: not in linear light.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.kernels.launches import Launch, Table, divide_blocks, image_blocks, make_launch, require_table

COMPOSITE_IMAGE = np.dtype(
    [
        ("foreground", "<u8"),  # address of the uint8 RGB image's first byte
        ("foreground_pitch_bytes", "<i8"),
        ("background", "<u8"),  # address of an image of the same size, or 0: `color` everywhere
        ("background_pitch_bytes", "<i8"),
        ("matte", "<u8"),  # address of uint8 or float32 [height, width]
        ("matte_pitch_bytes", "<i8"),
        ("target", "<u8"),  # address of an image of the same size; may be the foreground's or the background's
        ("target_pitch_bytes", "<i8"),
        ("height", "<i4"),
        ("width", "<i4"),
        ("color", "u1", 4),  # RGB and a spare byte
        ("first_block", "<u4"),  # filled by composite_launch
    ]
)


def composite(foreground: Image, background: Image, matte: NDArray[Any]) -> Image:
    """Blend uint8 [H,W,3] over `background` (the same shape, or one colour [3]) by `matte`, [H,W].

    A uint8 matte a gives (f a + b (255 - a)) / 255, to the nearest; a float32 one, clipped to 0..1,
    floor(b + a (f - b) + 0.5), NaN counting as 0. Raises ValueError for a matte of another type.
    """
    alpha = matte[..., None]
    if matte.dtype == np.uint8:
        shares = alpha.astype(np.int32)
        blended = (foreground * shares + background * (255 - shares) + 127) // 255
    elif matte.dtype == np.float32:
        shares = np.clip(np.nan_to_num(alpha, nan=0.0), np.float32(0), np.float32(1))
        below = np.asarray(background, np.float32)
        blended = below + shares * (foreground.astype(np.float32) - below) + np.float32(0.5)
    else:
        raise ValueError(f"a matte is uint8 or float32; received {matte.dtype}")
    codes: Image = blended.astype(np.uint8)
    return codes


def composite_launch(images: Table, images_address: int, matte_dtype: np.dtype[Any]) -> Launch:
    """Fill `first_block` of `images` (COMPOSITE_IMAGE) and describe the one launch that blends them all.

    `matte_dtype`: uint8 or float32, of every matte of the table.
    """
    require_table(images, COMPOSITE_IMAGE)
    names = {np.dtype(np.uint8): "composite_u8", np.dtype(np.float32): "composite_f32"}
    if matte_dtype not in names:
        raise ValueError(f"a matte is uint8 or float32; received {matte_dtype}")
    blocks = divide_blocks(image_blocks(images), images["first_block"])
    arguments = np.uint64(images_address), np.uint32(len(images))
    return make_launch("composite.cu", names[matte_dtype], blocks, arguments)
