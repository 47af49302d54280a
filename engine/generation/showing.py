"""What is seen in a made picture, which has no matte: what is not white is the product."""

from __future__ import annotations

import numpy as np

from engine.generation.attributes import Attributes
from engine.generation.cutouts import Cutout
from engine.generation.description import describe
from engine.generation.scoring import product_mask
from engine.images import Image


def shown_in(picture: Image, category: str | None) -> Attributes:
    """Return what is measured of the product in a uint8 [H,W,3] picture on white, and the category it is taken for.

    Only the category where nothing is to be seen.
    """
    mask = product_mask(picture)
    if not mask.any():
        return Attributes(category)
    return describe(Cutout(picture, np.asarray(mask * 255, np.uint8), 1.0), briefly=True).attributes(category)
