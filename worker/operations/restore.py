"""restore: noise, JPEG blocks and blur taken out by the network of that name."""

from typing import cast

from engine.pixels.color import blend
from engine.pixels.noise import noise_levels, with_noise_level
from engine.pixels.restoring import restoring_strength
from jobs.spec import Restore
from worker.operations.context import OperationContext
from worker.operations.registry import operation
from worker.picture import Picture, Pixels


@operation("restore", cost=1.0)
def restore(picture: Picture, params: Restore, context: OperationContext) -> Picture:
    """Mix the restored picture with the original by `strength`; 0 leaves the picture as it is, unasked.

    "auto" asks, and judges by the answer how strongly to mix; a picture found clean stays as it is.
    """
    if params.strength == 0.0:
        return picture
    levels = noise_levels(picture.rgb)
    restored = cast(Pixels, context.ask("restore", with_noise_level(picture.rgb, levels)))
    strength = restoring_strength(picture.rgb, restored, levels) if params.strength == "auto" else params.strength
    context.findings.update(strength=strength, noise=round(float(levels.min()), 2))
    if strength in (0.0, 1.0):
        return picture.with_rgb(restored) if strength else picture
    return picture.with_rgb(blend(picture.rgb, restored, strength))
