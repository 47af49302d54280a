"""relight: exposure, contrast and colour cast put right by what the network predicts from a small frame."""

from typing import cast

import numpy as np

from engine.images import Floats
from engine.pixels import light
from jobs.spec import Relight
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture

_STEP = 4  # every fourth pixel each way tells how much was changed


@operation("relight", cost=0.1)
def relight(picture: Picture, params: Relight, context: OperationContext) -> Picture:
    """Apply `strength` of what the network answers; 0 leaves the picture as it is, unasked.

    How much that was, the mean change in code values, is a finding: a photo that was left alone shows 0.
    """
    if params.strength == 0.0:
        return picture
    answer = cast(Floats, context.ask("relight", picture.rgb))
    relit = light.relight(picture.rgb, answer, params.strength)
    change = np.abs(relit[::_STEP, ::_STEP].astype(np.int16) - picture.rgb[::_STEP, ::_STEP])
    context.findings.update(mean_change=round(float(change.mean()), 2))
    return picture.with_rgb(relit)
