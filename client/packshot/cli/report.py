"""What a run says when it is over: JSON lines for programs, a summary and a table of failures for people."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.errors import JobEnded, JobLeft, NotSent, ProblemError
from packshot.outcomes import Outcome, describe_error
from packshot.photos import shown

_NAMED = 5  # of the photos that were not sent


@dataclass(frozen=True)
class Counted:
    """What a run counts: `total` of `noun`, of which `already` are there from an earlier run.

    Without `names_faulty`, pictures that have faults are not named one by one: whoever made many counts them. `unfit`
    of the `already` break a rule of their channel. `again` says how those are sent that were not.
    """

    total: int
    noun: str = "photos"
    already: int = 0
    names_faulty: bool = True
    unfit: int = 0
    again: str = "the same command sends them, and makes the others anew"


def outcome_line(outcome: Outcome) -> str:
    """One photo, or one wish, as a line of JSON."""
    document: dict[str, Any] = {
        "photo": None if outcome.task.photo is None else shown(outcome.task.photo),
        "ok": outcome.ok,
        "sent": not isinstance(outcome.error, NotSent),
        "job": outcome.job_id,
        "picture": None if outcome.picture is None else shown(outcome.picture),
        "pictures": [shown(picture) for picture in outcome.pictures],
        "pages": [shown(page) for page in outcome.pages],
        "manifest": None if outcome.manifest is None else shown(outcome.manifest),
        "before_px": outcome.before,
        "after_px": outcome.after,
        "seconds": round(outcome.seconds, 3),
        "warnings": outcome.warnings,
        "remarks": outcome.remarks,
        "broken_rules": [asdict(one) for one in outcome.broken_rules],
        "generation": None if outcome.generation is None else asdict(outcome.generation),
        "problem": None if outcome.error is None else _problem_document(outcome.error),
    }
    return json.dumps(document, ensure_ascii=False)


def sized(outcome: Outcome) -> str:
    """`1200×900 → 2400×1800 px`; `8 pictures of 512×512 px` where they were made, or are several; else `4 files`."""
    if len(set(outcome.sizes)) > 1:
        return number_of(len(outcome.pictures), "files")
    after = _px(outcome.after)
    if outcome.before is None or outcome.generation is not None or len(outcome.pictures) > 1:
        return f"{number_of(len(outcome.pictures), 'pictures')} of {after} px"
    return f"{_px(outcome.before)} → {after} px"


def number_of(number: int, noun: str) -> str:
    """`8 pictures`, `1 picture`."""
    return f"{number} {noun if number != 1 else noun.removesuffix('s')}"


def repeated(texts: Iterable[str]) -> list[str]:
    """Each text once, in the order of their first; those that were there more often with `×45` behind them."""
    return [text if number == 1 else f"{text} ×{number}" for text, number in Counter(texts).items()]


def summarize(console: Console, outcomes: Sequence[Outcome], folder: Path, seconds: float, counted: Counted) -> None:
    """The failures and the doubtful pictures as tables, then one line with the count."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    left = [outcome for outcome in failed if isinstance(outcome.error, JobLeft)]
    unsent = [outcome for outcome in failed if isinstance(outcome.error, NotSent)]
    others = [outcome for outcome in failed if not isinstance(outcome.error, JobLeft | NotSent)]
    for title, kind in (("Accepted, not fetched", left), ("Failed", others)):
        if kind:
            console.print(_failures(title, kind))
    if unsent:
        _tell_unsent(console, unsent, counted)
    doubtful = list(_doubtful(outcomes, counted.names_faulty))
    if doubtful:
        console.print(_doubts(doubtful, console.width))
    for remark, number in Counter(remark for outcome in outcomes for remark in outcome.remarks).items():
        console.print(f"{remark}: {number_of(number, counted.noun)}", style="dim", markup=False, highlight=False)
    succeeded = counted.already + sum(outcome.task.wanted for outcome in outcomes if outcome.ok)
    broken = counted.unfit + sum(bool(outcome.broken_rules) for outcome in outcomes)
    colour = "green" if not failed and not broken else "yellow" if succeeded else "red"
    unfit = f", of which {broken} not by the channel's rules" if broken else ""
    waiting = f", {sum(one.task.wanted for one in unsent)} not sent" if unsent else ""
    count = f"{succeeded} of {counted.total} {counted.noun}{unfit}{waiting}"
    console.print(
        f"[{colour}]{count}[/] in {seconds:.1f} s → {escape(shown(folder))}",
        highlight=False,
        soft_wrap=True,
    )


