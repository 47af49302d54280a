"""resize: to given sides, by containing, covering, filling or padding the box."""

from dataclasses import replace

import numpy as np

from engine.pixels.color import flatten, parse_hex
from engine.pixels.geometry import centre_box, contain_size, cover_size, crop, recentred, recentring
from engine.pixels.homographies import scaled, shifted
from engine.pixels.resampling import resample
from jobs.spec import Resize
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture, Pixels

_WHITE = (255, 255, 255)


def resized_size(params: Resize, size: Size) -> Size:
    """The size after resizing: with "cover", of the box that is cut out at the end; with "pad", of the frame."""
    scaled_size = _scaled_size(params, size)
    if params.fit == "cover":
        box = centre_box(*scaled_size, params.width or scaled_size[0], params.height or scaled_size[1])
        return box.width, box.height
    if params.fit == "pad":
        assert params.width
        assert params.height
        return params.width, params.height
    return scaled_size


@operation("resize", cost=0.05, size_after=resized_size)
def resize(picture: Picture, params: Resize, _context: OperationContext) -> Picture:
    """Resample, and for "cover" cut the middle out, for "pad" put it into the middle of its frame.

    One side alone keeps the aspect. Without `enlarge` nothing grows: the picture keeps its own size where the asked one
    is larger ("fill": each side by itself).
    """
    size = (picture.width, picture.height)
    made = _scaled_size(params, size)
    if made != size:
        motion = scaled(made[0] / size[0], made[1] / size[1])
        picture = picture.moved(lambda pixels: resample(pixels, *made), motion)
    final = resized_size(params, size)
    if params.fit == "pad":
        return _padded(picture, final, params.background)
    if final == made:
        return picture
    box = centre_box(*made, *final)
    return picture.moved(lambda pixels: crop(pixels, box), shifted(-box.x, -box.y))


def _padded(picture: Picture, size: Size, background: str | None) -> Picture:
    """The picture in the middle of a frame of that size, which it lies in."""
    if background == "transparent" and picture.alpha is None:
        picture = replace(picture, alpha=np.full(picture.rgb.shape[:2], 255, np.uint8))
    elif background not in (None, "transparent") and picture.alpha is not None:
        picture = replace(picture, rgb=flatten(picture.rgba(), parse_hex(background)), alpha=None)
    ground = _WHITE if background in (None, "transparent") else parse_hex(background)

    def put(pixels: Pixels) -> Pixels:
        return recentred(pixels, *size, ground)

    return picture.moved(put, shifted(*recentring(picture.width, picture.height, *size)))


def _scaled_size(params: Resize, size: Size) -> Size:
    width, height = size
    if params.fit == "fill":
        asked = params.width or width, params.height or height
        return asked if params.enlarge else (min(asked[0], width), min(asked[1], height))
    if params.width and params.height:
        fit = cover_size if params.fit == "cover" else contain_size
        made = fit(width, height, params.width, params.height)
    elif params.width:
        made = params.width, max(1, round(height * params.width / width))
    else:
        assert params.height
        made = max(1, round(width * params.height / height)), params.height
    return size if made[0] > width and not params.enlarge else made
