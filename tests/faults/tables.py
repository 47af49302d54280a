"""The faults' table: fault, outcome, time to recover."""

from collections.abc import Iterable

from tests.faults.runs import Outcome

COLUMNS = ("#", "fault", "outcome", "recovered after")


def rows(outcomes: Iterable[Outcome]) -> Iterable[tuple[str, str, str, str]]:
    """A row for each, as text."""
    for one in outcomes:
        told = f"FAILED: {one.problem}" if one.problem else one.fault.outcome
        after = "" if one.recovery_s is None else f"{one.recovery_s:.1f} s"
        yield one.fault.number, one.fault.name, told, after


def markdown(outcomes: Iterable[Outcome]) -> str:
    """As a Markdown table."""
    lines = [_line(COLUMNS), _line(["---"] * 3 + ["---:"])]
    lines += [_line(cell.replace("|", "\\|").replace("\n", " ")[:400] for cell in row) for row in rows(outcomes)]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
