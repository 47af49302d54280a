"""`python -m tests.faults`: the faults against real processes, each with its outcome and its time to recover.

With `--random` the long form: faults at random under a steady stream of jobs, from a seed or from an earlier plan.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

import tests.faults.causes  # noqa: F401  (enters the faults)
from tests.faults import tables
from tests.faults.catalogue import Fault, in_order
from tests.faults.installation import Installation
from tests.faults.runs import Outcome, Run
from tests.faults.storm import reports
from tests.faults.storm.plan import Plan, draw
from tests.faults.storm.running import Storm

RESULTS = Path(__file__).parents[2] / "results" / "faults"
_SHOWN = 2_000


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 all as promised, 1 not, 2 a mistake in the arguments."""
    options = _parser().parse_args(arguments)
    console = Console()
    RESULTS.mkdir(parents=True, exist_ok=True)
    if options.random or options.replay:
        plan = Plan.read(options.replay) if options.replay else draw(options.seed, options.minutes)
        return _play(plan, console)
    return _run(_chosen(options.only), console)


def _run(faults: list[Fault], console: Console) -> int:
    outcomes: list[Outcome] = []
    with console.status("starting") as status:

        def about(fault: Fault) -> None:
            status.update(f"[{len(outcomes) + 1}/{len(faults)}] {fault.number} {fault.name} ...")

        for outcome in Run().outcomes(faults, about):
            outcomes.append(outcome)
            _tell(outcome, console)
    _show(tables.COLUMNS, tables.rows(outcomes), console)
    (RESULTS / "table.md").write_text(tables.markdown(outcomes))
    return int(any(outcome.problem for outcome in outcomes))


def _play(plan: Plan, console: Console) -> int:
    written = RESULTS / f"plan-{plan.seed}.json"
    plan.write(written)
    console.print(f"{len(plan.blows)} faults in {plan.minutes:g} min; the plan: {written}", markup=False)
    folder = Path(tempfile.mkdtemp(prefix="packshot-storm-"))
    with console.status("starting") as status, Installation(folder) as place:
        record = Storm(place, plan, status.update).play()
    _show(reports.COLUMNS, reports.rows(record), console)
    console.print(f"{record.counts}\nended: {record.ends}; why: {record.problems}", markup=False)
    (RESULTS / f"storm-{plan.seed}.json").write_text(reports.document(record))
    for failure in record.failures:
        console.print(f"FAILED: {failure[:_SHOWN]}", style="red", markup=False)
    console.print(f"{len(record.failures)} promises broken; data and logs: {folder}", markup=False)
    return int(bool(record.failures))


def _tell(outcome: Outcome, console: Console) -> None:
    if outcome.problem:
        console.print(f"{outcome.fault.number} {outcome.fault.name}: FAILED", style="red", markup=False)
        console.print(f"{outcome.problem[:_SHOWN]}\nlogs: {outcome.logs}", markup=False)
    else:
        after = "" if outcome.recovery_s is None else f" recovered after {outcome.recovery_s:.1f} s,"
        told = f"as promised;{after} {outcome.took_s:.1f} s in all"
        console.print(f"{outcome.fault.number} {outcome.fault.name}: {told}", markup=False)


def _show(columns: Sequence[str], rows: Iterable[Sequence[str]], console: Console) -> None:
    table = Table(*columns)
    for row in rows:
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
    parser.add_argument("--random", action="store_true", help="the long form")
    parser.add_argument("--minutes", type=float, default=20.0, help="how long faults come (20)")
    parser.add_argument("--seed", type=int, default=7, help="what they are drawn from (7)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a plan that an earlier run has written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
