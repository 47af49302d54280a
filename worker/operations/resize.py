"""resize: to given sides, by containing, covering or filling the box."""

from engine.pixels.geometry import centre_box, contain_size, cover_size, crop
from engine.pixels.geometry import resize as resample
from jobs.spec import Resize
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture


def resized_size(params: Resize, size: Size) -> Size:
    """The size after resizing: with "cover", of the box that is cut out at the end."""
    scaled = _scaled_size(params, size)
    if params.fit != "cover":
        return scaled
    box = centre_box(*scaled, params.width or scaled[0], params.height or scaled[1])
    return box.width, box.height


@operation("resize", cost=0.05, size_after=resized_size)
def resize(picture: Picture, params: Resize, _context: OperationContext) -> Picture:
    """Resample, and for "cover" cut the middle out.

    One side alone keeps the aspect. Without `enlarge` nothing grows: the picture keeps its own size where the asked one
    is larger ("fill": each side by itself).
    """
    size = (picture.width, picture.height)
    scaled, final = _scaled_size(params, size), resized_size(params, size)
    pixels = picture.rgba() if scaled == size else resample(picture.rgba(), *scaled)
    return Picture.from_pixels(pixels if final == scaled else crop(pixels, centre_box(*scaled, *final)))


def _scaled_size(params: Resize, size: Size) -> Size:
    width, height = size
    if params.fit == "fill":
        asked = params.width or width, params.height or height
        return asked if params.enlarge else (min(asked[0], width), min(asked[1], height))
    if params.width and params.height:
        fit = contain_size if params.fit == "contain" else cover_size
        scaled = fit(width, height, params.width, params.height)
    elif params.width:
        scaled = params.width, max(1, round(height * params.width / width))
    else:
        assert params.height
        scaled = max(1, round(width * params.height / height)), params.height
    return size if scaled[0] > width and not params.enlarge else scaled
