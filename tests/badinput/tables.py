"""The table of the rows: input → answer."""

from collections.abc import Iterable

from tests.badinput.rows import Outcome


def markdown(outcomes: Iterable[Outcome]) -> str:
    """One line for each, grouped as the promise groups them."""
    lines = ["| what is promised | input | answer | ms | processor, ms |", "|---|---|---|---:|---:|"]
    before = ""
    for one in outcomes:
        line = "" if one.row.line == before else one.row.line
        before = one.row.line
        told = f"**{' '.join(one.fault.split())[:200]}**" if one.fault else one.told
        cost = f"{one.took_s * 1000:.0f} | {one.cpu_s * 1000:.0f}"
        lines.append(f"| {_cell(line)} | {_cell(one.row.name)} | {_cell(told)} | {cost} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
