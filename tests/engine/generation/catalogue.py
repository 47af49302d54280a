"""A tiny catalogue's facts for the tests of generation, drawn by a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.generation.attributes import Attributes, Color
from engine.generation.color_names import color_called
from engine.generation.condition import CONDITION_LENGTH, MOST_CATEGORIES
from engine.generation.directions import Directions
from engine.generation.facts import Facts
from engine.generation.latents import LATENT_LENGTH

CATEGORIES = ("dress", "hat", "shoes")


def color(name: str, share: float = 1.0) -> Color:
    known = color_called(name)
    assert known is not None
    return Color(name, known.srgb, share)


PLAIN_DRESS = Attributes("dress", (color("red"),), "plain", 1.5)
STRIPED_DRESS = Attributes("dress", (color("navy", 0.7), color("white", 0.3)), "striped", 1.9)
HAT = Attributes("hat", (color("beige"),), "plain", 0.7)
SHOE = Attributes("shoes", (color("black"),), "plain", 0.5)


def facts(**changes: Any) -> Facts:
    """Facts of three categories whose latents have means and factors that are no identity."""
    rng = np.random.default_rng(3)
    length = LATENT_LENGTH
    factors = np.eye(length) + 0.05 * rng.standard_normal((MOST_CATEGORIES, length, length))
    known = Facts(
        categories=CATEGORIES,
        shares=np.array([0.5, 0.3, 0.2]),
        mean=0.2 * rng.standard_normal((CONDITION_LENGTH, length)),
        factors=factors,
        products=tuple(rng.standard_normal((count, length)).astype(np.float32) for count in (9, 4, 1)),
        quantity_names=("tallness", "flare"),
        quantities=tuple(np.random.default_rng(count).standard_normal((count, 2)) for count in (9, 4, 1)),
        shown=((PLAIN_DRESS, STRIPED_DRESS), (HAT,), (SHOE,)),
        real_features=rng.standard_normal((12, 6)).astype(np.float32),
        anomaly=np.array([0.0, 1.0, 2.0, 4.0, 8.0]),
        directions=Directions(("brightness",), rng.standard_normal((1, length)) / 8, np.array([12.0]), np.array([0.5])),
    )
    return replace(known, **changes)
