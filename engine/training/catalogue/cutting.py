"""Cuts the product out of a photo with the project's own networks, and says which cutouts are no use to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.generation.cutouts import Cutout, cut_out, without_specks
from engine.images import Image
from engine.pixels.closeup import find_product
from engine.training.cards import folder_of
from engine.training.catalogue.errors import UnfitError
from engine.training.inference import Network

LEAST_SHARE = 0.01
"""Of the photo: what is smaller is a speck, or a product that shows no detail."""
MOST_TOUCHING = 0.1
"""Of the product's width or height: a hanger's hook or a cuff may touch the photo's border; a skirt's hem may not."""


class Cutter:
    """The two networks that cut out, loaded once."""

    def __init__(self, weights: Path, threads: int) -> None:
        """Raises FileNotFoundError where `weights` holds no network."""
        self._frames = Network(folder_of(weights, "cutout"), threads)
        self._edges = Network(folder_of(weights, "cutout-edges"), threads)

    @property
    def versions(self) -> tuple[str, str]:
        """The names of both networks' folders, such as cutout-2."""
        return self._frames.folder.name, self._edges.folder.name

    def cut(self, photo: Image) -> Cutout:
        """Return the product of a uint8 [H,W,3] photo.

        Raises UnfitError: no-product, doubtful-cutout, cut-off.
        """
        found = find_product(photo, self._frames.predict_matte, self._edges.apply, LEAST_SHARE)
        if found.share < LEAST_SHARE:
            raise UnfitError("no-product", f"{found.share:.2%} of the photo look like one; needed: {LEAST_SHARE:.0%}")
        if found.doubtful:
            raise UnfitError("doubtful-cutout", f"only {found.confidence:.0%} of it is expected to be right")
        alpha = without_specks(found.alpha(photo))
        _require_whole(alpha > 127)
        return cut_out(photo, alpha, found)


def _require_whole(product: NDArray[np.bool_]) -> None:
    """Refuse a product [H,W] that the photo's border cuts off along more than `MOST_TOUCHING` of its extent there."""
    height, width = (max(1, int(product.any(axis=axis).sum())) for axis in (1, 0))
    lines = {"top": (product[0], width), "bottom": (product[-1], width)}
    lines |= {"left": (product[:, 0], height), "right": (product[:, -1], height)}
    shares = {side: float(line.sum()) / extent for side, (line, extent) in lines.items()}
    side = max(shares, key=lambda name: shares[name])
    if shares[side] > MOST_TOUCHING:
        raise UnfitError("cut-off", f"{shares[side]:.0%} of it go on beyond the {side}; allowed: {MOST_TOUCHING:.0%}")
