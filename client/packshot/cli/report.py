"""What a run says when it is over: JSON lines for programs, a summary and a table of failures for people."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.errors import JobEnded, ProblemError
from packshot.photos import shown
from packshot.runs import Outcome, describe_error


def outcome_line(outcome: Outcome) -> str:
    """One photo as a line of JSON."""
    document: dict[str, Any] = {
        "photo": shown(outcome.task.photo),
        "ok": outcome.ok,
        "job": outcome.job_id,
        "picture": None if outcome.picture is None else shown(outcome.picture),
        "manifest": None if outcome.manifest is None else shown(outcome.manifest),
        "before_px": outcome.before,
        "after_px": outcome.after,
        "seconds": round(outcome.seconds, 3),
        "warnings": outcome.warnings,
        "problem": None if outcome.error is None else _problem_document(outcome.error),
    }
    return json.dumps(document, ensure_ascii=False)


def summarize(console: Console, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
    """The failures and the doubtful pictures as tables, then one line with the count."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if failed:
        console.print(_failures(failed))
    doubtful = [outcome for outcome in outcomes if outcome.warnings]
    if doubtful:
        console.print(_doubts(doubtful))
    succeeded = len(outcomes) - len(failed)
    colour = "green" if not failed else "yellow" if succeeded else "red"
    console.print(
        f"[{colour}]{succeeded} of {len(outcomes)} photos[/] in {seconds:.1f} s → {escape(shown(folder))}",
        highlight=False,
        soft_wrap=True,
    )


def _doubts(doubtful: Sequence[Outcome]) -> Table:
    table = Table(title="Look at these", title_justify="left", title_style="bold yellow", box=None, pad_edge=False)
    table.add_column("Picture", overflow="fold")
    table.add_column("Why", style="yellow", overflow="fold")
    for outcome in doubtful:
        assert outcome.picture is not None
        table.add_row(escape(shown(outcome.picture.name)), escape("\n".join(outcome.warnings)))
    return table


def _failures(failed: Sequence[Outcome]) -> Table:
    table = Table(title="Failed", title_justify="left", title_style="bold red", box=None, pad_edge=False)
    table.add_column("Photo", overflow="fold")
    table.add_column("Problem", style="red", overflow="fold")
    table.add_column("Job", style="dim", no_wrap=True)
    for outcome in failed:
        assert outcome.error is not None
        table.add_row(
            escape(shown(outcome.task.photo)), escape(describe_error(outcome.error)), outcome.job_id or "not started"
        )
    return table


def _problem_document(error: Exception) -> dict[str, str]:
    problem = error.problem if isinstance(error, ProblemError | JobEnded) else None
    if problem is None:
        return {"type": "about:blank", "title": type(error).__name__, "detail": str(error)}
    return {"type": problem.type, "title": problem.title, "detail": problem.detail}
