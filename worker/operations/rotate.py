"""rotate: clockwise by any angle, with a colour for the new corners."""

import math

from engine.pixels import geometry
from engine.pixels.color import parse_hex
from jobs.spec import Rotate
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture


def rotated_size(params: Rotate, size: Size) -> Size:
    """The size after turning: the same, or with `expand` that of the box around the turned picture."""
    width, height = size
    if not params.expand:
        return size
    cos, sin = abs(math.cos(math.radians(params.angle))), abs(math.sin(math.radians(params.angle)))
    # the allowance is for float dust, as cos 60° is a hair over one half
    return math.ceil(width * cos + height * sin - 1e-6), math.ceil(width * sin + height * cos - 1e-6)


@operation("rotate", cost=0.1, size_after=rotated_size)
def rotate(picture: Picture, params: Rotate, _context: OperationContext) -> Picture:
    """Turn; the new ground is `fill`, and transparent where the picture has alpha."""
    turned = geometry.rotate(picture.rgba(), params.angle, expand=params.expand, fill=parse_hex(params.fill))
    return Picture.from_pixels(turned)
