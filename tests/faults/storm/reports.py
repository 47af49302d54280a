"""What a long run is told by: a table of the faults with their recoveries, and all of it as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from tests.faults.storm.running import Record

COLUMNS = ("fault", "times", "recovered after (median)", "90 %", "longest")


def rows(record: Record) -> Iterable[tuple[str, ...]]:
    """A row for each kind of fault, as text; seconds."""
    for kind, recoveries in sorted(record.recoveries.items()):
        told = (percentile(recoveries, share) for share in (0.5, 0.9, 1.0))
        yield kind, str(len(recoveries)), *(f"{seconds:.1f} s" for seconds in told)


def document(record: Record) -> str:
    """All that was counted and measured, as JSON."""
    kinds: dict[str, Any] = {
        kind: {"times": len(one), **{f"p{share}_s": round(percentile(one, share / 100), 2) for share in (50, 90, 100)}}
        for kind, one in sorted(record.recoveries.items())
    }
    told = asdict(record) | {"plan": {"seed": record.plan.seed, "minutes": record.plan.minutes}, "recoveries": kinds}
    return json.dumps(told | {"took_s": round(record.took_s, 1)}, indent=1) + "\n"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
