"""crop: a box in pixels, or the largest centred box of an aspect."""

from engine.pixels import geometry
from engine.pixels.geometry import Box
from jobs.problems import ProblemError
from jobs.spec import Crop
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture


def cropped_size(params: Crop, size: Size) -> Size:
    """The size after cropping. Raises ProblemError invalid-parameter for a box that leaves the picture."""
    box = _box(params, size)
    return box.width, box.height


@operation("crop", cost=0.02, size_after=cropped_size)
def crop(picture: Picture, params: Crop, _context: OperationContext) -> Picture:
    """Cut the box out, alpha along."""
    return Picture.from_pixels(geometry.crop(picture.rgba(), _box(params, (picture.width, picture.height))))


def _box(params: Crop, size: Size) -> Box:
    width, height = size
    if params.aspect is not None:
        across, down = (int(part) for part in params.aspect.split(":"))
        return geometry.aspect_box(width, height, across, down)
    box = Box(params.x or 0, params.y or 0, params.width or 0, params.height or 0)  # the spec has seen to all four
    if box.x + box.width > width or box.y + box.height > height:
        detail = (
            f"the crop of {box.width} × {box.height} at ({box.x}, {box.y}) leaves the picture, "
            f"which is {width} × {height} pixels at this point"
        )
        raise ProblemError("invalid-parameter", detail, width=width, height=height)
    return box
