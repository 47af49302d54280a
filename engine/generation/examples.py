"""Products that a generator has seen of one category, in words and numbers: what completes a wish that is not complete.

Each open attribute is taken from one and the same example, so that what belongs together stays together: a striped
dress has two colours, a maxi dress is tall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import Attributes, Color
from engine.quality.metrics import srgb_to_lab

_NEAREST = 4  # so many examples, or a quarter of all, are near enough to complete a wish
_A_WHOLE_ASPECT = 50.0  # one octave of height by width counts like so large a difference in Lab
_STANDS_OUT = 15.0  # distance in Lab from which a second colour shows beside the first
_WHOLE = 0.94  # of a product: a colour of so large a share is its only one

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """Attributes of products of one category, each complete: its colours, its pattern and its aspect are known.

    Raises ValueError for no example at all, or one that is not complete.
    """

    shown: tuple[Attributes, ...]

    def __post_init__(self) -> None:
        if not self.shown:
            raise ValueError("a category needs one example at least, got none")
        for each in self.shown:
            if not each.colors or each.pattern is None or each.aspect is None:
                raise ValueError(f"an example has colours, a pattern and an aspect, got {each}")

    def completed(self, asked: Attributes, chance: float, *, measured: bool = False) -> Attributes:
        """Return what was asked, what it leaves open as in one of the examples that agree best with it.

        ``chance``, 0 to 1, says which of them. Colours asked for are kept as they are, but for one: a pattern needs two
        colours to show, so a single one gets a second beside it; not
        where both were ``measured`` on one picture.
        """
        near = self._nearest(asked)
        example = self.shown[near[int(chance * len(near))]]
        pattern = asked.pattern or example.pattern
        colors = asked.colors or example.colors
        if pattern != "plain" and len(colors) == 1 and not measured:
            colors = _with_second(colors[0], example.colors)
        return replace(asked, colors=colors, pattern=pattern, aspect=asked.aspect or example.aspect)

    def _nearest(self, asked: Attributes) -> list[int]:
        """Return the places of the examples that agree best: by the pattern first, then by one colour or two."""
        places = list(range(len(self.shown)))
        if asked.pattern is not None:
            places = self._only(places, lambda example: example.pattern == asked.pattern)
        elif len(asked.colors) == 1 and asked.colors[0].share >= _WHOLE:
            places = self._only(places, lambda example: example.pattern == "plain")
        if len(asked.colors) > 1 or asked.pattern not in (None, "plain"):
            places = self._only(places, lambda example: len(example.colors) > 1)
        costs = self._costs(asked)[places]
        limit = np.sort(costs)[min(max(_NEAREST, len(places) // 4), len(places)) - 1]
        return [place for place, cost in zip(places, costs, strict=True) if cost <= limit]

    def _only(self, places: list[int], wanted: Callable[[Attributes], bool]) -> list[int]:
        """Return those that are as wanted; all of them where none is."""
        return [place for place in places if wanted(self.shown[place])] or places

    def _costs(self, asked: Attributes) -> Doubles:
        """How far each example is from what was asked, [N], in units of Lab."""
        costs = np.zeros(len(self.shown))
        if asked.colors:
            costs += np.linalg.norm(self._labs - _lab(asked.colors[0]), axis=1)
        if asked.aspect is not None:
            costs += _A_WHOLE_ASPECT * np.abs(self._octaves - np.log2(asked.aspect))
        return costs

    @cached_property
    def _labs(self) -> Doubles:
        return np.stack([_lab(example.colors[0]) for example in self.shown])

    @cached_property
    def _octaves(self) -> Doubles:
        return np.log2(np.array([example.aspect for example in self.shown], np.float64))


def _with_second(color: Color, others: Sequence[Color]) -> tuple[Color, ...]:
    """Return a colour and the one of the others that shows best beside it, the larger share first; alone for none."""
    apart = [float(np.linalg.norm(_lab(other) - _lab(color))) for other in others]
    farthest = int(np.argmax(apart))
    if apart[farthest] < _STANDS_OUT:
        return (color,)
    if color.share < 0.5:  # it was asked for as the colour of a pattern: the other is what that stands on
        return replace(others[farthest], share=1 - color.share), color
    second = replace(others[farthest], share=min(others[farthest].share, 0.5))
    return replace(color, share=min(color.share, 1 - second.share)), second


def _lab(color: Color) -> Doubles:
    return srgb_to_lab(np.array(color.srgb, np.uint8))
