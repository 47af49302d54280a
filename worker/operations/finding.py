"""The product in a picture, found by the service's own networks: to be cut out, or to be learned from."""

from typing import cast

import numpy as np

from engine.generation.cutouts import Cutout, cut_out, without_specks
from engine.generation.placing import product_box
from engine.images import Floats
from engine.pixels.closeup import Closeup, find_product, glance
from engine.pixels.color import flatten
from engine.pixels.geometry import resize
from engine.pixels.matte import enlarge
from engine.pixels.parts import product_share
from jobs.problems import ProblemError
from worker.operations.context import OperationContext
from worker.picture import Picture, Pixels

_WHITE = (255, 255, 255)
_LEAST_SHARE = 0.002
_MOST_PX = 1024  # of the product's longer side: four times what its pattern is looked at in, eight times a made picture


def on_white(picture: Picture) -> Pixels:
    """How a picture is seen: on white where it is transparent."""
    return picture.rgb if picture.alpha is None else flatten(picture.rgba(), _WHITE)


def find(seen: Pixels, context: OperationContext) -> Closeup:
    """The product of a uint8 [H, W, 3] picture, by `cutout` and `cutout-edges`.

    Raises ProblemError no-product-found.
    """
    found = find_product(
        seen,
        lambda photo: cast(Floats, context.ask("cutout", photo))[0],
        lambda edges: cast(Pixels, context.ask("cutout-edges", edges)),
        _LEAST_SHARE,
    )
    if found.share < _LEAST_SHARE:
        raise _no_product(found.share)
    return found


def product_matte(picture: Picture, context: OperationContext) -> Pixels:
    """Where the product is, uint8 [H, W]: the picture's matte, its transparency, or what the networks find.

    A doubtful outline is warned of. Raises ProblemError no-product-found.
    """
    if picture.matte is not None:
        return picture.matte
    if picture.alpha is not None:
        return picture.alpha
    found = find(picture.rgb, context)
    if found.doubtful:
        context.warnings.append(f"look at the outline: only {found.confidence:.0%} of it is expected to be right")
    return found.alpha(picture.rgb)


def rough_matte(seen: Pixels, context: OperationContext) -> Pixels:
    """About where the product of a uint8 [H,W,3] picture is, uint8 [H,W], by one look of one small network.

    For where its edge does not matter. Raises ProblemError no-product-found.
    """
    coarse = glance(seen, lambda photo: cast(Floats, context.ask("cutout", photo))[0])
    share = product_share(coarse)
    if share < _LEAST_SHARE:
        raise _no_product(share)
    return np.asarray(np.rint(enlarge(coarse, seen.shape[1], seen.shape[0]) * 255), np.uint8)


def within(alpha: Pixels, picture: Picture) -> Pixels:
    """An alpha of the picture's size, kept within the alpha that the picture had already."""
    if picture.alpha is None:
        return alpha
    return np.asarray(np.rint(alpha * (picture.alpha / np.float32(255))), np.uint8)


def product_of(picture: Picture, context: OperationContext, called: str) -> Cutout:
    """The product alone, as catalogues are made of such; a doubtful outline is warned of.

    It is no larger than they are looked at. `called` says of which picture a warning or problem is. Raises ProblemError
    no-product-found.
    """
    seen = on_white(picture)
    try:
        found = find(seen, context)
    except ProblemError as error:
        raise ProblemError(error.problem.type, f"{called}: {error.problem.detail}", **error.problem.extra) from error
    if found.doubtful:
        context.warnings.append(
            f"{called} may be misread: only {found.confidence:.0%} of its outline is expected to be right"
        )
    cutout = cut_out(seen, without_specks(within(found.alpha(seen), picture)), found)
    try:
        part = product_box(cutout.alpha)
    except ValueError as error:
        raise ProblemError("no-product-found", f"{called}: {error}") from error
    return _small(Cutout(cutout.colors[part], cutout.alpha[part], cutout.confidence))


def _small(cutout: Cutout) -> Cutout:
    """The same in at most `_MOST_PX`, so that eight large photos are not all held at once; always a copy."""
    height, width = cutout.alpha.shape
    scale = min(1.0, _MOST_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = resize(np.dstack((cutout.colors, cutout.alpha)), *size)
    return Cutout(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]), cutout.confidence)


def _no_product(share: float) -> ProblemError:
    detail = (
        f"no product stands out from its background: {share:.2%} of the picture look like one; "
        f"needed: {_LEAST_SHARE:.2%}"
    )
    return ProblemError("no-product-found", detail, product_share=round(share, 5), least_share=_LEAST_SHARE)
