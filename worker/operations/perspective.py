"""perspective: verticals put upright, a quadrilateral made a rectangle, or a view from further aside, up or down."""

import numpy as np

from engine.pixels.color import parse_hex
from engine.pixels.homographies import Coordinates, Homography
from engine.pixels.perspective import (
    HorizonError,
    expanded,
    inner,
    most_grown,
    rectangle_size,
    straightened,
    turned_view,
)
from engine.pixels.straightening import MOST_PITCH, MOST_ROLL, leaning
from engine.pixels.turning import Frame
from engine.pixels.warping import warp
from jobs.problems import ProblemError
from jobs.spec import Perspective
from worker.operations.context import OperationContext
from worker.operations.finding import on_white
from worker.operations.framing import best_frame, product_matte_quietly
from worker.operations.registry import Size, operation
from worker.picture import Picture, Pixels

_FOCAL = 1.0  # of the picture's longer side: 36 mm on a full frame; between phones (0.75) and portrait lenses
_UPRIGHT = 0.2  # degrees: nobody sees less


def viewed_size(params: Perspective, size: Size) -> Size:
    """The size after it; of verticals that nobody has looked for yet, the most it may be.

    Raises ProblemError invalid-parameter for corners outside the picture, and views past the horizon.
    """
    if params.auto:
        grows = params.frame in (None, "expand")
        return most_grown(size, MOST_PITCH, MOST_ROLL, params.focal or _FOCAL) if grows else size
    return _view(params, size)[1]


@operation("perspective", cost=0.3, size_after=viewed_size)
def perspective(picture: Picture, params: Perspective, context: OperationContext) -> Picture:
    """See it from there; new ground is `fill`, and transparent where the picture has alpha.

    `auto` leaves the picture as it is where no lines, or too few that agree, tell of a camera that leant.
    """
    size = (picture.width, picture.height)
    if not params.auto:
        return _seen(picture, *_view(params, size), params)
    matte = _product(picture, context)
    focal = params.focal or _FOCAL
    lean = leaning(on_white(picture), focal, matte)
    upright = not lean.plain or max(abs(lean.pitch), abs(lean.roll)) < _UPRIGHT
    context.findings.update(
        straightened=not upright,
        pitch=0.0 if upright else round(lean.pitch, 2),
        roll=0.0 if upright else round(lean.roll, 2),
        lines=lean.lines,
        agreement=round(lean.share, 3),
    )
    if upright:
        return picture
    motion = turned_view(size, 0.0, lean.pitch, lean.roll, focal)
    if params.frame is None:
        context.findings["frame"], motion, made = best_frame(picture, matte, motion, context)
    else:
        context.findings["frame"] = params.frame
        motion, made = _framed(motion, size, params.frame)
    return _seen(picture, motion, made, params)


def _product(picture: Picture, context: OperationContext) -> Pixels | None:
    try:
        return product_matte_quietly(picture, context)
    except ProblemError as error:
        if error.problem.type != "no-product-found":
            raise
        return None


def _view(params: Perspective, size: Size) -> tuple[Homography, Size]:
    """The motion that is asked for, and the size it leaves."""
    if params.corners is not None:
        corners = np.array([(corner.x, corner.y) for corner in params.corners], np.float64)
        _check_inside(corners, size)
        across, down = params.aspect.split(":") if params.aspect else (0, 0)
        made = rectangle_size(corners, (int(across), int(down)) if params.aspect else None)
        return straightened(corners, made), made
    try:
        motion = turned_view(size, params.yaw or 0.0, params.pitch or 0.0, 0.0, params.focal or _FOCAL)
        return _framed(motion, size, params.frame or "crop")
    except HorizonError as error:
        asked = f"yaw {params.yaw or 0:g}, pitch {params.pitch or 0:g} and focal {params.focal or _FOCAL:g}"
        raise ProblemError("invalid-parameter", f"{asked}: {error}", width=size[0], height=size[1]) from error


def _framed(motion: Homography, size: Size, frame: Frame) -> tuple[Homography, Size]:
    match frame:
        case "same":
            return motion, size
        case "expand":
            return expanded(motion, size)
        case _:
            return inner(motion, size)


def _check_inside(corners: Coordinates, size: Size) -> None:
    for number, (x, y) in enumerate(corners, 1):
        if x > size[0] or y > size[1]:
            detail = (
                f"corner {number} at ({x:g}, {y:g}) leaves the picture, "
                f"which is {size[0]} × {size[1]} pixels at this point"
            )
            raise ProblemError("invalid-parameter", detail, width=size[0], height=size[1])


def _seen(picture: Picture, motion: Homography, size: Size, params: Perspective) -> Picture:
    fill = parse_hex(params.fill)
    return picture.moved(lambda pixels: warp(pixels, motion, size, fill), motion)
