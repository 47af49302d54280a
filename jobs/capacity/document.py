"""What a plan is made of: lines that each say what, how much, why, and where the figure comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Source = Literal["measured", "assumed", "given", "missing"]
"""The weakest of what a line rests on: a measurement, an assumption that it names, or the operator's own figure. What
nobody measured, or gave the price of, is missing."""

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Line:
    """One figure. ``value`` is None of what nobody measured, or no price was given for; ``why`` is its formula."""

    name: str
    value: float | None
    unit: str
    why: str
    source: Source = "measured"
    text: str | None = None

    @property
    def rests_on(self) -> Source:
        """Its source; missing of what has no value."""
        return "missing" if self.value is None else self.source

    @property
    def shown(self) -> str:
        """The value as people read it, with its unit."""
        if self.text is not None:
            return self.text
        if self.value is None:
            return NOT_MEASURED
        return f"{number(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Wall:
    """What stops growth: at how many photos a day, all else being as asked, and how it is moved."""

    name: str
    photos_per_day: float
    why: str
    moved_by: str


@dataclass(frozen=True)
class CapacityPlan:
    """All lines by their group, the settings to set, the walls with the nearest first, and what to be careful with."""

    groups: Mapping[str, Sequence[Line]]
    settings: Mapping[str, str]
    walls: Sequence[Wall]
    warnings: Sequence[str]
    measured: Mapping[str, str]

    def line(self, name: str) -> Line:
        """The line of that name."""
        return next(line for lines in self.groups.values() for line in lines if line.name == name)

    def value(self, name: str) -> float:
        """Its value. A line without one is our own mistake."""
        found = self.line(name).value
        assert found is not None, f"{name} has no value"
        return found

    def to_json(self) -> dict[str, Any]:
        """As the command and the API tell it."""
        return {
            "groups": [
                {
                    "name": name,
                    "lines": [asdict(line) | {"text": line.shown, "source": line.rests_on} for line in lines],
                }
                for name, lines in self.groups.items()
            ],
            "settings": dict(self.settings),
            "walls": [asdict(wall) for wall in self.walls],
            "warnings": list(self.warnings),
            "measured": dict(self.measured),
        }


def number(value: float) -> str:
    """Three digits that count, whole from a hundred on, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
