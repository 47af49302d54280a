"""`python -m tests.faults`: the faults against real processes, each with its outcome and its time to recover."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import tests.faults.causes  # noqa: F401  (enters the faults)
from tests.faults import tables
from tests.faults.catalogue import Fault, in_order
from tests.faults.runs import Outcome, Run

RESULTS = Path(__file__).parents[2] / "results" / "faults"
_SHOWN = 2_000


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 all as promised, 1 not, 2 a mistake in the arguments."""
    options = _parser().parse_args(arguments)
    console = Console()
    return _run(_chosen(options.only), console)


def _run(faults: list[Fault], console: Console) -> int:
    outcomes: list[Outcome] = []
    with console.status("starting") as status:

        def about(fault: Fault) -> None:
            status.update(f"[{len(outcomes) + 1}/{len(faults)}] {fault.number} {fault.name} ...")

        for outcome in Run().outcomes(faults, about):
            outcomes.append(outcome)
            _tell(outcome, console)
    _show(outcomes, console)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "table.md").write_text(tables.markdown(outcomes))
    return int(any(outcome.problem for outcome in outcomes))


def _tell(outcome: Outcome, console: Console) -> None:
    if outcome.problem:
        console.print(f"{outcome.fault.number} {outcome.fault.name}: FAILED", style="red", markup=False)
        console.print(f"{outcome.problem[:_SHOWN]}\nlogs: {outcome.logs}", markup=False)
    else:
        told = f"as promised; recovered after {outcome.recovery_s:.1f} s, {outcome.took_s:.1f} s in all"
        console.print(f"{outcome.fault.number} {outcome.fault.name}: {told}", markup=False)


def _show(outcomes: list[Outcome], console: Console) -> None:
    table = Table(*tables.COLUMNS)
    for row in tables.rows(outcomes):
        table.add_row(*row)
    console.print(table, markup=False)


def _chosen(only: str) -> list[Fault]:
    faults = in_order()
    if not only:
        return faults
    wanted = [number.strip() for number in only.split(",")]
    known = {fault.number: fault for fault in faults}
    if unknown := [number for number in wanted if number not in known]:
        print(f"there is no fault {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    return [known[number] for number in wanted]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="N,N", help="the faults of these numbers alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
