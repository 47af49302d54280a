"""rotate: clockwise by any angle, with a colour for the new corners."""

from engine.pixels import geometry
from engine.pixels.color import parse_hex
from jobs.spec import Rotate
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture


def rotated_size(params: Rotate, size: Size) -> Size:
    """The size after turning: the same, or with `expand` that of the box around the turned picture."""
    return geometry.rotated_size(*size, params.angle) if params.expand else size


@operation("rotate", cost=0.1, size_after=rotated_size)
def rotate(picture: Picture, params: Rotate, _context: OperationContext) -> Picture:
    """Turn; the new ground is `fill`, and transparent where the picture has alpha."""
    turned = geometry.rotate(picture.rgba(), params.angle, expand=params.expand, fill=parse_hex(params.fill))
    return Picture.from_pixels(turned)
