"""What is said of a catalogue before and after it was done: faults, what stands already, failures, what to look at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.batch_models import CatalogCheck
from packshot.catalog.faults import Fault
from packshot.catalog.places import FAULTS_CSV
from packshot.catalog.results import RowResult
from packshot.catalog.rows import CatalogRow
from packshot.catalog.wanted import Standing
from packshot.cli.catalog.display import span
from packshot.cli.report import number_of, tell_pages
from packshot.photos import shown

MOST_FAULTS, MOST_LOOKED_AT = 20, 12


def tell(console: Console, text: str, style: str = "") -> None:
    """A line of plain text, which may hold anything that a merchant wrote."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def tell_faults(console: Console, faults: Sequence[Fault], written: Path | None) -> None:
    """The first faults as a table; the file has all of them."""
    if not faults:
        return
    table = _table("Broken rows", "red", "Row", "Line", "SKU", "Column", "Problem")
    for one in sorted(faults, key=lambda fault: (fault.row, fault.column))[:MOST_FAULTS]:
        table.add_row(str(one.row), str(one.line or ""), *map(escape, (one.sku, one.column, one.detail)))
    console.print(table)
    more = f"{number_of(len(faults) - MOST_FAULTS, 'more faults')}; " if len(faults) > MOST_FAULTS else ""
    if written is not None:
        tell(console, f"{more}all faults → {shown(written)}", "dim")


def tell_standing(console: Console, found: Standing) -> None:
    """What earlier runs have done, and what of it is not done again."""
    if found.done:
        tell(console, f"{number_of(len(found.done), 'rows')} done already")
    if found.edited:
        names = ", ".join(found.edited[:3]) + (" …" if len(found.edited) > 3 else "")
        pictures = number_of(len(found.edited), "pictures")
        tell(
            console, f"{pictures} edited since: kept as they are ({names}); delete one to have it made again", "yellow"
        )
    if found.failed:
        tell(
            console,
            f"{number_of(len(found.failed), 'rows')} failed before: not tried again without --retry-failed",
            "yellow",
        )


def tell_estimate(console: Console, check: CatalogCheck, rows: int) -> None:
    """`950 rows would be done by 940 jobs, in about 0:31:00`."""
    if rows and not check.jobs:
        tell(console, f"{number_of(rows, 'rows')} to do: how long they take is known once their photos are sent")
        return
    jobs = f" by {number_of(check.jobs, 'jobs')}" if check.jobs < rows else ""
    time = f"about {span(check.estimate_s)}" if check.estimate_s is not None else "nobody knows how long they take"
    note = f" ({check.note})" if check.note else ""
    tell(console, f"{number_of(rows, 'rows')} to do{jobs}: {time}{note}")


def summarize(
    console: Console,
    rows: Collection[CatalogRow],
    results: Mapping[str, RowResult],
    faults: Sequence[Fault],
    folder: Path,
) -> None:
    """Failures by problem, what to look at, and one line with the count."""
    numbered = [(row, results[row.sku]) for row in rows if row.sku in results]
    if failed := [(row, result) for row, result in numbered if not result.ok]:
        console.print(_failures(failed))
    if doubtful := [
        (row, result) for row, result in numbered if result.ok and (result.needs_review or result.warnings)
    ]:
        console.print(_doubts(doubtful))
        if len(doubtful) > MOST_LOOKED_AT:
            tell(console, f"{len(doubtful) - MOST_LOOKED_AT} more: needs_review and warnings in results.jsonl", "dim")
    done = sum(result.ok for _, result in numbered)
    broken = len({fault.row for fault in faults})
    unfit = sum(bool(result.broken_rules) for _, result in numbered)
    parts = [f"{done:,} of {len(rows) + broken:,} rows done"]
    parts += [f"{unfit:,} of them not by their channels' rules" if unfit else ""]
    parts += [f"{len(failed):,} failed" if failed else ""]
    parts += [f"{broken:,} broken (see {FAULTS_CSV})" if broken else ""]
    left = len(rows) - len(numbered)
    parts += [f"{left:,} left" if left else ""]
    tell_pages(console, [shown(folder / page.file) for _, result in numbered for page in result.pages])
    style = "green" if done == len(rows) + broken and not unfit else "yellow" if done else "red"
    tell(console, f"{', '.join(filter(None, parts))} → {shown(folder)}", style)


def row_numbers(numbers: Iterable[int]) -> str:
    """`3, 17, 20–25`."""
    runs = groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])
    spans = [[number for _, number in run] for _, run in runs]
    return ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in spans)


def _failures(failed: Sequence[tuple[CatalogRow, RowResult]]) -> Table:
    """One line for each problem, with one of its details and the rows that have it."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, result in failed:
        problem = result.problem or {}
        groups[problem.get("title") or result.state].append((row.row, problem.get("detail") or ""))
    table = _table("Failed", "red", "Rows", "Problem")
    for title, rows in groups.items():
        details = list(dict.fromkeys(detail for _, detail in rows if detail))
        more = " …" if len(details) > 1 else ""
        told = f"{title}: {details[0]}{more}" if details else title
        table.add_row(row_numbers(number for number, _ in rows), escape(told))
    return table


def _doubts(doubtful: Sequence[tuple[CatalogRow, RowResult]]) -> Table:
    table = _table("Look at these", "yellow", "Row", "SKU", "Why")
    for row, result in sorted(doubtful, key=_urgency)[:MOST_LOOKED_AT]:
        why = result.warnings or ("needs review",)
        table.add_row(str(row.row), escape(row.sku), escape("\n".join(why)))
    return table


def _urgency(numbered: tuple[CatalogRow, RowResult]) -> tuple[bool, bool]:
    """What a marketplace may refuse comes first, then what the server doubts."""
    return not numbered[1].broken_rules, not numbered[1].needs_review


def _table(title: str, style: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style=f"bold {style}", box=None, pad_edge=False)
    for name in columns[:-1]:
        table.add_column(name, overflow="fold")
    table.add_column(columns[-1], overflow="fold", style=style)
    return table
