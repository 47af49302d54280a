"""The sections of a frame: queues, workers, tenants, problems. Each shows so many rows, and how many are left out."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from packshot.cli.top.numbers import NOTHING, number, seconds, share
from packshot.operator_models import EngineFigures, ProblemCount, QueueLoad, TenantLoad, Worker

WIDE = 110
"""From so many columns on, workers show their device and the time that what is asked of their engine waits."""

AGED_S, SILENT_S = 2.0, 7.0
"""A worker speaks every five seconds: from so long on the age of its last word is told, and that it is missed."""


def queue_table(queues: Sequence[QueueLoad], rows: int) -> RenderableType | None:
    """What waits, by priority and route."""
    table = _table(("QUEUE", 0), ("ROUTE", 0), ("JOBS", 1), ("MP", 1))
    for queue in queues[:rows]:
        table.add_row(queue.priority, escape(queue.route), str(queue.jobs), number(queue.megapixels))
    return _section(table, len(queues) - rows)


def worker_table(workers: Sequence[Worker], rows: int, width: int) -> RenderableType | None:
    """Who works, and how well batches are filled; all as they told it last, and when that was."""
    wide, words = width >= WIDE, [_last_word(worker) for worker in workers[:rows]]
    more = [("WAIT", 1)] * wide + [("TOLD", 0)] * any(words) + [("DEVICE", 0)] * wide
    table = _table(
        ("WORKER", 0), ("BACKEND", 0), ("JOBS", 1), ("BUSY", 1), ("BATCH", 1), ("FILL", 1), ("MP/S", 1), *more
    )
    for worker, word in zip(workers[:rows], words, strict=True):
        engine = worker.engine or EngineFigures()
        jobs = f"{worker.running}/{worker.threads}"
        figures = (share(engine.device_busy), number(engine.mean_batch), share(engine.fill))
        cells = [f"{escape(worker.host)}:{worker.pid}", escape(worker.backend), jobs, *figures]
        cells.append(number(engine.megapixels_per_s))
        if wide:
            waited = engine.wait_ms.p95
            cells.append(NOTHING if waited is None else seconds(waited / 1000))
        if any(words):
            cells.append(word)
        if wide:
            cells.append(escape(worker.device))
        table.add_row(*cells, style="dim" if worker.silent_s >= SILENT_S else None)
    if not workers:
        return Text.from_markup("[bold red]no worker lives: nothing is done[/]\n")
    return _section(table, len(workers) - rows)


def tenant_table(tenants: Sequence[TenantLoad], rows: int) -> RenderableType | None:
    """Whose jobs are under way."""
    table = _table(("TENANT", 0), ("NOT ENDED", 1), ("PENDING", 1))
    for load in tenants[:rows]:
        table.add_row(escape(load.tenant), str(load.active), str(load.pending))
    return _section(table, len(tenants) - rows)


def problem_table(problems: Sequence[ProblemCount], rows: int) -> RenderableType | None:
    """What goes wrong: in the last five minutes, and of the last thousand failures."""
    table = _table(("PROBLEM", 0), ("5 MIN", 1), ("OF LAST 1000", 1), ("LAST JOB", 0))
    ranked = sorted(problems, key=lambda problem: (-problem.recent, -problem.count))
    for problem in ranked[:rows]:
        recent = f"[bold red]{problem.recent}[/]" if problem.recent else "0"
        slug = escape(problem.type.rpartition("/")[2])
        table.add_row(slug, recent, str(problem.count), escape(problem.last_job or ""))
    return _section(table, len(problems) - rows)


def _last_word(worker: Worker) -> str:
    """How old that is which is told of it, from a couple of seconds on; and what keeps it from working."""
    if worker.silent_s >= SILENT_S:
        return f"[bold red]silent {seconds(worker.silent_s)}[/]"
    if worker.blobs_fault:
        return "[bold red]waits for the blob store[/]"
    return f"{seconds(worker.silent_s)} ago" if worker.silent_s >= AGED_S else ""


def _table(*columns: tuple[str, int]) -> Table:
    """Columns by heading; 1 where numbers stand."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading, is_number in columns:
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=True, overflow="ellipsis")
    return table


def _section(table: Table, left_out: int) -> RenderableType | None:
    """Nothing where there is nothing to tell."""
    if not table.row_count and left_out <= 0:
        return None
    told = Text(f"… and {left_out} more", style="dim") if left_out > 0 else Text()
    return Group(table, told)
