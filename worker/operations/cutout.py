"""cutout: the product alone, with soft edges, its own colours along them, and its contact shadow if wanted."""

import numpy as np

from engine.pixels import matte as mattes
from engine.pixels.closeup import Closeup
from engine.pixels.foreground import clear_colors, mean_surroundings
from engine.pixels.parts import product_share, touched_borders
from engine.pixels.shadow import contact_shadow, lay_under
from jobs.spec import Cutout
from worker.operations.context import OperationContext
from worker.operations.finding import find, on_white, within
from worker.operations.registry import operation
from worker.picture import Picture, Pixels

_OVERVIEW_PX = 768  # in which shadow and findings are looked for
_FAINTEST_SHADOW = 0.02


@operation("cutout", cost=0.4)
def cutout(picture: Picture, params: Cutout, context: OperationContext) -> Picture:
    """Ask `cutout` for a small matte and `cutout-edges` for its edges; opaque pixels keep their bytes.

    A picture that has alpha already is seen on white, and keeps at most the alpha it had. Raises ProblemError
    no-product-found.
    """
    seen = on_white(picture)
    found = find(seen, context)
    alpha = found.alpha(seen)
    colors = _clear_colors(seen, alpha, found)
    product = within(alpha, picture)
    size = mattes.fitted_size(picture.width, picture.height, _OVERVIEW_PX)
    matte = mattes.shrink(alpha, *size).astype(np.float32) / np.float32(255)
    context.findings.update(
        product_share=round(product_share(matte), 4),
        confidence=round(found.confidence, 3),
        touches=touched_borders(matte),
    )
    if found.doubtful:
        context.warnings.append(f"look at the outline: only {found.confidence:.0%} of it is expected to be right")
    if context.findings["touches"]:
        sides = " and ".join(context.findings["touches"])
        context.warnings.append(f"the product goes on beyond the picture: it is cut off at the {sides}")
    if params.shadow == "keep":
        shadow = contact_shadow(mattes.shrink(seen, *size), matte)
        colors, alpha = lay_under(colors, alpha, shadow)
        context.findings["shadow"] = bool(shadow.max() > _FAINTEST_SHADOW)
        if not context.findings["shadow"]:
            context.warnings.append("no shadow was kept: none was found on the ground near the product")
    return Picture(colors, within(alpha, picture), product, picture.origin)


def _clear_colors(seen: Pixels, alpha: Pixels, found: Closeup) -> Pixels:
    """The colours of `clear_colors` in the part that holds the product; the rest is white."""
    part = found.rows, found.columns
    colors = clear_colors(seen[part], alpha[part], mean_surroundings(found.small, found.matte))
    if colors.shape == seen.shape:
        return colors
    whole = np.full_like(seen, 255)
    whole[part] = colors
    return whole
