"""What is wanted of a generator: what was asked for, and what pictures that were liked say where nothing was asked.

Knows no picture: what is measured on a liked one comes as attributes (`description.describe`), and where it lies among
the latents from an encoder. Nothing of it is kept but by whoever keeps the wish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.generation.attributes import Attributes
from engine.generation.condition import CONDITION_LENGTH, condition_vector, generator_vectors, on_white
from engine.generation.facts import Facts
from engine.generation.latents import draw, mixed, steered
from engine.generation.orders import Mix
from engine.images import Floats


@dataclass(frozen=True)
class Like:
    """A picture that was liked: what it shows, and its normal latent [LATENT_LENGTH] where an encoder found one."""

    shows: Attributes
    latent: Floats | None = None


@dataclass(frozen=True)
class Wish:
    """A request for pictures: the k-th picture depends on the wish and k alone."""

    facts: Facts
    seed: int
    asked: Attributes
    likes: tuple[Like, ...] = ()
    strength: float = 0.0  # 0 to 1: how far draws are pulled to the likes' latents; attributes do not depend on it
    mix: Mix | None = None
    steps: Mapping[str, float] = field(default_factory=dict)  # by which products are chosen, or along directions

    def vectors(self, count: int, start: int = 0) -> Floats:
        """Return what the generator is given for pictures `start` to `start + count - 1`.

        float32 [count, LATENT_LENGTH + CONDITION_LENGTH]. Raises ValueError for a category or a direction that the
        generator does not know.
        """
        conditions = conditions_of(self.facts, [self.shown(start + k) for k in range(count)])
        latents = self.facts.settled(self._drawn(count, start), conditions, self.steps)
        liked = [like.latent for like in self.likes if like.latent is not None]
        if liked:
            latents = steered(latents, np.stack(liked), self.strength)
        return told(self.facts, self.facts.directions.moved(latents, self.facts.left_over(self.steps)), conditions)

    def shown(self, number: int) -> Attributes:
        """Return what picture `number` is to show: what nobody said is as in the catalogue."""
        shown = wished(self.asked, [like.shows for like in self.likes], number)
        liked = bool(self.likes) and not self.asked.colors and self.asked.pattern is None
        return self.facts.complete(shown, self.seed, number, measured=liked)

    def _drawn(self, count: int, start: int) -> Floats:
        latents = draw(self.seed, count, start)
        if self.mix is None:
            return latents
        return mixed(latents, draw(self.mix.seed, count, start), self.mix.share, self.mix.seed)


def conditions_of(facts: Facts, shown: Sequence[Attributes]) -> Floats:
    """Return the conditions [n,CONDITION_LENGTH] of n complete attributes, as they are to be seen on white."""
    conditions = [condition_vector(each, facts.categories) for each in shown]
    return on_white(np.array(conditions, np.float32).reshape(len(shown), CONDITION_LENGTH))


def told(facts: Facts, latents: Floats, conditions: Floats) -> Floats:
    """Return what a generator is given for normal latents [n,LATENT_LENGTH] and conditions [n,CONDITION_LENGTH]."""
    return generator_vectors(facts.own(latents, conditions), conditions)


def wished(asked: Attributes, likes: Sequence[Attributes], number: int) -> Attributes:
    """Return what was asked for; what was left open is as on the pictures that were liked.

    Colours and pattern are one like's, category and aspect one's too, and all likes take turns: of m likes, the first
    m pictures are each like one of them, the next m have the surface of one and the shape of the next. What is liked of
    another category than the one asked for has no say in the shape: a shoe is wider than a dress.
    """
    if not likes:
        return asked
    surface = likes[number % len(likes)]
    first = (number + number // len(likes)) % len(likes)
    in_turn = (*likes[first:], *likes[:first])
    form = next((like for like in in_turn if _has_form_of(like, asked.category)), Attributes())
    return replace(
        asked,
        category=asked.category or form.category,
        colors=asked.colors or surface.colors,
        pattern=asked.pattern or surface.pattern,
        aspect=asked.aspect or form.aspect,
    )


def _has_form_of(like: Attributes, category: str | None) -> bool:
    return like.category is not None if category is None else like.category in (None, category)
