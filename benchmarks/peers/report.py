"""Writes what was measured into docs/peers.md, and its plots: `python -m benchmarks.peers.report`.

The document is written by hand but for its blocks, each between two comments; this fills them from results/peers.
A block that has nothing yet says so, and a table says which systems it lacks.
"""

import json
import re
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.load import percentile
from benchmarks.peers.picture import draw_memory, draw_speed
from benchmarks.peers.systems import DEFAULT, SYSTEMS
from benchmarks.tables import Row, as_table

DOCUMENT = Path("docs/peers.md")
IMAGES = Path("docs/images")
_OURS = "packshot"
_KINDS = {
    "restore": "Restored: {count} photos a round, {clients} clients that wait",
    "relight": "Relit: {count} photos a round, {clients} clients that wait",
    "clicks": "Relit, arriving by themselves: {count} photos of at most 1 MP a round, {rate:g} a second (Poisson)",
}
_STEPS = ("decode", "operation", "encode", "fidelity report")
_TESTS = {
    "bad": "one broken photo among a hundred",
    "cancelled": "the client gives up",
    "large": "a huge photo to restore, small ones behind it",
    "killed": "SIGKILL for the process that runs the network, 12 photos on their way",
}


def write(results: Path) -> list[str]:
    """Fill every block whose figures there are; returns what makes a comparison void, in sentences."""
    text = DOCUMENT.read_text()
    void: list[str] = []
    for part, blocks in _BLOCKS.items():
        path = results / f"{part}.json"
        if not path.exists():
            text = with_gaps_named(text, part)
            continue
        told = json.loads(path.read_text())
        for name, render in blocks.items():
            text = _filled(text, name, render(told))
        if part == "speed":
            void = void_comparisons(told)
            (IMAGES / "peers-speed.svg").write_text(draw_speed(told["rounds"], _labels()))
        if part == "memory":
            (IMAGES / "peers-memory.svg").write_text(draw_memory(told["systems"], _labels()))
    DOCUMENT.write_text(text)
    print(f"written: {DOCUMENT}")
    return void


def with_gaps_named(text: str, part: str) -> str:
    """The document, in which each empty block of that part says how to measure it; what is filled stays."""
    for name in _BLOCKS[part].keys() - {"facts"}:  # the line above "speed", which speaks for both
        begin, end = _marks(name)
        if begin in text and not text.partition(begin)[2].partition(end)[0].strip():
            text = _filled(text, name, f"*Not yet measured on a quiet machine:* `make bench-peers PARTS={part}`.")
    return text


def unmeasured(systems: Collection[str]) -> str:
    """Which systems of a full comparison have no row yet, in a sentence of its own; nothing where each has one."""
    missing = [_labels()[name] for name in DEFAULT if name not in systems]
    return f"\n\nNot yet measured: {'; '.join(missing)}." if missing else ""


def speed_table(rounds: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]], kind: str) -> str:
    """A row for each system: medians over the rounds, latencies over all photos, ratios to Packshot's same round."""
    rows: list[Row] = []
    for name, kinds in rounds.items():
        each = kinds[kind]
        seconds = sorted(second for one in each for second in one["latencies_s"])
        row: dict[str, str | float | int] = {"system": _labels()[name]}
        for figure, head in (("images_per_s", "images/s"), ("mp_per_s", "MP/s")):
            row[head] = statistics.median(one[figure] for one in each)
        if _OURS in rounds:
            row["to Packshot"] = ratio(each, rounds[_OURS][kind])
        row |= {f"p{percent} s": percentile(seconds, percent) for percent in (50, 95, 99)}
        row["CPU s/MP"] = statistics.median(one["cpu_s_per_mp"] for one in each)
        row["cores idle"] = f"{statistics.median(one['idle_share'] for one in each):.0%}"
        row["peak MiB"] = f"{max(one['peak_mib'] for one in each):.0f}"
        row["refused"] = sum(int(one["refused"]) for one in each)
        rows.append(row)
    return as_table(rows)


