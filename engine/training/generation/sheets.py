"""What a person judges a generator by: a hundred uncurated pictures, and the photos that its pictures are next to."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import torch
from torch import nn

from engine.generation.attributes import Attributes, Color
from engine.generation.color_names import ColorName, color_called
from engine.generation.condition import ASPECT_AT, condition_vector, on_white
from engine.images import Floats
from engine.models.classifier import Classifier
from engine.models.generator import SIDE_PX
from engine.training.data import Pixels, evenly
from engine.training.generation.distances import nearest
from engine.training.generation.items import Catalogue, Item
from engine.training.generation.pictures import as_images, conditions_of, features_of, look, make
from engine.training.sheets.layout import compose

COLORS = ("white", "beige", "black", "grey", "navy", "blue", "green", "red", "pink", "brown")
ROWS = 10
NEIGHBOURS = 4
SWATCH_PX = 20
LABEL_PX = 96
SEED = 0


def samples_sheet(generator: nn.Module, catalogue: Catalogue) -> Pixels:
    """Return `ROWS` categories by `COLORS`: the first picture of `SEED` and so on, plain, none left out.

    Of more categories the commonest are shown; fewer come again, with other latents.
    """
    counts = Counter(item.category for item in catalogue.items)
    common = sorted(category for category, _ in counts.most_common(ROWS))
    shown = [common[row % len(common)] for row in range(ROWS)]
    colors = [_named(name) for name in COLORS]
    asked = [_condition(catalogue, category, color) for category in shown for color in colors]
    images = as_images(make(generator, torch.from_numpy(np.stack(asked)), SEED))
    rows = [[_blank(SWATCH_PX, LABEL_PX), *(_swatch(color) for color in colors)]]
    for row, category in enumerate(shown):
        start = row * len(COLORS)
        rows.append([_label(catalogue.categories[category]), *images[start : start + len(COLORS)]])
    return compose(rows)


def neighbours_sheet(generator: nn.Module, teacher: Classifier, photos: list[Item]) -> Pixels:
    """Return rows of a made picture and the `NEIGHBOURS` photos that the classifier sees as nearest to it.

    The pictures are asked for by the conditions of `ROWS` photos, spread evenly. A generator that copies shows.
    """
    made = make(generator, conditions_of(evenly(photos, ROWS)), SEED)
    found = nearest(look(teacher, made).features, features_of(teacher, photos), NEIGHBOURS)
    return compose(
        [[image, *(photos[k].picture for k in row)] for image, row in zip(as_images(made), found, strict=True)]
    )


def _condition(catalogue: Catalogue, category: int, color: ColorName) -> Floats:
    """A plain product of one colour, of its category's median aspect, as it is asked for where pictures are served."""
    aspects = [item.condition[ASPECT_AT] for item in catalogue.items if item.category == category]
    aspect = float(np.exp(np.median(aspects)))
    colors = (Color(color.name, color.srgb, 1.0),)
    shows = Attributes(catalogue.categories[category], colors, "plain", aspect)
    return on_white(condition_vector(shows, catalogue.categories)[None])[0]


def _named(name: str) -> ColorName:
    color = color_called(name)
    assert color is not None
    return color


def _blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)


def _swatch(color: ColorName) -> Pixels:
    swatch = _blank(SWATCH_PX, SIDE_PX)
    swatch[:] = color.srgb
    return swatch


def _label(text: str) -> Pixels:
    label = _blank(SIDE_PX, LABEL_PX)
    cv2.putText(label, text, (2, SIDE_PX // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1, cv2.LINE_AA)
    return label
