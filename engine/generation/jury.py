"""What the critic and the classifier say of made pictures, as scores. Knows the networks only as callables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import Attributes
from engine.generation.candidates import CRITIC, REALISM, Standards
from engine.generation.color_fit import color_difference
from engine.generation.condition import MOST_CATEGORIES
from engine.generation.facts import Facts
from engine.generation.latents import LATENT_LENGTH
from engine.generation.networks import Ask, judged_and_classified
from engine.generation.shapes import ASPECT, SHAPES, WantedShape
from engine.generation.showing import shown_in
from engine.images import Floats, Image

CATEGORY = "category"
COLOR = "color"
PATTERN = "pattern"
LEAST_COLOR = 0.85  # a ΔE2000 of 15
LEAST_CATEGORY = 0.5  # where the catalogue filled it in
_ASKED_WEIGHT = 8.0  # of a pattern or a shape, as much as all others together: of good pictures those that show it

_ANY_SHAPE = WantedShape()


def studio_standards(*, distinct: bool, of_category: bool = False) -> Standards:
    """Return the standards of a `Jury`'s scores.

    ``distinct``: whether a near-duplicate is poor; ``of_category``: whether whatever looks like another category is,
    since somebody asked for one.
    """
    usual = Standards()
    least_category = 1.0 if of_category else LEAST_CATEGORY
    asked = dict.fromkeys((PATTERN, ASPECT, *SHAPES), _ASKED_WEIGHT)
    return Standards(
        MappingProxyType({**usual.least, CATEGORY: least_category, COLOR: LEAST_COLOR}),
        MappingProxyType({**usual.weights, CATEGORY: 1.0, COLOR: 1.0, **asked}),
        distinct,
    )


class Seen:
    """The classifier's answer, apart: features [n,F] and the probabilities of the known categories [n,K]."""

    def __init__(self, answer: Floats, categories: tuple[str, ...]) -> None:
        logits = answer[:, -MOST_CATEGORIES:][:, : len(categories)].astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.features = answer[:, :-MOST_CATEGORIES]
        self.probabilities: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        self.categories = [categories[int(row.argmax())] for row in self.probabilities]


class Jury:
    """Scores the candidates of one order, by their order; remembers what is seen in each of them.

    ``pattern`` and ``shape``: what was asked for of them. ``pause`` is called before each second look, and may raise.
    """

    def __init__(
        self,
        facts: Facts,
        ask: Ask,
        pattern: str | None = None,
        shape: WantedShape = _ANY_SHAPE,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self.seen: list[str] = []  # categories, by the candidate's number
        self.shown: dict[int, Attributes] = {}  # of those that had a second look, by the candidate's number
        self._facts = facts
        self._ask = ask
        self._pattern = pattern
        self._shape = shape
        self._pause = pause

    def second_look(self, number: int, picture: Image) -> Mapping[str, float]:
        """Return how much a candidate shows of what was asked for: `WantedShape.scores`, and ``pattern``, 1 or 0.

        To see a pattern takes more than half as long as making the picture does.
        """
        self._pause()
        scores = self._shape.scores(picture)
        if self._pattern is None:
            return scores
        shown = self.shown[number] = shown_in(picture, self.seen[number])
        return scores | {PATTERN: float(shown.pattern == self._pattern)}

    def opinions(self, pictures: Image, vectors: Floats) -> Mapping[str, Floats]:
        """Return scores [n] of pictures [n,H,W,3] that were made of vectors [n,LATENT_LENGTH + CONDITION_LENGTH].

        ``critic``: the critic's, for the picture's own condition. ``realism``: see RealPictures. ``category``: how
        probable the category asked for is beside the most probable one, 1 where it is that itself. ``color``: 1 less a
        hundredth of the ΔE2000 between colours asked and got.
        """
        conditions = vectors[:, LATENT_LENGTH:]
        judged, classified = judged_and_classified(self._ask, pictures)
        seen = Seen(classified, self._facts.categories)
        self.seen += seen.categories
        asked = conditions[:, : len(self._facts.categories)].argmax(axis=1)
        ratios = [row[place] / row.max() for row, place in zip(seen.probabilities, asked, strict=True)]
        colors = [1 - color_difference(*pair) / 100 for pair in zip(pictures, conditions, strict=True)]
        return {
            CRITIC: judged[:, 0] + (judged[:, 1:] * conditions).sum(axis=1),
            REALISM: self._facts.real.realism(seen.features),
            CATEGORY: np.array(ratios, np.float32),
            COLOR: np.array(colors, np.float32),
        }
