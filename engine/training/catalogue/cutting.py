"""Cuts the product out of a photo with the project's own networks, and says which cutouts are no use to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.closeup import find_product
from engine.pixels.foreground import clear_colors, mean_surroundings
from engine.training.cards import folder_of
from engine.training.catalogue.errors import UnfitError
from engine.training.inference import Network

LEAST_SHARE = 0.01
"""Of the photo: what is smaller is a speck, or a product that shows no detail."""
MOST_TOUCHING = 0.1
"""Of the product's width or height: a hanger's hook or a cuff may touch the photo's border; a skirt's hem may not."""

_SPECK = 0.02  # of the largest part: a pair's second shoe is larger


@dataclass(frozen=True)
class Cutout:
    """A product alone: its own colours, free of the old background along the edge, and its alpha."""

    colors: Image  # uint8 [H,W,3], of the part of the photo that holds the product
    alpha: Image  # uint8 [H,W]
    confidence: float  # the overlap with the true product, 0 to 1, that the network expects


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
        alpha = _without_specks(found.alpha(photo))
        _require_whole(alpha > 127)
        part = found.rows, found.columns
        colors = clear_colors(photo[part], alpha[part], mean_surroundings(found.small, found.matte))
        return Cutout(colors, np.ascontiguousarray(alpha[part]), found.confidence)


def _without_specks(alpha: Image) -> Image:
    """Clear the parts of a uint8 [H,W] alpha that stand apart and are small: they would widen the product's box."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(np.asarray(alpha > 0, np.uint8), connectivity=8)
    areas = facts[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= _SPECK * areas.max()
    return np.where(kept[labels], alpha, 0).astype(np.uint8) if count > 1 else alpha


def _require_whole(product: NDArray[np.bool_]) -> None:
    """Refuse a product [H,W] that the photo's border cuts off along more than `MOST_TOUCHING` of its extent there."""
    height, width = (max(1, int(product.any(axis=axis).sum())) for axis in (1, 0))
    lines = {"top": (product[0], width), "bottom": (product[-1], width)}
    lines |= {"left": (product[:, 0], height), "right": (product[:, -1], height)}
    shares = {side: float(line.sum()) / extent for side, (line, extent) in lines.items()}
    side = max(shares, key=lambda name: shares[name])
    if shares[side] > MOST_TOUCHING:
        raise UnfitError("cut-off", f"{shares[side]:.0%} of it go on beyond the {side}; allowed: {MOST_TOUCHING:.0%}")
