"""cutout: the product alone, with soft edges, its own colours along them, and its contact shadow if wanted."""

from typing import cast

import numpy as np

from engine.images import Floats
from engine.pixels import matte as mattes
from engine.pixels.color import flatten
from engine.pixels.foreground import clear_colors, mean_surroundings
from engine.pixels.parts import product_share, tidy, touched_borders
from engine.pixels.shadow import contact_shadow, lay_under
from jobs.problems import ProblemError
from jobs.spec import Cutout
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture, Pixels

_WHITE = (255, 255, 255)
_LEAST_SHARE = 0.002


@operation("cutout", cost=0.4)
def cutout(picture: Picture, params: Cutout, context: OperationContext) -> Picture:
    """Ask `cutout` for a small matte and `cutout-edges` for its edges; opaque pixels keep their bytes.

    A picture that has alpha already is seen on white, and keeps at most the alpha it had. Raises ProblemError
    no-product-found.
    """
    seen = picture.rgb if picture.alpha is None else flatten(picture.rgba(), _WHITE)
    coarse = _ask_frame(seen, context)
    small = mattes.shrink(seen, *mattes.working_size(picture.width, picture.height, max(coarse.shape)))
    matte = _ask_edges(small, coarse, context)
    alpha = mattes.full_alpha(seen, small, matte)
    context.findings.update(product_share=round(product_share(matte), 4), touches=touched_borders(matte))
    colors = clear_colors(seen, alpha, mean_surroundings(small, matte))
    if params.shadow == "keep":
        colors, alpha = lay_under(colors, alpha, contact_shadow(small, matte))
    if picture.alpha is not None:
        alpha = np.asarray(np.rint(alpha * (picture.alpha / np.float32(255))), np.uint8)
    return Picture(colors, alpha)


def _ask_frame(seen: Pixels, context: OperationContext) -> Floats:
    """The matte of the whole photo in a small frame, tidied."""
    frame = cast(Floats, context.ask("cutout", seen))[0]
    matte = tidy(frame, mattes.shrink(seen, frame.shape[1], frame.shape[0]))
    share = product_share(matte)
    if share < _LEAST_SHARE:
        detail = (
            f"no product stands out from its background: {share:.2%} of the picture look like one; "
            f"needed: {_LEAST_SHARE:.2%}"
        )
        raise ProblemError("no-product-found", detail, product_share=round(share, 5), least_share=_LEAST_SHARE)
    return matte


def _ask_edges(small: Pixels, frame: Floats, context: OperationContext) -> Floats:
    """The matte at the working size: the frame's, its edges drawn anew."""
    coarse = mattes.enlarge(frame, small.shape[1], small.shape[0])
    band = mattes.doubtful_band(coarse, max(frame.shape))
    fine = coarse
    if band.any():
        place = mattes.around(band)
        asked = np.dstack((small, np.asarray(np.rint(coarse * 255), np.uint8)))[place]
        fine = coarse.copy()
        fine[place] = cast(Pixels, context.ask("cutout-edges", np.ascontiguousarray(asked))).astype(np.float32) / 255
    return mattes.settle(coarse, fine, band)
