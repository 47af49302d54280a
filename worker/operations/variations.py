"""variations: new pictures of products like the photo's, on white."""

from dataclasses import replace

from engine.generation.cutouts import Cutout
from engine.generation.orders import Variation
from jobs.spec import Variations, sha256_of
from worker.operations.context import OperationContext
from worker.operations.finding import product_of
from worker.operations.registry import maker
from worker.operations.studio import delivered, held_side_px, open_studio, pointing
from worker.picture import Picture


@maker("variations", cost=1.0, held_side_px=held_side_px)
def variations(photo: Picture | None, params: Variations, context: OperationContext) -> list[Picture]:
    """Cut the photo's product out, have the studio vary it, and enlarge what it chose.

    Raises ProblemError: unknown-model, invalid-parameter, no-product-found.
    """
    assert photo is not None, "the spec has seen to a photo"
    studio = open_studio(context, params.size_px)
    variation = _variation(params, context.seed)
    with pointing(context):
        studio.require_possible(variation)  # before any picture is looked at
        product = product_of(photo, context, "the photo")
        made = studio.vary(replace(variation, towards=_target(params, context)), product)
    return delivered(made, params.size_px, context)


def _variation(params: Variations, seed: int) -> Variation:
    """All of it but the picture that it goes towards."""
    return Variation(
        seed=seed,
        count=params.count,
        effort=params.effort,
        strength=params.strength,
        colors=params.colors,
        pattern=params.pattern,
        adjust=params.adjust,
    )


def _target(params: Variations, context: OperationContext) -> Cutout | None:
    if params.towards is None:
        return None
    picture = context.uploaded(sha256_of(params.towards))
    return product_of(picture, context, f"the picture {params.towards} to go towards")
