"""The table of a run: on the terminal, in results/fleet, and between two marks of docs/fleet.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.fleet.runs import Outcome

COLUMNS = ("scene", "what was done", "jobs accepted", "lost", "doubled", "recovered after", "beside that")
BEGINS, ENDS = "<!-- table: begin -->", "<!-- table: end -->"


def row(outcome: Outcome) -> tuple[str, ...]:
    """One scene's."""
    told = outcome.told
    recovered = "" if told.recovery_s is None else f"{told.recovery_s:.1f} s"
    counts = (str(outcome.accepted), str(outcome.lost), str(outcome.doubled))
    return (outcome.scene.name, outcome.scene.done, *counts, recovered, verdict(outcome))


def verdict(outcome: Outcome) -> str:
    """What a person reads of it: what failed, or what the scene has to say."""
    return (
        f"FAILED: {outcome.problem.splitlines()[0][:160]}" if outcome.problem else outcome.told.remark or "as promised"
    )


def markdown(played: Sequence[Outcome], earlier: Mapping[str, str] | None = None) -> str:
    """The whole table; ``earlier`` are the lines of scenes that were played before, by name: those stay."""
    lines = {**(earlier or {}), **{outcome.scene.name: f"| {' | '.join(row(outcome))} |" for outcome in played}}
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    return "\n".join([*head, *lines.values()]) + "\n"


def write_page(page: Path, played: Sequence[Outcome]) -> None:
    """Put the lines between the marks of a page; AssertionError where it has none."""
    text = page.read_text(encoding="utf-8")
    assert text.count(BEGINS) == text.count(ENDS) == 1, f"{page} has no place for the table"
    before, _, rest = text.partition(BEGINS)
    table, _, after = rest.partition(ENDS)
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    earlier = {line.split(" | ")[0].removeprefix("| "): line for line in rows}
    page.write_text(f"{before}{BEGINS}\n{markdown(played, earlier)}{ENDS}{after}", encoding="utf-8")
