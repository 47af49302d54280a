"""crop: a box in pixels, the largest centred box of an aspect, or the box around the product."""

from engine.pixels import geometry
from engine.pixels.cropping import product_box
from engine.pixels.geometry import Box
from engine.pixels.homographies import shifted
from engine.pixels.placing import product_bounds
from jobs.problems import ProblemError
from jobs.spec import Crop
from worker.operations.context import OperationContext
from worker.operations.finding import product_matte
from worker.operations.registry import Size, operation
from worker.picture import Picture

_MARGIN = 0.05


def cropped_size(params: Crop, size: Size) -> Size:
    """The size after cropping; of a crop to the product, which nobody has looked for yet, the picture's own.

    Raises ProblemError invalid-parameter for a box that leaves the picture.
    """
    if params.product:
        return size
    box = _box(params, size)
    return box.width, box.height


@operation("crop", cost=0.02, size_after=cropped_size)
def crop(picture: Picture, params: Crop, context: OperationContext) -> Picture:
    """Cut the box out, alpha along. Raises ProblemError no-product-found for a crop to the product."""
    box = _product_box(picture, params, context) if params.product else _box(params, (picture.width, picture.height))
    return picture.moved(lambda pixels: geometry.crop(pixels, box), shifted(-box.x, -box.y))


def _product_box(picture: Picture, params: Crop, context: OperationContext) -> Box:
    """The box around the product; says what stood in its way."""
    matte = product_matte(picture, context)
    try:
        product = product_bounds(matte)
    except ValueError as error:
        raise ProblemError("no-product-found", str(error)) from error
    margin = _MARGIN if params.margin is None else params.margin
    found = product_box((picture.width, picture.height), product, margin, _aspect(params))
    longer = max(product.width, product.height)
    context.findings.update(box=list(found.box), margin=round(found.margin_px / longer, 4), touches=list(product.cut))
    if not found.has_aspect:
        context.warnings.append(
            f"the picture has no room for {params.aspect} around the product: "
            f"it was cut to {found.box.width} × {found.box.height}"
        )
    if product.cut:
        sides = " and ".join(product.cut)
        context.warnings.append(f"the product goes on beyond the picture: it is cut off at the {sides}")
    return found.box


def _aspect(params: Crop) -> tuple[int, int] | None:
    if params.aspect is None:
        return None
    across, down = params.aspect.split(":")
    return int(across), int(down)


def _box(params: Crop, size: Size) -> Box:
    width, height = size
    aspect = _aspect(params)
    if aspect is not None:
        return geometry.aspect_box(width, height, *aspect)
    box = Box(params.x or 0, params.y or 0, params.width or 0, params.height or 0)  # the spec has seen to all four
    if box.x + box.width > width or box.y + box.height > height:
        detail = (
            f"the crop of {box.width} × {box.height} at ({box.x}, {box.y}) leaves the picture, "
            f"which is {width} × {height} pixels at this point"
        )
        raise ProblemError("invalid-parameter", detail, width=width, height=height)
    return box
