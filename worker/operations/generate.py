"""generate: new product pictures on white, from words, attributes, pictures that are liked, or nothing at all."""

from dataclasses import replace

from engine.generation.cutouts import Cutout
from engine.generation.orders import Mix, Order
from jobs.spec import Generate, sha256_of
from worker.operations.context import OperationContext
from worker.operations.finding import product_of
from worker.operations.registry import maker
from worker.operations.studio import delivered, held_side_px, open_studio, pointing
from worker.picture import Picture


@maker("generate", cost=1.0, held_side_px=held_side_px)
def generate(_nothing: Picture | None, params: Generate, context: OperationContext) -> list[Picture]:
    """Cut the liked products out, order from the studio, and enlarge what it chose.

    Raises ProblemError: unknown-model, invalid-parameter, no-product-found (in a picture that is liked).
    """
    studio = open_studio(context, params.size_px)
    order = _order(params, context.seed)
    with pointing(context):
        studio.understand(order)  # refused, if it is, before any liked picture is looked at
        made = studio.generate(replace(order, likes=_likes(params, context)))
    return delivered(made, params.size_px, context)


def _likes(params: Generate, context: OperationContext) -> tuple[Cutout, ...]:
    return tuple(
        product_of(context.uploaded(sha256_of(upload)), context, f"the liked picture {upload}")
        for upload in params.like
    )


def _order(params: Generate, seed: int) -> Order:
    """All of it but the likes."""
    return Order(
        seed=seed,
        count=params.count,
        effort=params.effort,
        text=params.text or "",
        category=params.category,
        colors=params.colors,
        pattern=params.pattern,
        aspect=params.aspect,
        like_strength=params.like_strength,
        mix=None if params.mix is None else Mix(params.mix.seed, params.mix.share),
        adjust=params.adjust,
    )
