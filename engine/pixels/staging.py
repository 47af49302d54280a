"""A product, its shadow and its reflection laid on a ground, or together on none. Knows neither photo nor scene.

From below: ground, shadow, reflection, product, as a polished floor mirrors in the shadow too; blended on sRGB code
values, as `kernels.composite` does. Work goes in strips: what is held beside the product and the result does not grow
with the frame.
"""

from dataclasses import dataclass

import numpy as np

from engine.images import Floats, Image
from engine.kernels.composite import composite
from engine.pixels.dithering import dithered
from engine.pixels.enlarging import enlarged_rows, strips
from engine.pixels.mirroring import Mirror


@dataclass(frozen=True)
class Cast:
    """What a product casts: a shadow, float32 [h,w] in 0..1 of any size or None, and a reflection."""

    shadow: Floats | None = None
    mirror: Mirror | None = None


def laid_on(product: Image, ground: Image, cast: Cast) -> Image:
    """Return the product, uint8 RGBA [H,W,4], with what it casts, on an opaque ground [H,W,3], which is used up.

    Opaque pixels of the product keep their bytes, and so does the ground where neither it nor anything cast is.
    """
    for rows in strips(*product.shape[:2]):
        colors, opacity = _cast(product, cast, rows)
        touched = opacity > 0
        if touched.any():
            share = opacity[..., None]
            below = ground[rows].astype(np.float32)
            shaded = dithered(np.asarray(below + share * (colors - below), np.float32), rows.start)
            ground[rows] = np.where(touched[..., None], shaded, ground[rows])
        _lay(product[rows, :, :3], product[rows, :, 3], ground[rows])
    return ground


def laid_on_nothing(product: Image, cast: Cast) -> Image:
    """Return the product, uint8 RGBA [H,W,4], with what it casts as soft layers under it: straight alpha, [H,W,4]."""
    joint = product.copy()
    for rows in strips(*product.shape[:2]):
        colors, opacity = _cast(product, cast, rows)
        touched = (opacity > 0) & (product[rows, :, 3] < 255)
        if not touched.any():
            continue
        share = product[rows, :, 3][touched].astype(np.float32) / np.float32(255)
        under = (1 - share) * opacity[touched]
        alpha = share + under
        mixed = share[:, None] * product[rows, :, :3][touched] + under[:, None] * colors[touched]
        joint[rows, :, :3][touched] = np.clip(np.rint(mixed / np.maximum(alpha, 1e-6)[:, None]), 0, 255)
        joint[rows, :, 3][touched] = np.rint(alpha * 255)
    return joint


def _lay(colors: Image, alpha: Image, ground: Image) -> None:
    """`composite` in place: opaque pixels are copied, and only an edge is blended."""
    np.copyto(ground, colors, where=(alpha == 255)[..., None])
    edge = (alpha > 0) & (alpha < 255)
    if edge.any():
        ground[edge] = composite(colors[edge], ground[edge], alpha[edge])


def _cast(product: Image, cast: Cast, rows: slice) -> tuple[Floats, Floats]:
    """The colours [h,W,3] and the opacity [h,W] of shadow and reflection, joined."""
    size = product.shape[0], product.shape[1]
    dark = np.zeros((rows.stop - rows.start, size[1]), np.float32)
    if cast.shadow is not None:
        dark = enlarged_rows(cast.shadow, size, rows)
    if cast.mirror is None or rows.stop <= cast.mirror.first_row:
        return np.zeros((*dark.shape, 3), np.float32), dark
    colors, mirrored = cast.mirror.reflected(product, rows)
    joint = mirrored + (1 - mirrored) * dark
    share = np.divide(mirrored, joint, out=np.zeros_like(joint), where=joint > 0)
    return np.asarray(colors * share[..., None], np.float32), np.asarray(joint, np.float32)
