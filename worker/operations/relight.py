"""relight: exposure, contrast and colour cast put right by what the network predicts from a small frame, or by hand."""

from typing import cast

import numpy as np

from engine.images import Floats
from engine.pixels import light
from engine.pixels.local_light import apply_exposure
from jobs.spec import Relight
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture

_STEP = 4  # every fourth pixel each way tells how much was changed


@operation("relight", cost=0.1)
def relight(picture: Picture, params: Relight, context: OperationContext) -> Picture:
    """Apply `strength` of what the network answers, then `exposure`; at strength 0 the network is not asked.

    How much that was, the mean change in code values, is a finding: a photo that was left alone shows 0.
    """
    relit = picture.rgb
    if params.strength:
        relit = light.relight(relit, cast(Floats, context.ask("relight", relit)), params.strength)
    if params.exposure:
        relit = apply_exposure(relit, params.exposure)
    if relit is picture.rgb:
        return picture
    change = np.abs(relit[::_STEP, ::_STEP].astype(np.int16) - picture.rgb[::_STEP, ::_STEP])
    context.findings.update(mean_change=round(float(change.mean()), 2))
    return picture.with_rgb(relit)
