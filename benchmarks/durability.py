"""What each level of durability loses when the power goes, and what it costs (docs/durability.md says what they mean).

The losses are measured by cutting the power of a disk of our own under a whole service, which needs root; without it
the costs alone are measured.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import durability_cost, durability_cuts
from benchmarks.power_cut import NoPowerCut

_Table = Sequence[Mapping[str, str | float]]


def measure(folder: Path) -> Mapping[str, _Table]:
    """Two tables: the cost, and, where the power can be cut, the loss."""
    tables: dict[str, _Table] = {"What it costs": durability_cost.measure(folder / "cost")}
    try:
        tables["What a loss of power takes"] = durability_cuts.measure(folder / "cuts")
    except NoPowerCut as reason:
        print(f"durability: no power is cut: {reason}", flush=True)
    return tables
