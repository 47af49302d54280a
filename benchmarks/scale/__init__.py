"""The job record under ever more jobs and ever larger crowds, and a day of ten million photos on a model of the fleet.

Costs are processor time of Redis' main thread; a busy machine makes them several times dearer all the same, and the
page says how far apart those of equal work lay. `KEPT=1000,10000` sets how many jobs are kept at each level. The
figures go to `jobs/capacity/record.json`, where `packshot capacity` reads them, into the tables of `docs/capacity.md`,
and into its pictures. Takes minutes: it runs only by name.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scale import crowds, growth, report, states
from benchmarks.scale.listening import ear_us
from benchmarks.tables import Row

_LEVELS = (1_000, 10_000, 100_000)


def measure(folder: Path) -> dict[str, Sequence[Row]]:
    """The tables by their titles."""
    levels = tuple(int(told) for told in os.environ.get("KEPT", "").split(",") if told) or _LEVELS
    kept = growth.measure(folder / "growth", levels)
    grown = crowds.measure(folder / "crowds", max(levels))
    tables: dict[str, Sequence[Row]] = {
        "Kept jobs": [{name: round(row[name], 3) for name in kept[0]} for row in kept],
        "Crowds": grown,
        "A job's memory": states.measure(folder / "states"),
    }
    report.write(kept, grown, tables, ear_us(folder / "ear"))
    return tables
