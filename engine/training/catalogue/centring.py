"""Makes a cut-out product the data set's picture of it, where it is large enough for that."""

from __future__ import annotations

import math

from engine.generation.cutouts import Cutout
from engine.generation.placing import SHARE_OF_SIDE, Centred, placed, product_box
from engine.training.catalogue.errors import UnfitError

MOST_ENLARGED = 1.5


def centre(cutout: Cutout, size_px: int) -> Centred:
    """Return the product in the middle of a white square of `size_px`; the cutter lets none through that is unseen.

    Raises UnfitError (too-small) where it would have to be enlarged more than `MOST_ENLARGED` times.
    """
    rows, columns = product_box(cutout.alpha)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    needed = math.ceil(SHARE_OF_SIDE * size_px / MOST_ENLARGED)
    if longest < needed:
        raise UnfitError("too-small", f"the product is {longest} px long; needed: {needed} px")
    return placed(cutout, size_px)
