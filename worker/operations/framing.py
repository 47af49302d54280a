"""What operations that turn a picture by what they see in it need to know of its product."""

import numpy as np

from engine.pixels.homographies import Homography, moved_points
from worker.operations.context import OperationContext
from worker.operations.finding import find
from worker.operations.registry import Size
from worker.picture import Picture, Pixels

_LOST = 0.005  # of the product's outline: less falls off with a margin's blur


def product_matte_quietly(picture: Picture, context: OperationContext) -> Pixels:
    """Where the product is, as `finding.product_matte` has it, without a warning: a rough outline will do.

    Raises ProblemError no-product-found.
    """
    if picture.matte is not None:
        return picture.matte
    return picture.alpha if picture.alpha is not None else find(picture.rgb, context).alpha(picture.rgb)


def keeps_product(matte: Pixels, motion: Homography, size: Size) -> bool:
    """Whether what a matte [H,W] shows stays inside a frame of (width, height) `size` after the motion."""
    step = max(1, max(matte.shape) // 512)
    rows, columns = np.nonzero(matte[::step, ::step] > 127)
    places = np.column_stack((columns, rows)).astype(np.float64) * step + 0.5
    moved = moved_points(motion, places)
    inside = ((moved >= 0) & (moved <= np.array(size))).all(axis=1)
    return bool(inside.mean() >= 1 - _LOST) if len(places) else True
