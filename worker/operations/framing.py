"""What operations that turn a picture by what they see in it need to know of its product, and the frame they take."""

import numpy as np

from engine.pixels.homographies import Coordinates, Homography, moved_points
from engine.pixels.perspective import around, expanded, inner
from engine.pixels.turning import Frame
from worker.operations.context import OperationContext
from worker.operations.finding import find
from worker.operations.registry import Size
from worker.picture import Picture, Pixels

_LOST = 0.005  # of the product's places: less falls off with a margin's blur


def product_matte_quietly(picture: Picture, context: OperationContext) -> Pixels:
    """Where the product is, as `finding.product_matte` has it, without a warning: a rough outline will do.

    Raises ProblemError no-product-found.
    """
    if picture.matte is not None:
        return picture.matte
    return picture.alpha if picture.alpha is not None else find(picture.rgb, context).alpha(picture.rgb)


def best_frame(
    picture: Picture, matte: Pixels | None, motion: Homography, context: OperationContext
) -> tuple[Frame, Homography, Size]:
    """The frame for a picture that is moved, the motion into it, and its size: the product stays whole.

    "crop" for an opaque picture, where there is room for that: of its aspect, or of the one that the product leaves.
    Else "expand", of which an opaque picture's viewer is warned.
    """
    size = (picture.width, picture.height)
    if picture.alpha is None:
        cropped = inner(motion, size)
        if matte is None or not (product := _places(matte)).size:
            return "crop", *cropped
        kept = moved_points(cropped[0], product)
        inside = ((kept >= 0) & (kept <= np.array(cropped[1]))).all(axis=1)
        if inside.mean() >= 1 - _LOST:
            return "crop", *cropped
        other = around(motion, size, moved_points(motion, product))
        if other is not None:
            return "crop", *other
        context.warnings.append("the product has no room to be turned in: the canvas has grown, and shows new ground")
    return "expand", *expanded(motion, size)


def _places(matte: Pixels) -> Coordinates:
    """Where a matte [H,W] shows the product, [n,2]: a few hundred pixels to each side."""
    step = max(1, max(matte.shape) // 512)
    rows, columns = np.nonzero(matte[::step, ::step] > 127)
    return np.asarray(np.column_stack((columns, rows)) * step + 0.5, np.float64)
