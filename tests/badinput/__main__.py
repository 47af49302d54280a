"""`python -m tests.badinput`: rows, drawn requests, broken photos, atheris on texts and photos, schemathesis.

Tables go to results/badinput/. Exit code 0: no 500, no hang, no process lost, no memory over its bound.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis.errors import HypothesisWarning

from tests.badinput import corpus, fuzz_decoder, fuzz_spec, specs, tables
from tests.badinput.over_http import photos_over_http
from tests.badinput.photo_tables import photo_tables
from tests.badinput.place import Place
from tests.badinput.promise import ROWS
from tests.badinput.rows import Outcome, outcomes

PARTS = ("rows", "specs", "corpus", "atheris", "schemathesis")
API_BOUND_MB = 1000
"""What the API's process may hold, whatever is sent to it: two catalogues of 16 MB read at once are most of that."""

WORKER_BOUND_MB = 1500
"""What a worker's process, or one of its decoding children, may hold for the photos that are sent here."""

ROOT = Path(__file__).parents[2]


@dataclass
class Summary:
    """Lines for the end, and what was not as it must be."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def memory(self, part: str, api_bytes: int, worker_bytes: int) -> None:
        """The highest memory seen, held to the bounds."""
        for name, found, bound in (("API", api_bytes, API_BOUND_MB), ("worker", worker_bytes, WORKER_BOUND_MB)):
            self.lines.append(f"{part}: the {name} held {found // 1_000_000} MB at most; the bound is {bound} MB")
            if found > bound * 1_000_000:
                self.faults.append(self.lines[-1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all as promised, 1 not, 2 a mistake in the arguments."""
    options = _parser().parse_args(arguments)
    warnings.simplefilter("ignore", HypothesisWarning)  # it writes out what it draws from, however long that is
    asked = options.only.split(",") if options.only else list(PARTS)
    if strange := [part for part in asked if part not in PARTS]:
        print(f"there is no part {strange[0]!r}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    fuzz_spec.RESULTS.mkdir(parents=True, exist_ok=True)
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="badinput-") as folder:
        for part in (part for part in PARTS if part in asked):
            print(f"== {part}", flush=True)
            _PARTS[part](options, Path(folder) / part, summary)
    for line in [*summary.lines, *(f"NOT AS PROMISED: {fault}" for fault in summary.faults)]:
        print(line)
    (fuzz_spec.RESULTS / "summary.md").write_text("".join(f"- {line}\n" for line in summary.lines))
    return int(bool(summary.faults))


def _rows(options: argparse.Namespace, folder: Path, summary: Summary) -> None:
    chosen = [row for row in ROWS if options.rows.lower() in f"{row.line}: {row.name}".lower()]
    found: list[Outcome] = []
    for outcome in outcomes(chosen, folder):
        found.append(outcome)
        print(f"[{len(found)}/{len(chosen)}] {outcome.row.line}: {outcome.row.name}: {outcome.fault or outcome.told}")
    (fuzz_spec.RESULTS / "rows.md").write_text(tables.markdown(found))
    summary.faults += [f"{one.row.line}: {one.row.name}: {one.fault}" for one in found if one.fault]
    longest_s, cpu_s, api_bytes, worker_bytes = (
        max((getattr(one, name) for one in found), default=0)
        for name in ("took_s", "cpu_s", "api_bytes", "worker_bytes")
    )
    summary.lines.append(
        f"rows: {len(found)} inputs, the longest {longest_s:.1f} s, at most {cpu_s:.1f} s of a processor"
    )
    summary.memory("rows", api_bytes, worker_bytes)


def _specs(options: argparse.Namespace, folder: Path, summary: Summary) -> None:
    with Place(folder) as place:
        tally = specs.run(place, options.seed, options.count // 5)
    summary.faults += [f"drawn requests: {fault}" for fault in tally.faults]
    if tally.lost:
        summary.faults.append(f"drawn requests: {tally.lost} processes were lost")
    summary.lines += [
        f"drawn requests: {tally.sent} of seed {options.seed}, {tally.again} specs submitted again as shown",
        f"drawn requests: {_statuses(tally)}; {tally.lost} processes lost",
        f"drawn requests: the longest took {tally.longest_s:.1f} s, at most {tally.most_cpu_s:.1f} s of a processor",
    ]
    summary.memory("drawn requests", tally.api_bytes, tally.worker_bytes)


def _corpus(options: argparse.Namespace, folder: Path, summary: Summary) -> None:
    with Place(folder) as place:
        result = corpus.run(options.seed, options.count, over_http=photos_over_http(place))
        seen, lost = place.seen(), place.lost
    (fuzz_spec.RESULTS / "photos.md").write_text(photo_tables([result]), encoding="utf-8")
    summary.faults += [f"photos: {finding}" for finding in result.findings]
    if lost:
        summary.faults.append(f"photos: {lost} processes were lost")
    told = f"{len(result.outcomes)} files of seed {options.seed} in {result.seconds:.0f} s"
    summary.lines.append(f"photos: {told}, {len(result.findings)} findings, {lost} processes lost")
    summary.lines.append(f"photos: {result.over_http} of them over HTTP, as upload and job")
    summary.memory("photos", seen.api_bytes, seen.worker_bytes)


def _atheris(options: argparse.Namespace, _folder: Path, summary: Summary) -> None:
    for name, module in (("texts", fuzz_spec), ("photos", fuzz_decoder)):
        done = module.run(round(options.minutes * 60), options.seed)
        told = f"{done.tried} inputs in {options.minutes:g} min, {done.edges} edges, {done.peak_mb} MB at most"
        summary.lines.append(f"atheris on {name}: {told}")
        if done.found:
            summary.faults.append(f"atheris on {name}: {done.found}")


def _schemathesis(options: argparse.Namespace, _folder: Path, summary: Summary) -> None:
    environment = {**os.environ, "PACKSHOT_FUZZ_EXAMPLES": str(max(3, options.count // 400))}
    environment["PACKSHOT_FUZZ_REPORT"] = str(fuzz_spec.RESULTS / "schemathesis.txt")
    command = [sys.executable, "-m", "pytest", "-q", "tests/e2e/test_openapi_fuzz.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    summary.lines.append(f"schemathesis: exit code {done.returncode}, see results/badinput/schemathesis.txt")
    if done.returncode:
        summary.faults.append("schemathesis: see results/badinput/schemathesis.txt")


def _statuses(tally: specs.Tally) -> str:
    by_status: dict[int, int] = {}
    for (_, status), times in tally.answers.items():
        by_status[status] = by_status.get(status, 0) + times
    return ", ".join(f"{times} × {status}" for status, times in sorted(by_status.items()))


_PARTS = {"rows": _rows, "specs": _specs, "corpus": _corpus, "atheris": _atheris, "schemathesis": _schemathesis}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.badinput", description=__doc__)
    parser.add_argument("--only", default="", metavar="PART,PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rows", default="", metavar="TEXT", help="the rows alone that have this in their name")
    parser.add_argument("--count", type=int, default=20_000, help="broken photos; a fifth as many drawn requests")
    parser.add_argument("--minutes", type=float, default=5.0, help="of atheris, for texts and for photos each")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
