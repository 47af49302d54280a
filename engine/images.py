"""What the engine calls an image, and the one place where a caller's array is checked against it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import ImageRefused

Image: TypeAlias = NDArray[np.uint8]
"""uint8 HWC, sRGB-encoded, 3 channels (RGB) or 4 (RGB and straight alpha, or what else a model takes beside it)."""

Floats: TypeAlias = NDArray[np.float32]


def require_image(image: object, channels: int, model: str) -> Image:
    """Return `image` as a C-contiguous uint8 [H,W,channels] array, copied only if its memory is laid out otherwise.

    Raises ImageRefused, naming the model, for anything else: another type, dtype or shape, or no pixels at all.
    """
    if not isinstance(image, np.ndarray):
        raise ImageRefused(f"{model} takes a uint8 [height, width, {channels}] array; received {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != channels or image.size == 0:
        raise ImageRefused(
            f"{model} takes a uint8 [height >= 1, width >= 1, {channels}] array; "
            f"received {image.dtype} {list(image.shape)}"
        )
    return np.ascontiguousarray(image)
