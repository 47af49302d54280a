"""What was measured: the cost of a photo by what is asked for, and the record's by its size. Read from files beside.

``costs.json`` is written by ``make bench ONLY=costs``, ``record.json`` by ``make bench ONLY=scale``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jobs.capacity.demand import Work

PLAIN = "plain"
GENERATE = "generate"
ENLARGING: Mapping[str, int] = {"upscale": 2, "upscale-x2": 2, "upscale-x4": 4}
"""By how much longer each side is afterwards."""

MOST_OUTPUT_MP = 4_000
"""The most that PACKSHOT_MAX_OUTPUT_MEGAPIXELS can be."""

_OTHER_NAMES = {"upscale": "upscale-x2"}


@dataclass(frozen=True)
class Line:
    """Seconds of one core: a part that each photo costs, one for each megapixel, and how far a point lay from it."""

    fixed_s: float
    per_mp_s: float
    spread_s: float

    def at(self, megapixels: float) -> float:
        """The cost of one photo of that size."""
        return self.fixed_s + self.per_mp_s * megapixels


@dataclass(frozen=True)
class WorkCost:
    """What one job takes of a worker: seconds of one core, how uncertain that is, and megapixels in and out."""

    seconds: float
    spread_s: float
    worked_mp: float
    result_mp: float


@dataclass(frozen=True)
class Costs:
    """All that was measured. ``record`` is of the largest record that was looked at, and says how large that was."""

    kinds: Mapping[str, Line]
    job: Mapping[str, float]
    idle_per_s: Mapping[str, float]
    memory: Mapping[str, float]
    record: Mapping[str, float]
    source: str
    record_source: str
    gpu: Mapping[str, float] | None = None

    def of(self, work: Work, megapixels: float, renditions: int = 0) -> WorkCost:
        """What a job of that kind costs on a photo of that size. Raises ValueError for an operation without a cost, and
        for pictures larger than any installation allows.
        """
        lines = [] if work.operations[0] == GENERATE else [self.kinds[PLAIN].at(megapixels)]
        spread, size_mp, worked_mp = self.kinds[PLAIN].spread_s, megapixels, 0.0
        for name in work.operations:
            line = self._line(name)
            lines.append(line.at(size_mp))
            spread += line.spread_s
            worked_mp += size_mp
            size_mp *= ENLARGING.get(name, 1) ** 2
        if size_mp > MOST_OUTPUT_MP:
            raise ValueError(
                f"{'+'.join(work.operations)} makes pictures of {size_mp:,.0f} megapixels of a photo of "
                f"{megapixels:g}; allowed are at most {MOST_OUTPUT_MP:,}"
            )
        lines.append(renditions * self.kinds["rendition"].at(size_mp))
        return WorkCost(sum(lines), spread, worked_mp, size_mp * (1 + renditions))

    def mib_per_mp(self, work: Work) -> float:
        """The most memory that a job of that kind takes at once, MiB for each megapixel of its photo."""
        mib, larger = self.memory[PLAIN], 1
        for name in work.operations:
            mib = max(mib, larger * self.memory.get(_OTHER_NAMES.get(name, name), 0.0))
            larger *= ENLARGING.get(name, 1) ** 2
        return mib

    def _line(self, name: str) -> Line:
        known = self.kinds.get(_OTHER_NAMES.get(name, name))
        if known is None or name in (PLAIN, "rendition"):
            names = ", ".join(sorted({*self.kinds, *_OTHER_NAMES} - {PLAIN, "rendition"}))
            raise ValueError(f"what {name!r} costs was not measured; known are {names}")
        return known


@cache
def read_costs() -> Costs:
    """The figures that came with this version."""
    costs, record = _read("costs.json"), _read("record.json")
    return Costs(
        kinds={name: Line(**told) for name, told in costs["kinds"].items()},
        job=costs["job"],
        idle_per_s=costs["idle_per_s"],
        memory=costs["memory"],
        record=record["record"],
        source=_source(costs),
        record_source=_source(record),
        gpu=costs["gpu"],
    )


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("jobs") / "capacity" / name).read_text(encoding="utf-8"))
    return document


def _source(document: Mapping[str, Any]) -> str:
    return f"{document['command']}, {document['measured_on']}, {document['machine']}"
