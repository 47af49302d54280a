"""The box to cut a picture to so that its product stands in it with some air, in an aspect if one is wanted."""

import math
from dataclasses import dataclass

from engine.pixels.geometry import Box
from engine.pixels.placing import Bounds


@dataclass(frozen=True)
class ProductBox:
    """The box, whether it has the aspect that was wanted, and the least air (px) at a side where nothing is cut off."""

    box: Box
    has_aspect: bool
    margin_px: float


def product_box(size: tuple[int, int], product: Bounds, margin: float, aspect: tuple[int, int] | None) -> ProductBox:
    """Return the box around a product in a picture of (width, height) `size`; it never leaves the picture.

    `margin` is a share of the product's longer side. Towards an `aspect` the box grows around the product; where the
    picture has no room for that, it first moves off the product's middle, then gives up margin, then the aspect: it
    never cuts into the product.
    """
    air = margin * max(product.width, product.height)
    need = product.width, product.height
    wish = product.width + 2 * air, product.height + 2 * air
    if aspect is None:
        low = [math.floor(max(0.0, start - air) + 1e-6) for start in product[:2]]
        high = [math.ceil(min(side, end + air) - 1e-6) for side, end in zip(size, product[2:4], strict=True)]
        box = Box(low[0], low[1], high[0] - low[0], high[1] - low[1])
        return ProductBox(box, True, _air(box, product))
    wanted = max(wish[0] / aspect[0], wish[1] / aspect[1])
    most = min(size[0] / aspect[0], size[1] / aspect[1])
    needed = max(need[0] / aspect[0], need[1] / aspect[1])
    if needed <= most + 1e-6:
        unit = min(wanted, most)
        sides = [max(1, round(unit * part)) for part in aspect]
    else:
        sides = [math.ceil(min(wanted * part, side)) for part, side in zip(aspect, size, strict=True)]
    box = _placed(size, product, [max(side, math.ceil(length)) for side, length in zip(sides, need, strict=True)])
    return ProductBox(box, needed <= most + 1e-6, _air(box, product))


def _placed(size: tuple[int, int], product: Bounds, sides: list[int]) -> Box:
    """A box of these sides, its middle as near to the product's as the picture lets it."""
    starts, lengths = [], []
    for length, side, start, end in zip(size, sides, product[:2], product[2:4], strict=True):
        taken = min(side, length)
        starts.append(min(max(0, round((start + end - taken) / 2)), length - taken))
        lengths.append(taken)
    return Box(starts[0], starts[1], lengths[0], lengths[1])


def _air(box: Box, product: Bounds) -> float:
    sides = {
        "left": product.left - box.x,
        "top": product.top - box.y,
        "right": box.x + box.width - product.right,
        "bottom": box.y + box.height - product.bottom,
    }
    free = [air for side, air in sides.items() if side not in product.cut]
    return max(0.0, min(free, default=0.0))