def tell_pages(console: Console, pages: Sequence[str]) -> None:
    """Where the HTML is that offers pictures of several widths, for a shop's page."""
    if not pages:
        return
    told = "page snippet" if len(pages) == 1 else f"{number_of(len(pages), 'page snippets')}, such as"
    console.print(f"{told} → {pages[0]}", markup=False, highlight=False, soft_wrap=True)


def _doubtful(outcomes: Sequence[Outcome], names_faulty: bool) -> Iterator[tuple[str, str]]:
    """Pictures by name, and why to look at them: what concerns all of a job's first, then one by one."""
    for outcome in outcomes:
        if outcome.doubts:
            yield _named(outcome), "\n".join(repeated(outcome.doubts))
        if names_faulty:
            yield from ((shown(path.name), "\n".join(picture.faults)) for path, picture in outcome.faulty)


def _named(outcome: Outcome) -> str:
    """A picture's name; the first and the last of many pictures; the photo's, with a number, of a channel's files."""
    if len(outcome.pictures) > 1 and outcome.generation is None and outcome.task.photo is not None:
        return f"{outcome.task.name}, {number_of(len(outcome.pictures), 'files')}"
    ends = [outcome.pictures[index].name for index in (0, -1)]
    return " …\n".join(map(shown, dict.fromkeys(ends)))


def _doubts(doubtful: Sequence[tuple[str, str]], width: int) -> Table:
    """Names are folded only where they would leave the reasons less than half of the width."""
    longest = max(len(line) for named, _ in doubtful for line in named.splitlines())
    table = Table(title="Look at these", title_justify="left", title_style="bold yellow", box=None, pad_edge=False)
    table.add_column("Picture", overflow="fold", no_wrap=longest <= width // 2)
    table.add_column("Why", style="yellow", overflow="fold")
    for named, why in doubtful:
        table.add_row(escape(named), escape(why))
    return table


def _failures(title: str, failed: Sequence[Outcome]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold red", box=None, pad_edge=False)
    table.add_column("Photo", overflow="fold")
    table.add_column("Problem", style="red", overflow="fold")
    table.add_column("Job", style="dim", no_wrap=True)
    for outcome in failed:
        assert outcome.error is not None
        what = shown(outcome.task.photo or outcome.task.stem)
        table.add_row(escape(what), escape(describe_error(outcome.error)), escape(outcome.job_id or "not started"))
    return table


def _tell_unsent(console: Console, unsent: Sequence[Outcome], counted: Counted) -> None:
    """Each reason once, with the first photos of it, however many: they all met the same server."""
    reasons: dict[str, list[str]] = {}
    for outcome in sorted(unsent, key=lambda one: one.task.name):
        reasons.setdefault(str(outcome.error), []).append(outcome.task.name)
    for reason, told in reasons.items():
        names = list(dict.fromkeys(told))  # many pictures are several jobs of one name
        more = f" and {number_of(len(names) - _NAMED, 'others')}" if len(names) > _NAMED else ""
        console.print(f"{', '.join(names[:_NAMED])}{more}: {reason}", style="yellow", markup=False, soft_wrap=True)
    console.print(counted.again, style="bold yellow", markup=False, highlight=False, soft_wrap=True)


def _problem_document(error: Exception) -> dict[str, str]:
    error = error.reason if isinstance(error, NotSent) else error
    problem = error.problem if isinstance(error, ProblemError | JobEnded) else None
    if problem is None:
        return {"type": "about:blank", "title": type(error).__name__, "detail": str(error)}
    return {"type": problem.type, "title": problem.title, "detail": problem.detail}


def _px(size: tuple[int, int] | None) -> str:
    return f"{size[0]}×{size[1]}" if size else "?"
