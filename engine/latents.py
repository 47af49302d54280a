"""What the engine calls latents, and the one place where a caller's array is checked against it."""

import numpy as np

from engine.errors import LatentsRefused
from engine.images import Floats


def require_latents(vectors: object, length: int, model: str) -> Floats:
    """Return `vectors` as a C-contiguous float32 [n, length] array, copied only if its memory is laid out otherwise.

    Raises LatentsRefused, naming the model, for anything else: another type, dtype or shape, no vector at all, or
    values that are not finite.
    """
    if not isinstance(vectors, np.ndarray):
        raise LatentsRefused(f"{model} takes a float32 [n, {length}] array; received {type(vectors).__name__}")
    if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != length or len(vectors) == 0:
        raise LatentsRefused(
            f"{model} takes a float32 [n >= 1, {length}] array; received {vectors.dtype} {list(vectors.shape)}"
        )
    bad = ~np.isfinite(vectors)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise LatentsRefused(
            f"{model} takes vectors of finite values; received {vectors[row, column]} at vector {row}, value {column}"
        )
    return np.ascontiguousarray(vectors)
