"""A cleaned catalogue, as the generator's networks learn from it: pictures on white and their conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import Attributes
from engine.generation.condition import colors_of, condition_vector, with_colors
from engine.images import Floats
from engine.models.generator import SIDE_PX
from engine.training.catalogue import records
from engine.training.catalogue.enough import require_enough
from engine.training.catalogue.held_out import held_out
from engine.training.data import DataUse, Pixels, load_rgb
from engine.training.generation.patterned import can_be_patterned, patterned

RECOLORED_SHARE = 0.5
PATTERNED_SHARE = 0.2  # of plain products


@dataclass(frozen=True)
class Item:
    """One product: its picture on white, its category's number, its condition, and what that was told from."""

    picture: Pixels  # [SIDE_PX,SIDE_PX,3]
    category: int
    condition: Floats  # [CONDITION_LENGTH]
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True)
class Catalogue:
    """The products to learn from, those that are kept out, and the names of their categories."""

    items: list[Item]
    held_out: list[Item]
    categories: tuple[str, ...]


def load_catalogue(folder: Path) -> Catalogue:
    """Read what `dataset` wrote into a folder.

    Raises FileNotFoundError where nothing was, CatalogueRefusedError for a line that is not one of its own, for too few
    products and for too few or too many categories.
    """
    path = folder / records.ITEMS_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; make it with: packshot-train dataset PHOTOS --out {folder}")
    lines = records.read_records(folder).items
    require_enough([line.category for line in lines], str(folder))
    categories = tuple(sorted({line.category for line in lines}))
    kept_out = held_out(lines)
    items = [_item(folder, line, categories) for line in lines]
    pairs = list(zip(items, kept_out, strict=True))
    return Catalogue([i for i, out in pairs if not out], [i for i, out in pairs if out], categories)


def data_uses(catalogue: Catalogue) -> list[DataUse]:
    """Return what a card says of the catalogue."""
    use = f"cut out and laid on white; categories: {', '.join(catalogue.categories)}"
    return [DataUse("a cleaned catalogue", "its owner's", "all but one in 20", len(catalogue.items), use)]


def augmented(item: Item, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    """Return the item's picture and condition, mirrored at random, `RECOLORED_SHARE` of them in another colour.

    `PATTERNED_SHARE` of the plain ones become striped or checked.
    """
    picture, condition = item.picture[:, ::-1] if rng.random() < 0.5 else item.picture, item.condition
    if rng.random() < RECOLORED_SHARE:
        picture, condition = _recolored(picture, condition, rng)
    if can_be_patterned(condition) and rng.random() < PATTERNED_SHARE:
        picture, condition = patterned(picture, condition, rng)
    return picture, condition


def _recolored(picture: Pixels, condition: Floats, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    recolor = _draw_recoloring(rng)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    changed = np.asarray(np.rint(_in_gamut(recolor(lab)) * 255), np.uint8)
    told = cv2.cvtColor(_in_gamut(recolor(colors_of(condition)[None])), cv2.COLOR_RGB2LAB)[0]
    return changed, with_colors(condition, told)


def _in_gamut(lab: NDArray[np.floating]) -> Floats:
    """Return Lab [h,w,3] as sRGB in 0..1, what sRGB cannot show cut off."""
    return np.clip(cv2.cvtColor(np.asarray(lab, np.float32), cv2.COLOR_LAB2RGB), 0, 1)


@dataclass(frozen=True)
class _Recoloring:
    """A turn of the hue, a stretch of chroma and of the distance from white; white stays white."""

    turn: float  # radians
    chroma: float
    depth: float

    def __call__(self, lab: NDArray[np.floating]) -> NDArray[np.floating]:
        """Map Lab [...,3] to the same shape."""
        cosine, sine = np.cos(self.turn) * self.chroma, np.sin(self.turn) * self.chroma
        light = np.clip(100 - (100 - lab[..., 0]) * self.depth, 0, 100)
        a, b = lab[..., 1], lab[..., 2]
        return np.stack([light, cosine * a - sine * b, sine * a + cosine * b], axis=-1)


def _draw_recoloring(rng: np.random.Generator) -> _Recoloring:
    return _Recoloring(rng.uniform(-np.pi, np.pi), rng.uniform(0.6, 1.5), rng.uniform(0.7, 1.15))


def _item(folder: Path, line: records.Item, categories: tuple[str, ...]) -> Item:
    picture = load_rgb(folder / line.file)
    if picture.shape[:2] != (SIDE_PX, SIDE_PX):
        picture = np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)
    attributes = Attributes(line.category, line.colors, line.pattern, line.aspect)
    return Item(picture, categories.index(line.category), condition_vector(attributes, categories), attributes)
