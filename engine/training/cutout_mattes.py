"""The true mattes: which are held out, and how a product's alpha is told from its shadow's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.training import data as pictures
from engine.training.data import Pixels

# Held out of all training, by product, so that no view or colour of a held-out product is trained on: the low trainer,
# both slip-ons from all sides, three small bottles, the hung T-shirt, a mug, a cushion, two hoodies, three gift cards.
HELD_OUT = (
    "d51834", "15f39c", "fa073f", "0c5b62", "ce82e1", "791c8c", "a4df1c", "cfbd2a", "80af31", "e6e999", "26f5ed",
    "f07eb9", "451dd0", "cc3f4a", "5543a8", "7f91c5", "95d6b1",
)  # fmt: skip
CORE_ALPHA = 0.85  # nothing but product is as dense; reflections and shadows end at 0.7
GLASS = ("bdac87",)  # a tankard: its handle lets through more light than its shadow does
GLASS_CORE_ALPHA = 0.62
FRINGE_PX = 3  # how far a product's soft edge reaches at 1024 px
LARGEST_SHADOWS = 0.85


@dataclass(frozen=True)
class Cutout:
    """A product without its background."""

    image: Pixels  # [H,W,3], straight (not premultiplied) colours
    alpha: NDArray[np.float32]  # [H,W] 0..1, the product alone
    veil: NDArray[np.float32] | None = None  # [H,W] 0..1, the alpha with the shadow that came with it


def matte_paths(data: Path, held_out: bool) -> list[Path]:
    """Return the mattes to train on, or those held out, in a fixed order."""
    return [path for path in pictures.matte_cutouts(data) if (path.stem[:6] in HELD_OUT) == held_out]


def load_matte(path: Path, longest_px: int | None = None) -> Cutout:
    """Read one RGBA cut-out, trimmed to where it shows, its product and shadow told apart (`product_alpha`)."""
    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"))
    rows, columns = (np.flatnonzero((rgba[..., 3] > 2).any(axis=axis)) for axis in (1, 0))
    rgba = np.ascontiguousarray(rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    veil = rgba[..., 3].astype(np.float32) / 255.0
    core_alpha = GLASS_CORE_ALPHA if path.stem[:6] in GLASS else CORE_ALPHA
    return shrink_cutout(Cutout(rgba[..., :3], product_alpha(veil, core_alpha), veil), longest_px)


def shrink_cutout(cutout: Cutout, longest_px: int | None) -> Cutout:
    """Return the cut-out no longer than ``longest_px``; colours are averaged by their alpha."""
    height, width = cutout.alpha.shape
    if longest_px is None or max(height, width) <= longest_px:
        return cutout
    scale = longest_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    veil = cutout.alpha if cutout.veil is None else cutout.veil
    weight = veil[..., None] + np.float32(1e-3)
    colours = cv2.resize(cutout.image * weight, size, interpolation=cv2.INTER_AREA)
    colours = colours / cv2.resize(weight, size, interpolation=cv2.INTER_AREA)[..., None]
    small, small_veil = (np.asarray(cv2.resize(a, size, interpolation=cv2.INTER_AREA)) for a in (cutout.alpha, veil))
    return Cutout(np.asarray(np.rint(colours), np.uint8), small, None if cutout.veil is None else small_veil)


def product_alpha(veil: NDArray[np.float32], core_alpha: float = CORE_ALPHA) -> NDArray[np.float32]:
    """Return the product's share [H,W] of an alpha that contains its shadow and reflection too.

    The product is the dense core (alpha over ``core_alpha``), what the core encloses if it is half dense (glass), and a
    fringe of `FRINGE_PX` around it. In the fringe the shadow s that shows just outside is taken out of the alpha a as
    of two layers, a = p + (1 - p) s. All that lies farther out is shadow.
    """
    core = np.asarray(veil > core_alpha, np.uint8)
    core = _keep_large(core, least_share=0.004)
    dense = np.asarray(veil > 0.45, np.uint8)
    core = np.asarray(core | (_enclosed(core) & dense), np.uint8)
    reach = max(2, round(FRINGE_PX * max(veil.shape) / 900))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(core, disc) > 0
    outside = np.asarray(~near, np.float32)
    sigma = float(reach)
    seen = cv2.GaussianBlur(outside, (0, 0), sigma)
    shadow = np.minimum(cv2.GaussianBlur(veil * outside, (0, 0), sigma) / (seen + 1e-4), LARGEST_SHADOWS)
    share = np.clip((veil - shadow) / (1 - shadow), 0.0, 1.0)
    return np.asarray(np.where(core > 0, veil, np.where(near, share, 0.0)), np.float32)


def _keep_large(mask: NDArray[np.uint8], least_share: float) -> NDArray[np.uint8]:
    count, labels, facts, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = facts[:, cv2.CC_STAT_AREA]
    kept = [index for index in range(1, count) if areas[index] >= least_share * areas[1:].max()]
    return np.asarray(np.isin(labels, kept), np.uint8)


def _enclosed(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return 1 where the mask is 0 and cannot be reached from the picture's border."""
    padded = np.pad(1 - mask, 1, constant_values=1)
    _, labels = cv2.connectedComponents(np.asarray(padded, np.uint8), connectivity=4)
    return np.asarray((padded > 0) & (labels != labels[0, 0]), np.uint8)[1:-1, 1:-1]
