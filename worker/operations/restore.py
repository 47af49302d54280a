"""restore: noise, JPEG blocks and blur taken out by the network of that name."""

from typing import cast

from engine.pixels.color import blend
from jobs.spec import Restore
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture, Pixels


@operation("restore", cost=1.0)
def restore(picture: Picture, params: Restore, context: OperationContext) -> Picture:
    """Mix the restored picture with the original by `strength`; 0 leaves the picture as it is, unasked."""
    if params.strength == 0.0:
        return picture
    restored = cast(Pixels, context.ask("restore", picture.rgb))
    return picture.with_rgb(restored if params.strength == 1.0 else blend(picture.rgb, restored, params.strength))
