"""recolor: the product, or a part of it, in other colours, one picture for each; and how near they came."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.generation.called_colors import UnknownColorError, color_called
from engine.pixels.geometry import Box
from engine.pixels.lab import codes_of_lab
from engine.pixels.recoloring import recolor as recolored
from engine.pixels.recoloring_picks import PartNotFoundError, Pick
from engine.pixels.recoloring_region import Part, find_part
from engine.quality.metrics import srgb_to_lab
from engine.quality.recoloring import Lab, Reached, reached
from jobs.problems import ProblemError
from jobs.spec import LabColor, PickedBox, PickedPoint, Recolor
from worker.operations.context import OperationContext
from worker.operations.finding import product_matte
from worker.operations.registry import COMPOSITE, Size, operation
from worker.picture import Picture

_FAR = 5.0  # ΔE2000
_LITTLE_TEXTURE = 0.9
_SMALL_SHARE = 0.5


@dataclass(frozen=True)
class _Dye:
    """A colour that was asked for: as it was `asked`, and what it is."""

    asked: str | list[float]
    lab: Lab


def recolored_size(params: Recolor, size: Size) -> Size:
    """The same size. Raises ProblemError invalid-parameter for a point or box that leaves the picture."""
    width, height = size
    outside = ""
    if params.point is not None and not (params.point.x < width and params.point.y < height):
        outside = f"the point ({params.point.x:g}, {params.point.y:g}) lies outside the picture"
    if params.box is not None and (
        params.box.x + params.box.width > width or params.box.y + params.box.height > height
    ):
        box = params.box
        outside = f"the box of {box.width} × {box.height} at ({box.x}, {box.y}) leaves the picture"
    if outside:
        detail = f"{outside}, which is {width} × {height} pixels at this point"
        raise ProblemError("invalid-parameter", detail, width=width, height=height)
    return size


@operation("recolor", cost=0.5, size_after=recolored_size)
def recolor(picture: Picture, params: Recolor, context: OperationContext) -> list[Picture]:
    """Find the product and the part that is meant, dye it in each colour, and measure the results.

    Alpha, matte and origin stay. Raises ProblemError invalid-parameter, no-product-found.
    """
    dyes = _dyes(params, context)
    pick = _pick(params, context)
    recolored_size(params, (picture.width, picture.height))
    matte = product_matte(picture, context)
    try:
        part = find_part(picture.rgb, matte, pick, picture.alpha)
    except PartNotFoundError as error:
        received = params.model_dump(mode="json").get(error.field)
        message = str(error) if received is None else f"{error}; got {json.dumps(received, ensure_ascii=False)}"
        raise _pointed(context, error.field, message) from error
    _tell_of_part(part, params, context)
    made = []
    for index, dye in enumerate(dyes):
        context.still_wanted()
        rgb = recolored(picture.rgb, part, dye.lab)
        result = reached(picture.rgb, rgb, part.weight, dye.lab)
        _tell_of_output(index, dye, result, context)
        made.append(Picture(rgb, picture.alpha, matte, picture.origin))
    return made


def _dyes(params: Recolor, context: OperationContext) -> list[_Dye]:
    fields = ["color"] if params.colors is None else [f"colors/{index}" for index in range(len(params.colors))]
    return [_dye(target, field, context) for target, field in zip(params.targets, fields, strict=True)]


def _dye(color: str | LabColor, field: str, context: OperationContext) -> _Dye:
    """Names and codes are sRGB values."""
    if isinstance(color, LabColor):
        return _Dye(list(color.lab), color.lab)
    try:
        srgb = color_called(color).srgb
    except UnknownColorError as error:
        raise _pointed(context, field, str(error)) from error
    lab = srgb_to_lab(np.array(srgb, np.uint8))
    return _Dye(color, (float(lab[0]), float(lab[1]), float(lab[2])))


def _pick(params: Recolor, context: OperationContext) -> Pick:
    return Pick(
        point=None if params.point is None else _pixel(params.point),
        box=None if params.box is None else _box(params.box),
        color=None if params.source is None else _dye(params.source, "from", context).lab,
        tolerance=params.tolerance,
        keep_prints=params.keep_prints,
    )


def _pixel(point: PickedPoint) -> tuple[int, int]:
    return int(point.x), int(point.y)


def _box(box: PickedBox) -> Box:
    return Box(box.x, box.y, box.width, box.height)


def _pointed(context: OperationContext, field: str, message: str) -> ProblemError:
    """A problem that points at the spec's field, or at the operation as a whole."""
    pointer = f"{context.pointer}/{field}" if field else context.pointer
    mistake = {"pointer": pointer, "detail": message}
    return ProblemError("invalid-parameter", f"{pointer}: {message}", errors=[mistake])


def _tell_of_part(part: Part, params: Recolor, context: OperationContext) -> None:
    source: Lab = (float(part.body.lab[0]), float(part.body.lab[1]), float(part.body.lab[2]))
    context.findings.update(
        digital_source_type=COMPOSITE,
        source=_told(source),
        recolored_share=round(part.share, 4),
        outputs=[],
    )
    whole = params.point is None and params.box is None and params.source is None
    if whole and params.keep_prints and part.share < _SMALL_SHARE:
        context.warnings.append(
            f"only {part.share:.0%} of the product has its main colour, {context.findings['source']['hex']}, and was "
            "recoloured: it has a pattern or several colours; point, box or from choose another part"
        )


def _tell_of_output(index: int, dye: _Dye, result: Reached, context: OperationContext) -> None:
    asked, got = _told(dye.lab), _told(result.lab)
    context.findings["outputs"].append(
        {
            "asked": dye.asked,
            "target": asked,
            "reached": got,
            "delta_e2000": round(result.delta_e, 2),
            "mean_delta_e2000": round(result.mean_delta_e, 2),
            "p95_delta_e2000": round(result.p95_delta_e, 2),
            "texture_kept": round(result.texture, 3),
        }
    )
    if result.delta_e > _FAR:
        context.warnings.append(
            f"colour {index}, {asked['hex']}, was not reached: the product's is {got['hex']}, "
            f"{result.delta_e:.1f} ΔE2000 from it; screens (sRGB) cannot show every Lab colour"
        )
    if result.texture < _LITTLE_TEXTURE:
        context.warnings.append(
            f"colour {index}, {asked['hex']}: look at the cloth, whose texture changed "
            f"(its gradients correlate by {result.texture:.2f} with the photo's; usual is {_LITTLE_TEXTURE} and more)"
        )


def _told(lab: Lab) -> dict[str, Any]:
    """A colour for the manifest; the hex code is the nearest that there is."""
    codes = np.rint(codes_of_lab(np.array(lab, np.float32).reshape(1, 1, 3)))[0, 0].astype(np.uint8)
    return {"lab": [round(value, 2) for value in lab], "hex": f"#{codes.tobytes().hex()}"}
