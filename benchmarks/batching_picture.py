"""Draws `benchmarks/batching.py`'s table of loads: `python -m benchmarks.batching_picture docs/images/batching.svg`."""

import sys
from pathlib import Path

from benchmarks.batching import load
from benchmarks.line_chart import Panel, Points, draw

_ACROSS = "offered load, share of the bare device's best rate"


def main(out: Path) -> None:
    """Write the picture."""
    rows = load()
    policies = list(dict.fromkeys(str(row["policy"]) for row in rows))

    def line(policy: str, column: str) -> Points:
        return [(float(row["load"]), float(row[column])) for row in rows if row["policy"] == policy]

    def latencies(kind: str) -> dict[str, Points]:
        return {f"{policy}, p{p}": line(policy, f"{kind}_p{p}_ms") for policy in policies for p in (50, 95, 99)}

    busy = {f"{policy}, p50": line(policy, "busy") for policy in policies}
    out.write_text(
        draw(
            [
                Panel("Device busy (solid)", busy, _ACROSS, (0.0, 0.25, 0.5, 0.75, 1.0)),
                Panel("Clicks, ms", latencies("click"), _ACROSS, (0.3, 1, 3, 10, 30, 100, 300), log=True),
                Panel("Bulk, ms", latencies("bulk"), _ACROSS, (0.3, 1, 3, 10, 30, 100, 300, 1000, 3000), log=True),
            ]
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
