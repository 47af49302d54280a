"""upscale: two or four times the size, with detail from the network; alpha is resampled along."""

from typing import cast

import numpy as np

from engine.pixels.geometry import resize
from jobs.spec import Upscale
from worker.operations.context import OperationContext
from worker.operations.registry import Size, operation
from worker.picture import Picture, Pixels


def upscaled_size(params: Upscale, size: Size) -> Size:
    """The size after upscaling."""
    return size[0] * params.factor, size[1] * params.factor


def upscaler_of(params: Upscale) -> str:
    """The name of the network for the factor and style asked for."""
    return f"upscale-x{params.factor}" + ("" if params.style == "faithful" else f"-{params.style}")


@operation("upscale", cost=0.5, size_after=upscaled_size)
def upscale(picture: Picture, params: Upscale, context: OperationContext) -> Picture:
    """Ask the network named after factor and style."""
    width, height = upscaled_size(params, (picture.width, picture.height))
    rgb = cast(Pixels, context.ask(upscaler_of(params), picture.rgb))
    alpha, matte = (None if plane is None else resize(plane, width, height) for plane in (picture.alpha, picture.matte))
    scale = np.diag([params.factor, params.factor, 1.0])
    return Picture(rgb, alpha, matte, None if picture.origin is None else scale @ picture.origin)
