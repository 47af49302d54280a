"""Made pictures at the size that was asked for: enlarged by the networks, on a ground that stays pure white."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generation.scoring import product_mask
from engine.pixels.geometry import resize
from worker.operations.context import OperationContext
from worker.picture import Pixels

_FACTORS = ((), (2,), (4,), (2, 4))
"""Ways to enlarge by networks, the shortest first; the rest of the way is Lanczos'."""


def enlarged(
    pictures: Sequence[Pixels],
    size_px: int,
    context: OperationContext,
    begun: float = 0.0,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Pixels]:
    """Square pictures uint8 [s, s, 3] of products on white, at `size_px`: [size_px, size_px, 3], their ground 255.

    All go to the networks together, `upscale-x2` and `upscale-x4`, and so share batches; each is shrunk as it is
    answered. What is more than eight times as large is Lanczos' alone from there. `begun` is the part of the operation,
    0 to 1, that is done by now; the networks divide the rest by the pixels that they are given. `meanwhile` is called
    once, when the first of them has its work.
    """
    factors = _factors(pictures[0].shape[0], size_px)
    given = [math.prod(factors[:index]) ** 2 for index in range(len(factors))]
    large: Iterable[Pixels] = pictures
    for index, factor in enumerate(factors):
        smaller = list(large)
        start, end = (begun + (1 - begun) * sum(given[:done]) / sum(given) for done in (index, index + 1))
        context.part(start, end)
        large = cast(Iterable[Pixels], context.ask_each(f"upscale-x{factor}", smaller))
        if index == 0:
            meanwhile()
    if not factors:
        meanwhile()
    pairs = zip(pictures, large, strict=True)
    return [_on_pure_white(resize(each, size_px, size_px), picture) for picture, each in pairs]


def upscalers_for(from_px: int, to_px: int) -> tuple[str, ...]:
    """The networks to enlarge by, one after the other, so that what is left to do is to shrink, if that can be."""
    return tuple(f"upscale-x{factor}" for factor in _factors(from_px, to_px))


def widest_px(from_px: int, to_px: int) -> int:
    """The side of the largest pictures that there are on the way: what the networks make may be shrunk."""
    return max(to_px, from_px * math.prod(_factors(from_px, to_px)))


def _factors(from_px: int, to_px: int) -> tuple[int, ...]:
    return next((factors for factors in _FACTORS if from_px * math.prod(factors) >= to_px), _FACTORS[-1])


def _on_pure_white(large: Pixels, small: Pixels) -> Pixels:
    """`large` with its ground made white: what surrounds the product in `small`, but for a rim of one of its pixels.

    A hard border would show; the ground sets in along that rim.
    """
    ground = np.asarray(~_filled(product_mask(small)), np.uint8)
    inner = cv2.erode(ground, np.ones((3, 3), np.uint8), borderValue=1).astype(np.float32)
    share = cv2.resize(inner, large.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    return np.asarray(np.rint(large + (255 - large) * share), np.uint8)


def _filled(product: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The product with what it encloses, which is not ground but may be a light part of it."""
    height, width = product.shape
    framed = np.zeros((height + 2, width + 2), np.uint8)
    framed[1:-1, 1:-1] = product
    _, labels = cv2.connectedComponents(1 - framed, connectivity=4)
    return np.asarray(labels[1:-1, 1:-1] != labels[0, 0])
