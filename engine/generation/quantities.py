"""Numbers that tell in what way made pictures differ, for directions among their latents to be found by.

Pictures are uint8 [H,W,3], a product on white; one that shows nothing is taken for white and square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.generation.scoring import presence, product_mask
from engine.images import Image
from engine.quality.metrics import srgb_to_lab


def mean_lab(picture: Image) -> NDArray[np.float64]:
    """Return the mean L*, a*, b* of a product, [3]."""
    product = picture[product_mask(picture)]
    return np.asarray(srgb_to_lab(product).mean(axis=0)) if len(product) else np.array([100.0, 0.0, 0.0])


def brightness(picture: Image) -> float:
    """Return the mean L* of a product, 0 to 100."""
    return float(mean_lab(picture)[0])


def redness(picture: Image) -> float:
    """Return the mean a* of a product: green is below 0, red above."""
    return float(mean_lab(picture)[1])


def yellowness(picture: Image) -> float:
    """Return the mean b* of a product: blue is below 0, yellow above."""
    return float(mean_lab(picture)[2])


def tallness(picture: Image) -> float:
    """Return the logarithm of height by width of a product's box, as conditions have it."""
    product = product_mask(picture)
    if not product.any():
        return 0.0
    height, width = (int(np.ptp(np.flatnonzero(product.any(axis=axis)))) + 1 for axis in (1, 0))
    return float(np.log(height / width))


QUANTITIES: Mapping[str, Callable[[Image], float]] = MappingProxyType(
    {
        "brightness": brightness,
        "redness": redness,
        "yellowness": yellowness,
        "tallness": tallness,
        "presence": presence,
    }
)
"""Every quantity by its name."""
