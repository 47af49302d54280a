"""background: the product on another ground, at the size and place that are asked for, with what it casts there."""

from dataclasses import replace

import numpy as np

from engine.images import Floats
from engine.pixels import grounds
from engine.pixels import matte as mattes
from engine.pixels.adapting import SceneLight, adapted, scene_light
from engine.pixels.casting import drop_shadow, frame_size, kept_shadow, standing_shadow
from engine.pixels.color import parse_hex
from engine.pixels.mirroring import Mirror
from engine.pixels.placing import STANDING_MARGIN, Frame, Placement, moved, place, product_bounds
from engine.pixels.staging import Cast, laid_on, laid_on_nothing
from engine.quality.metrics import mean_delta_e2000
from jobs.problems import ProblemError
from jobs.spec import Background, Gradient, sha256_of
from worker.operations.context import OperationContext
from worker.operations.finding import on_white
from worker.operations.lifting import FAINTEST_SHADOW, Lifted, lift, overview, own_shadow
from worker.operations.registry import COMPOSITE, Size, operation
from worker.picture import Picture, Pixels

_WHITE = "#ffffff"
_ADAPT = 0.5
_DOWNWARDS = 180.0
_MEASURED_PX = 256  # in which is measured what a scene changed
_MOST_ENLARGED = 2.0  # without a warning


def framed_size(params: Background, size: Size) -> Size:
    """The frame's size; with one side alone it keeps the picture's aspect."""
    width, height = size
    if params.width and not params.height:
        return params.width, max(1, round(height * params.width / width))
    if params.height and not params.width:
        return max(1, round(width * params.height / height)), params.height
    return params.width or width, params.height or height


@operation("background", cost=0.5, size_after=framed_size)
def background(picture: Picture, params: Background, context: OperationContext) -> Picture:
    """Lift the product off its ground, place it in the frame, and lay it and what it casts on the new ground.

    Raises ProblemError no-product-found, or invalid-parameter for a ground that this picture does not have.
    """
    size = framed_size(params, (picture.width, picture.height))
    _require_ground(params, picture)
    lifted = lift(picture, context)
    placement = _placed(params, lifted, size, context)
    shadow = _kept_shadow(params, picture, lifted, context)
    ground = _ground(params, picture, lifted, size, context)
    rgba = moved(np.dstack((lifted.colors, lifted.matte)), placement)
    if params.image is not None:
        assert ground is not None
        rgba = _adapted(rgba, scene_light(ground, _ADAPT if params.adapt is None else params.adapt), context)
    matte = rgba[..., 3].copy()
    context.findings["fill"] = round(_fill(matte), 4)
    cast = _cast(params, matte, placement, shadow, (picture.width, picture.height))
    _tell_what_is_cast(params, placement, shadow, context)
    laid = laid_on_nothing(rgba, cast) if ground is None else laid_on(rgba, ground, cast)
    origin = None if picture.origin is None else placement.motion @ picture.origin
    return replace(Picture.from_pixels(laid), matte=matte, origin=origin)


def _require_ground(params: Background, picture: Picture) -> None:
    if params.blur is not None and picture.alpha is not None:
        detail = (
            "blur needs the photo's own ground, and it is gone from this picture, which is transparent; "
            "background does without a cutout before it"
        )
        raise ProblemError("invalid-parameter", detail)


def _placed(params: Background, lifted: Lifted, size: Size, context: OperationContext) -> Placement:
    height, width = lifted.matte.shape
    try:
        bounds = product_bounds(lifted.matte)
    except ValueError as error:
        raise ProblemError("no-product-found", str(error)) from error
    placement = place(
        width, height, bounds, Frame(*size, fill=params.fill, anchor=params.anchor, margin=_margin(params))
    )
    context.findings["scale"] = round(placement.scale, 4)
    if bounds.cut:
        context.findings["cut_off"] = list(bounds.cut)
    if placement.exposed:
        sides = " and ".join(placement.exposed)
        context.warnings.append(f"the photo cuts the product off at the {sides}, and there the cut shows in the frame")
    if params.fill is not None and placement.fill > params.fill + 0.005:
        context.warnings.append(
            "the photo cuts the product off at two opposite sides, so it spans the frame: "
            f"it fills {placement.fill:.0%}, not {params.fill:.0%}"
        )
    if placement.scale > _MOST_ENLARGED:
        context.warnings.append(f"the product was enlarged {placement.scale:.1f} times: upscale before keeps it sharp")
    return placement


def _margin(params: Background) -> float:
    """What is free under a standing product: twice as much where its reflection is to be seen there."""
    if params.margin is not None:
        return params.margin
    return 2 * STANDING_MARGIN if params.reflection else STANDING_MARGIN


