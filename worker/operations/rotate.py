"""rotate: clockwise by any angle, or until the product is level; with a frame, and a colour for new ground."""

from dataclasses import replace

from engine.pixels.color import parse_hex
from engine.pixels.levelling import MOST_TILTED, product_tilt
from engine.pixels.turning import Frame, Turn, most_expanded, turn
from jobs.spec import Rotate
from worker.operations.context import OperationContext
from worker.operations.framing import best_frame, product_matte_quietly
from worker.operations.registry import Size, operation
from worker.picture import Picture

_LEVEL = 0.1  # degrees: nobody sees less, and a resampling costs some sharpness


def rotated_size(params: Rotate, size: Size) -> Size:
    """The size after turning; of a product that is levelled, by an angle that nobody knows yet, the most it may be."""
    if params.angle != "auto":
        return turn(size, params.angle, _frame(params) or "expand").size
    return most_expanded(size, MOST_TILTED) if _frame(params) in (None, "expand") else size


@operation("rotate", cost=0.1, size_after=rotated_size)
def rotate(picture: Picture, params: Rotate, context: OperationContext) -> Picture:
    """Turn; the new ground is `fill`, and transparent where the picture has alpha.

    "auto" finds the product first, and leaves the picture as it is where that is round, or level, or says nothing.
    Raises ProblemError no-product-found.
    """
    size = (picture.width, picture.height)
    if params.angle != "auto":
        return _turned(picture, turn(size, params.angle, _frame(params) or "expand"), params)
    matte = product_matte_quietly(picture, context)
    tilt = product_tilt(matte)
    level = not tilt.plain or abs(tilt.angle) < _LEVEL
    context.findings.update(
        angle=0.0 if level else round(-tilt.angle, 2), confidence=round(tilt.confidence, 3), evidence=tilt.evidence
    )
    if level:
        return picture
    turning, frame = turn(size, -tilt.angle, _frame(params) or "same"), _frame(params)
    if frame is None:
        frame, motion, made = best_frame(picture, matte, turning.motion, context)
        turning = replace(turning, motion=motion, size=made)
    context.findings["frame"] = frame
    return _turned(picture, turning, params)


def _frame(params: Rotate) -> Frame | None:
    return params.frame if params.expand else "same"


def _turned(picture: Picture, turning: Turn, params: Rotate) -> Picture:
    fill = parse_hex(params.fill)
    return picture.moved(lambda pixels: turning.of(pixels, fill), turning.motion)
