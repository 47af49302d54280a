"""Figures: one of a card, and the means that they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field

import numpy as np


@dataclass(frozen=True)
class Metric:
    """One figure of a card."""

    name: str
    set: str
    value: float
    baseline: dict[str, float] = field(default_factory=dict)

    def as_dict(self, command: str) -> dict[str, object]:
        """Return the card's entry, with the command that made it."""
        return asdict(self) | {"command": command}


class Scores:
    """Collects scores by method and turns their means into metrics."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, method: str, value: float) -> None:
        """Add one picture's score."""
        self._values[method].append(value)

    def metric(self, name: str, data: str, of: str = "model") -> Metric:
        """Return the mean of the method ``of`` as a metric, every other one as its baseline."""
        means = {method: round(float(np.mean(values)), 3) for method, values in self._values.items()}
        return Metric(name, f"{data} ({len(self._values[of])} pictures)", means.pop(of), means)