def _fill(matte: Pixels) -> float:
    """The share of the frame that the product takes, measured in the result; 0 where it is too thin to be seen."""
    try:
        seen = product_bounds(matte)
    except ValueError:
        return 0.0
    return max(seen.width / int(matte.shape[1]), seen.height / int(matte.shape[0]))


def _kept_shadow(params: Background, picture: Picture, lifted: Lifted, context: OperationContext) -> Floats | None:
    """The picture's own shadow, where it is to be kept, or to be taken out of its own ground."""
    layer = picture.alpha is not None and picture.matte is not None
    if not (params.shadow == "keep" or (params.shadow is None and layer)):
        return None
    shadow = own_shadow(picture, lifted)
    if shadow.max() > FAINTEST_SHADOW:
        return shadow
    if params.shadow == "keep":
        context.warnings.append("no shadow was kept: none was found on the ground near the product")
    return None


def _ground(
    params: Background, picture: Picture, lifted: Lifted, size: Size, context: OperationContext
) -> Pixels | None:
    """The ground, uint8 [height,width,3], which may be written to; None where it is to be transparent."""
    if params.transparent:
        context.findings["ground"] = "transparent"
        return None
    if params.image is not None:
        context.findings.update(ground="image", digital_source_type=COMPOSITE)
        return grounds.covering(on_white(context.uploaded(sha256_of(params.image))), size)
    if params.blur is not None:
        context.findings["ground"] = "blur"
        return _out_of_focus(params, picture, lifted, size)
    if params.gradient is not None:
        context.findings["ground"] = "gradient"
        asked = params.gradient
        return grounds.gradient(size, _colors(asked))
    context.findings["ground"] = color = params.color or _WHITE
    return grounds.solid(size, parse_hex(color))


def _colors(asked: Gradient) -> grounds.Gradient:
    angle = _DOWNWARDS if asked.angle is None else asked.angle
    return grounds.Gradient(parse_hex(asked.start), parse_hex(asked.end), asked.shape, angle)


def _out_of_focus(params: Background, picture: Picture, lifted: Lifted, size: Size) -> Pixels:
    """The photo's ground without the product; without its shadow, too, where another is laid over it."""
    assert params.blur is not None
    hole = overview(lifted.matte)
    if params.shadow not in (None, "none"):
        shadow = own_shadow(picture, lifted)
        hole = np.maximum(hole, np.asarray(np.rint(shadow * 255), np.uint8))
    try:
        return grounds.out_of_focus(picture.rgb, hole, params.blur, size)
    except ValueError as error:
        raise ProblemError("invalid-parameter", f"blur: {error}") from error


def _adapted(rgba: Pixels, light: SceneLight, context: OperationContext) -> Pixels:
    """The product in the scene's light, and how much that changed it."""
    changed = np.dstack((adapted(np.ascontiguousarray(rgba[..., :3]), light), rgba[..., 3]))
    side = mattes.fitted_size(rgba.shape[1], rgba.shape[0], _MEASURED_PX)
    before, after = (mattes.shrink(pixels, *side) for pixels in (rgba, changed))
    weight = (before[..., 3] == 255).astype(np.float64)
    moved_by = mean_delta_e2000(before[..., :3], after[..., :3], weight) if weight.any() else 0.0
    context.findings["adaptation"] = {
        "stops": round(light.stops, 3),
        "gains": [round(gain, 3) for gain in light.gains],
        "mean_delta_e2000": round(moved_by, 2),
    }
    return changed


def _cast(params: Background, matte: Pixels, placement: Placement, kept: Floats | None, size: Size) -> Cast:
    small = mattes.shrink(matte, *frame_size(placement)).astype(np.float32) / np.float32(255)
    mirror = Mirror.under(small, (placement.width, placement.height), params.reflection)
    if kept is not None:
        return Cast(kept_shadow(kept, size, placement), mirror)
    if params.shadow == "contact":
        return Cast(standing_shadow(small, placement.product.cut), mirror)
    return Cast(drop_shadow(small) if params.shadow == "drop" else None, mirror)


def _tell_what_is_cast(
    params: Background, placement: Placement, kept: Floats | None, context: OperationContext
) -> None:
    stands_on_nothing = params.shadow == "contact" and "bottom" in placement.product.cut
    shadow = "keep" if kept is not None else params.shadow or "none"
    context.findings["shadow"] = "none" if stands_on_nothing or (shadow == "keep" and kept is None) else shadow
    if params.reflection:
        context.findings["reflection"] = params.reflection
    if stands_on_nothing:
        context.warnings.append("there is no contact shadow: the photo cuts the product off at the bottom")
