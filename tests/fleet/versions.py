"""A rolling upgrade and back: programs of the version before and of this one at the same record."""

import subprocess
from pathlib import Path

from tests.faults.processes import Process, Program
from tests.fleet.fleet import Fleet, environment_of
from tests.fleet.load import Load, succeeded
from tests.fleet.scenes import Told, scene

BEFORE = "48cb4cc"
"""The last commit before fleets: no routes, no traces, no sentinels."""

ROOT = Path(__file__).parents[2]
_TREES = ("api", "jobs", "worker", "engine", "client", "pyproject.toml")


class NoHistory(Exception):  # noqa: N818
    """The version before is not in this checkout's history."""


def tree_before(folder: Path) -> Path:
    """The version before, as files in a new folder. Raises NoHistory, as in a shallow clone."""
    folder.mkdir(parents=True)
    archive = folder.with_suffix(".tar")
    made = subprocess.run(
        ["git", "-C", ROOT, "archive", f"--output={archive}", BEFORE, *_TREES],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise NoHistory(f"the version before, {BEFORE}, cannot be had here: {made.stderr.strip()}")
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    archive.unlink()
    return folder


def run_from(process: Process, tree: Path | None) -> None:
    """From its next start on it runs the program of this tree; None: ours."""
    program = process.program
    others = environment_of(tree or ROOT)
    environment = {name: value for name, value in program.environment.items() if name not in others}
    environment |= others if tree else {}
    process.program = Program(program.name, program.module, program.arguments, environment)


def replace(fleet: Fleet, process: Process, tree: Path | None) -> None:
    """As an operator rolls: it drains, and its successor is of the other version; returns once that is ready."""
    ended = len(process.codes)
    run_from(process, tree)
    process.terminate()
    process.wait(ended)
    fleet.until_ready()


@scene(
    "rolling upgrade and back", f"API first, then each worker, from {BEFORE} to this version under load; back likewise"
)
def roll(fleet: Fleet) -> Told:
    old = tree_before(fleet.folder / "before")
    everybody = [fleet.api, *fleet.workers]
    for process in everybody:
        replace(fleet, process, old)
    with Load(fleet.shop, 0.3) as load:
        for tree in (None, old):
            for process in everybody:
                replace(fleet, process, tree)
                load.until_more(3)
    for process in reversed(everybody):  # workers first this time
        replace(fleet, process, None)
        succeeded(fleet.shop, fleet.shop.submit(2))
    return Told(None, f"{3 * len(everybody)} processes replaced")