def ratio(theirs: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> str:
    """Megapixels a second as a multiple of ours in the same round: the median, and the least and most."""
    found = [one["mp_per_s"] / other["mp_per_s"] for one, other in zip(theirs, ours, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def void_comparisons(told: Mapping[str, Any]) -> list[str]:
    """Where a system made another picture than the others, or none."""
    return [
        f"{kind}: {_labels()[name]} and {_labels()[like['reference']]} differ: {like['inside_db']:.1f} dB inside"
        for kind, found in told["likeness"].items()
        for name, like in found.items()
        if not like["same"]
    ]


def _speed(told: Mapping[str, Any]) -> str:
    plan, parts = told["plan"], []
    for kind, title in _KINDS.items():
        if not all(kind in kinds for kinds in told["rounds"].values()):
            continue
        count = len(told["sizes"][kind])
        head = title.format(count=count, clients=plan["clients"], rate=plan["clicks_per_s"])
        sizes = told["sizes"][kind]
        mix = f"{min(sizes):.2f} to {max(sizes):.1f} megapixels, {sum(sizes):.1f} together"
        parts.append(f"### {head}\n\n{mix}; {plan['rounds']} rounds.\n\n{speed_table(told['rounds'], kind)}")
    return (
        "![Megapixels a second and latencies](images/peers-speed.svg)\n\n"
        + "\n\n".join(parts)
        + unmeasured(told["rounds"])
    )


def _facts(told: Mapping[str, Any]) -> str:
    facts = told["facts"]
    return (
        f"Measured on {facts['date']}: {facts['cores']} shared CPU cores ({facts['processor']}), "
        f"{facts['memory_gib']:.0f} GiB of memory, load {facts['load']:.1f} at the end."
    )


def _likeness(told: Mapping[str, Any]) -> str:
    rows: list[Row] = [
        {
            "task": kind, "system": _labels()[name], "beside": _labels()[like["reference"]],
            "photos": like["photos"], "same bytes": like["same_bytes"],
            "inside, dB": _decibels(like["inside_db"]), "with borders, dB": _decibels(like["whole_db"]),
        }
        for kind, found in told["likeness"].items()
        for name, like in found.items()
    ]  # fmt: skip
    return as_table(rows)


def _decibels(value: float) -> str:
    return "equal" if value == float("inf") else f"{value:.1f}"


def _behaviours(told: Mapping[str, Any]) -> str:
    rows: list[Row] = [
        {"system": _labels()[name]} | {head: found[test]["told"] for test, head in _TESTS.items()}
        for name, found in _in_order(told["systems"])
    ]
    head = f"{_facts(told)} The huge photo has {told['large_mp']:g} megapixels."
    return f"{head}\n\n{as_table(rows)}{unmeasured(told['systems'])}"


def _memory(told: Mapping[str, Any]) -> str:
    rows: list[Row] = []
    for name, found in _in_order(told["systems"]):
        row: dict[str, str | float | int] = {"system": _labels()[name], "idle": f"{found['idle_mib']:.0f}"}
        for megapixels, mib in found["peaks"]:
            row[f"{megapixels:g} MP"] = "refused" if mib is None else f"{mib:.0f}"
        rows.append(row)
    picture = "![Memory by photo size](images/peers-memory.svg)"
    table = f"MiB of the whole process tree at most:\n\n{as_table(rows)}{unmeasured(told['systems'])}"
    return f"{_facts(told)}\n\n{picture}\n\n{table}"


def _padding(told: Mapping[str, Any]) -> str:
    names = {"shape": "a run for each shape", "pad": "padded to the largest of the batch"}
    rows: list[Row] = [
        {"batches of four photos of mixed sizes": names[policy], "CPU s/MP": found["cpu_s_per_mp"],
         "peak MiB": f"{found['peak_mib']:.0f}"}
        for policy, found in told["policies"].items()
    ]  # fmt: skip
    return as_table(rows)


def _steps(told: Mapping[str, Any]) -> str:
    rows: list[Row] = []
    for name, steps in told["steps"].items():
        task, runs, megapixels = name.split()
        who = "a peer, FP32" if runs == "peer" else f"Packshot, {runs.upper()}"
        row: dict[str, str | float | int] = {"task": task, "megapixels": megapixels, "where": who}
        row |= {step: f"{steps[step]:.0f}" if step in steps else "-" for step in _STEPS}
        rows.append(row | {"together": f"{sum(steps.values()):.0f}"})
    return as_table(sorted(rows, key=lambda row: (row["task"], float(row["megapixels"]), row["where"])))


def _queue(told: Mapping[str, Any]) -> str:
    from benchmarks.peers.queue.__main__ import row_of
    from benchmarks.peers.queue.contest import Figures

    figures = {name: Figures(**found) for name, found in told["figures"].items()}
    return as_table([row_of(name, each, figures.get("celery")) for name, each in figures.items()])


_BLOCKS: dict[str, dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "speed": {"facts": _facts, "speed": _speed, "likeness": _likeness},
    "behaviours": {"behaviours": _behaviours},
    "memory": {"memory": _memory},
    "padding": {"padding": _padding},
    "steps": {"steps": _steps},
    "queue": {"queue": _queue},
}


def _in_order(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, found[name]) for name in SYSTEMS if name in found]


def _labels() -> dict[str, str]:
    return {name: system.label for name, system in SYSTEMS.items()}


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: written by make bench-peers -->", f"<!-- end of {name} -->"


def _filled(text: str, name: str, block: str) -> str:
    """The document with that block's content; raises ValueError where it has no such block."""
    begin, end = _marks(name)
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{DOCUMENT} has no block {name!r}")
    return pattern.sub(lambda _: f"{begin}\n\n{block}\n\n{end}", text)


if __name__ == "__main__":
    write(Path("results/peers"))
