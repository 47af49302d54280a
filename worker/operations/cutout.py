"""cutout: the product alone, with soft edges, its own colours along them, and its contact shadow if wanted."""

from engine.pixels.parts import product_share
from engine.pixels.shadow import contact_shadow, lay_under
from jobs.spec import Cutout
from worker.operations.context import OperationContext
from worker.operations.finding import on_white, within
from worker.operations.lifting import FAINTEST_SHADOW, lift_from_photo, overview, warn_of_doubt
from worker.operations.registry import operation
from worker.picture import Picture


@operation("cutout", cost=0.4)
def cutout(picture: Picture, params: Cutout, context: OperationContext) -> Picture:
    """Ask `cutout` for a small matte and `cutout-edges` for its edges; opaque pixels keep their bytes.

    A picture that has alpha already is seen on white, and keeps at most the alpha it had. Raises ProblemError
    no-product-found.
    """
    seen = on_white(picture)
    lifted = lift_from_photo(seen, context)
    colors, alpha = lifted.colors, lifted.matte
    matte = lifted.overview()
    context.findings.update(product_share=round(product_share(matte), 4))
    warn_of_doubt(lifted, context)
    if params.shadow == "keep":
        shadow = contact_shadow(overview(seen), matte)
        colors, alpha = lay_under(colors, alpha, shadow)
        context.findings["shadow"] = bool(shadow.max() > FAINTEST_SHADOW)
        if not context.findings["shadow"]:
            context.warnings.append("no shadow was kept: none was found on the ground near the product")
    return Picture(colors, within(alpha, picture), within(lifted.matte, picture), picture.origin)
