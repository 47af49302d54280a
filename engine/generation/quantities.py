"""Numbers that tell in what way made pictures differ, for directions among their latents to be found by.

Pictures are uint8 [H,W,3], a product on white; one that shows nothing is taken for white and square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.generation.scoring import Mask, presence, product_mask
from engine.images import Image
from engine.quality.metrics import srgb_to_lab

_WAIST = (0.3, 0.6)  # where it is looked for, by a product's height from its top
_ENOUGH = 1000  # pixels: turning all of them into Lab takes longer than making the picture


def mean_lab(picture: Image) -> NDArray[np.float64]:
    """Return the mean L*, a*, b* of a product, [3]."""
    return np.asarray(_cloth(picture).mean(axis=0))


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


def sleeves(picture: Image) -> float:
    """Return how much of a product lies beside its trunk, by the trunk's area: the longer and wider its sleeves.

    The trunk is as wide as the product at its narrowest about the waist; below that, what hangs apart is beside it.
    """
    box = _box(picture)
    pieces = [_widest(row) for row in box]
    widths = np.array([last - first for first, last in pieces])
    first, last = (int(share * len(box)) for share in _WAIST)
    waist = first + int(widths[first : last + 1].argmin())
    left, right = pieces[waist]
    if left == right:
        return 0.0
    above = box[:waist, :left].sum() + box[:waist, right:].sum()
    below = box[waist:].sum() - widths[waist:].sum()
    return float((above + below) / ((right - left) * len(box)))


def flare(picture: Image) -> float:
    """Return the logarithm of how much wider a product is in the lowest quarter of its height than in the highest."""
    box = _box(picture)
    quarter = max(1, len(box) // 4)
    highest, lowest = (float(part.sum(axis=1).mean()) + 1 for part in (box[:quarter], box[-quarter:]))
    return float(np.log(lowest / highest))


def contrast(picture: Image) -> float:
    """Return the deviation of a product's L*: folds, shading and print make it larger."""
    return float(_cloth(picture)[:, 0].std())


def _cloth(picture: Image) -> NDArray[np.float64]:
    """Return L*, a*, b* of a product's pixels, thinned to about `_ENOUGH`, [n,3]; of one white pixel for none."""
    product = picture[product_mask(picture)]
    if not len(product):
        return np.array([[100.0, 0.0, 0.0]])
    return srgb_to_lab(product[:: max(1, len(product) // _ENOUGH)])


def _box(picture: Image) -> Mask:
    """Return the product's mask within its box, [h,w]; one row and column of nothing where there is none."""
    product = product_mask(picture)
    if not product.any():
        return np.zeros((1, 1), bool)
    rows, columns = (np.flatnonzero(product.any(axis=axis)) for axis in (1, 0))
    return product[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _widest(row: Mask) -> tuple[int, int]:
    """Return where the longest piece of product begins and ends in a row [w]; (0, 0) for none."""
    ends = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    if not len(ends):
        return 0, 0
    first, last = ends[np.diff(ends, axis=1).argmax()].tolist()
    return first, last


QUANTITIES: Mapping[str, Callable[[Image], float]] = MappingProxyType(
    {
        "brightness": brightness,
        "redness": redness,
        "yellowness": yellowness,
        "tallness": tallness,
        "presence": presence,
        "sleeves": sleeves,
        "flare": flare,
        "contrast": contrast,
    }
)
"""Every quantity by its name."""
