"""The shape that somebody asked for, looked for in made pictures: a generator is asked for it, and may not do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from engine.generation.candidates import Fault
from engine.generation.quantities import QUANTITIES, sleeves, tallness
from engine.images import Image

ASPECT = "aspect"
SHAPES = ("sleeves", "tallness", "flare")
"""The quantities of a shape that pictures are chosen by, where much or little of them was asked for."""

_MUCH = 1.0  # deviations: of less, neither the most nor the least is best
_ASPECT_APART = 0.3  # between the logarithms of two aspects that look unlike
_SOME_SLEEVES, _LONG_SLEEVES = 0.12, 0.15  # by `quantities.sleeves`, of 128 made dresses and shirts that were looked at
_CLEARLY = 2.0  # deviations: what words ask for


@dataclass(frozen=True)
class WantedShape:
    """What was asked for: height by width, None for any; and steps by quantity, in deviations of what is usual."""

    aspect: float | None = None
    steps: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def chooses(self) -> bool:
        """Whether pictures differ in `scores`."""
        return self.aspect is not None or any(self._counts(name, step) for name, step in self.steps.items())

    def scores(self, picture: Image) -> dict[str, float]:
        """Return how much a uint8 [H,W,3] product on white shows of it, by name, higher is better; {} for any shape."""
        found = {
            name: float(np.sign(step)) * QUANTITIES[name](picture)
            for name, step in self.steps.items()
            if self._counts(name, step)
        }
        return found if self.aspect is None else found | {ASPECT: -self._apart(picture, self.aspect)}

    def differences(self, picture: Image) -> tuple[Fault, ...]:
        """Return in what a picture clearly does not show it."""
        found = []
        if self.aspect is not None and self._apart(picture, self.aspect) > _ASPECT_APART:
            got = float(np.exp(tallness(picture)))
            found.append(Fault(ASPECT, f"{self.aspect:.2f} times as high as wide was asked for, and it is {got:.2f}"))
        step = self.steps.get("sleeves", 0.0)
        if step >= _CLEARLY and sleeves(picture) < _LONG_SLEEVES:
            found.append(Fault("sleeves", "long sleeves were asked for, and they are short or not to be seen"))
        if step <= -_CLEARLY and sleeves(picture) > _SOME_SLEEVES:
            found.append(Fault("sleeves", "no sleeves were asked for, and there seem to be some"))
        return tuple(found)

    @staticmethod
    def _counts(name: str, step: float) -> bool:
        return name in SHAPES and abs(step) >= _MUCH

    @staticmethod
    def _apart(picture: Image, aspect: float) -> float:
        return abs(tallness(picture) - float(np.log(aspect)))
