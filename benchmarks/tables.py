"""Figures as a Markdown table, for every report."""

from collections.abc import Mapping, Sequence

Row = Mapping[str, str | float | int]


def as_table(rows: Sequence[Row]) -> str:
    """A row for each of `rows`, which have the same columns; numbers with four digits that count, whole ones whole."""
    assert rows, "a benchmark measures at least one row"
    heads = list(rows[0])
    rule = ["---" if isinstance(rows[0][head], str) else "---:" for head in heads]
    lines = [heads, rule, *([_shown(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: str | float) -> str:
    return str(value) if isinstance(value, (str, int)) else f"{value:.4g}"
