"""relight: exposure, contrast and colour cast put right by what the network predicts from a small frame."""

from typing import cast

from engine.images import Floats
from engine.pixels import light
from jobs.spec import Relight
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture


@operation("relight", cost=0.1)
def relight(picture: Picture, params: Relight, context: OperationContext) -> Picture:
    """Apply `strength` of what the network answers; 0 leaves the picture as it is, unasked."""
    if params.strength == 0.0:
        return picture
    answer = cast(Floats, context.ask("relight", picture.rgb))
    return picture.with_rgb(light.relight(picture.rgb, answer, params.strength))
