"""inpaint: holes filled from what surrounds them; outside the holes no byte changes."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.geometry import Box
from engine.pixels.inpainting import fill_holes
from engine.pixels.masks import grow, mask_of_boxes, mask_of_picture
from jobs.problems import ProblemError
from jobs.spec import Inpaint, sha256_of
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture

MOST_FILLED = 0.9
"""The largest part of a picture that can be filled: with less of it left there is nothing to go by."""


def inpainted_size(params: Inpaint, size: Size) -> Size:
    """The same size. Raises ProblemError invalid-parameter for a box that leaves the picture."""
    for index, box in enumerate(params.boxes or ()):
        if box.x + box.width > size[0] or box.y + box.height > size[1]:
            detail = (
                f"box {index} of {box.width} × {box.height} at ({box.x}, {box.y}) leaves the picture, "
                f"which is {size[0]} × {size[1]} pixels at this point"
            )
            raise ProblemError("invalid-parameter", detail, width=size[0], height=size[1])
    return size


@operation("inpaint", cost=0.5, size_after=inpainted_size)
def inpaint(picture: Picture, params: Inpaint, context: OperationContext) -> Picture:
    """Fill the mask or the boxes, widened by `grow_px`; alpha stays, and so does a picture whose mask is all dark."""
    hole = grow(_hole(picture, params, context), params.grow_px)
    filled = float(hole.mean())
    if filled > MOST_FILLED:
        detail = f"the holes cover {filled:.1%} of the picture; at most {MOST_FILLED:.0%} can be filled"
        raise ProblemError("invalid-parameter", detail, filled=round(filled, 4), allowed=MOST_FILLED)
    if not hole.any():
        context.warnings.append("nothing was filled: the mask is dark everywhere")
        return picture

    def fill(frames: Sequence[Image]) -> Sequence[Floats]:
        return [cast(Floats, answer) for answer in context.ask_all("inpaint", frames)]

    return picture.with_rgb(fill_holes(picture.rgb, hole, fill))


def _hole(picture: Picture, params: Inpaint, context: OperationContext) -> NDArray[np.bool_]:
    size = inpainted_size(params, (picture.width, picture.height))
    if params.mask is None:
        return mask_of_boxes(*size, (Box(box.x, box.y, box.width, box.height) for box in params.boxes or ()))
    mask = context.uploaded(sha256_of(params.mask))
    try:
        return mask_of_picture(mask.rgb, mask.alpha, *size)
    except ValueError as error:
        raise ProblemError("invalid-parameter", str(error), width=mask.width, height=mask.height) from error
