"""`python -m tests.fleet`: what happens to a fleet of several hosts, on network namespaces of this machine. Needs root.

Writes each line into the table of docs/fleet.md with `--write`, and all of a run into results/fleet in any case.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fleet import elsewhere, hosts, masters, storage, tables, versions  # noqa: F401  (enter the scenes)
from tests.fleet.fleet import outside_environment
from tests.fleet.network import Network, NoNetwork
from tests.fleet.runs import Outcome, outcomes
from tests.fleet.scenes import SCENES, Scene

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "fleet"
PAGE = ROOT / "docs" / "fleet.md"
HOSTS = 4
_SHOWN = 2_000


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 all as promised, 1 not, 2 no root, no iproute2 or a mistake in the arguments."""
    options = _parser().parse_args(arguments)
    console = Console()
    outside_environment()
    try:
        with Network(HOSTS) as network:
            played = _play(_chosen(options.only), network, console, write=options.write)
    except NoNetwork as error:
        print(error, file=sys.stderr)
        return 2
    _show(tables.COLUMNS, [tables.row(outcome) for outcome in played], console)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "table.md").write_text(tables.markdown(played))
    return int(any(outcome.problem for outcome in played))


def _play(scenes: list[Scene], network: Network, console: Console, *, write: bool) -> list[Outcome]:
    played: list[Outcome] = []
    with console.status("starting") as status:
        about = lambda scene: status.update(f"[{len(played) + 1}/{len(scenes)}] {scene.name} ...")  # noqa: E731
        for outcome in outcomes(scenes, network, about):
            played.append(outcome)
            console.print(f"{outcome.scene.name}: {tables.verdict(outcome)}", markup=False)
            if write:
                tables.write_page(PAGE, [outcome])
            if outcome.problem:
                console.print(f"{outcome.problem[:_SHOWN]}\nlogs: {outcome.logs}", style="red", markup=False)
    return played


def _show(columns: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)


def _chosen(only: str) -> list[Scene]:
    if not only:
        return sorted(SCENES, key=lambda scene: scene.alone)
    wanted = [part.strip() for part in only.split(",")]
    chosen = [scene for scene in SCENES if any(part in scene.name for part in wanted)]
    if not chosen:
        print(f"there is no scene {only!r}; there are: {', '.join(scene.name for scene in SCENES)}", file=sys.stderr)
        sys.exit(2)
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME,NAME", help="the scenes in whose names these words are")
    parser.add_argument("--write", action="store_true", help="write each scene's line into docs/fleet.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
