"""relight: exposure and colour cast put right by a 3D table that the network predicts from a small frame."""

from typing import cast

from engine.images import Floats
from engine.pixels.light import apply_lut3d
from jobs.spec import Relight
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture


@operation("relight", cost=0.1)
def relight(picture: Picture, params: Relight, context: OperationContext) -> Picture:
    """Mix the relit picture with the original by `strength`; 0 leaves the picture as it is, unasked."""
    if params.strength == 0.0:
        return picture
    table = cast(Floats, context.ask("relight", picture.rgb))
    return picture.with_rgb(apply_lut3d(picture.rgb, table, params.strength))
