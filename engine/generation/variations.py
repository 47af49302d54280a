"""Where variations of one product lie among the latents: around it, or on the way to another. Knows no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from engine.generation.attributes import Attributes, Color
from engine.generation.color_names import nearest_color
from engine.generation.facts import Facts
from engine.generation.latents import between, draw
from engine.generation.wishes import conditions_of, told
from engine.images import Floats


@dataclass(frozen=True)
class Place:
    """Where a product lies: what it is to show, all of it known, and its normal latent [LATENT_LENGTH]."""

    shows: Attributes
    latent: Floats


@dataclass(frozen=True)
class Around:
    """Pictures on a sphere around a product: each on the arc to what its seed draws, as far as ``strength`` says.

    It goes with the square of the angle: of small angles hardly anything is seen.
    """

    facts: Facts
    seed: int
    product: Place
    strength: float  # 0 is the product itself, 1 what was drawn
    steps: Mapping[str, float] = field(default_factory=dict)  # see Wish
    measured: bool = True  # whether the product shows the pattern and colours that were seen on it

    def vectors(self, count: int, start: int = 0) -> Floats:
        """Return what the generator is given for pictures `start` to `start + count - 1`; see Wish.vectors."""
        conditions = conditions_of(self.facts, [self.shown(start + k) for k in range(count)])
        drawn = self.facts.settled(draw(self.seed, count, start), conditions)
        latents = between(self.product.latent[None], drawn, self.strength**0.5)
        return told(self.facts, self.facts.directions.moved(latents, self.steps), conditions)

    def shown(self, number: int) -> Attributes:
        """Return what picture `number` is to show."""
        return self.facts.complete(self.product.shows, self.seed, number, measured=self.measured)


@dataclass(frozen=True)
class Between:
    """Pictures evenly on the way from one product to another; neither of them is among the pictures."""

    facts: Facts
    seed: int
    first: Place
    last: Place
    count: int
    steps: Mapping[str, float] = field(default_factory=dict)  # see Wish
    measured: bool = True  # whether both show the patterns and colours that were seen on them

    def vectors(self, count: int, start: int = 0) -> Floats:
        """Return what the generator is given for pictures `start` to `start + count - 1`; see Wish.vectors."""
        shares = np.array([self._share(start + k) for k in range(count)])
        latents = between(self.first.latent[None], self.last.latent[None], shares)
        conditions = conditions_of(self.facts, [self.shown(start + k) for k in range(count)])
        return told(self.facts, self.facts.directions.moved(latents, self.steps), conditions)

    def shown(self, number: int) -> Attributes:
        """Return what picture `number` is to show: colours and shape between, the rest as at the nearer end."""
        share = self._share(number)
        first, last = (
            self.facts.complete(each.shows, self.seed, number, measured=self.measured)
            for each in (self.first, self.last)
        )
        assert first.aspect is not None
        assert last.aspect is not None
        aspect = float(np.exp((1 - share) * np.log(first.aspect) + share * np.log(last.aspect)))
        nearer = first if share < 0.5 else last
        return replace(nearer, colors=_mixed_colors(first.colors, last.colors, share), aspect=aspect)

    def _share(self, number: int) -> float:
        return (number + 1) / (self.count + 1)


def _mixed_colors(first: tuple[Color, ...], last: tuple[Color, ...], share: float) -> tuple[Color, ...]:
    """Return the colours between: main and main, second and second; one without a second has its main one for it."""
    main = _mixed(first[0], last[0], share)
    if len(first) == len(last) == 1:
        return (main,)
    seconds = [colors[1] if len(colors) > 1 else replace(colors[0], share=0.0) for colors in (first, last)]
    second = _mixed(seconds[0], seconds[1], share)
    return replace(main, share=min(main.share, 1 - second.share)), second


def _mixed(first: Color, last: Color, share: float) -> Color:
    red, green, blue = (
        round((1 - share) * one + share * other) for one, other in zip(first.srgb, last.srgb, strict=True)
    )
    srgb = (red, green, blue)
    return Color(nearest_color(srgb).name, srgb, (1 - share) * first.share + share * last.share)
