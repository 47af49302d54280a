"""One frame of `packshot top`: what was told, as lines that fit. Asks nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from packshot.cli.top.numbers import number, seconds
from packshot.cli.top.tables import SILENT_S, problem_table, queue_table, tenant_table, worker_table
from packshot.cli.top.watching import Sample
from packshot.errors import PackshotError
from packshot.operator_models import Quantiles, Worker

SORTS = ("busy", "MP/s", "running", "name")
_HEADING_LINES = 6
_TALL = 30  # from so many lines on, there is one for what is odd about the figures
_SECTION_LINES = 2  # its heading, and what is left out or an empty line
_LEAST_ROWS = 2

_BY: dict[str, Callable[[Worker], tuple[float, str]]] = {
    "busy": lambda worker: (-((worker.engine and worker.engine.device_busy) or 0.0), worker.owner),
    "MP/s": lambda worker: (-((worker.engine and worker.engine.megapixels_per_s) or 0.0), worker.owner),
    "running": lambda worker: (-worker.running, worker.owner),
    "name": lambda worker: (0.0, f"{worker.host} {worker.owner}"),
}


@dataclass(frozen=True)
class View:
    """How it is drawn. `height` None: as long as it takes; `failure` is why the picture is old."""

    width: int
    height: int | None
    every_s: float = 0.0
    sort: str = SORTS[0]
    paused: bool = False
    failure: PackshotError | None = None


def frame(sample: Sample, view: View) -> RenderableType:
    """The whole picture."""
    overview = sample.overview
    queues = sorted(overview.queues, key=lambda queue: (queue.priority != "interactive", queue.route))
    workers = sorted(sample.workers, key=_BY[view.sort])
    by_name = view.sort == "name"
    tenants = sorted(sample.tenants, key=lambda load: load.tenant) if by_name else sample.tenants
    rows = _rows(view, [len(queues), len(workers), len(tenants), len(overview.problems)])
    sections = (
        queue_table(queues, rows[0]),
        worker_table(workers, rows[1], view.width),
        tenant_table(tenants, rows[2]),
        problem_table(overview.problems, rows[3]),
    )
    parts = [*_heading(sample, view), *(section for section in sections if section is not None)]
    if view.height is not None:
        parts.append(Text.from_markup(f"[reverse] q [/] quit  [reverse] p [/] hold  [reverse] s [/] sort: {view.sort}"))
    return Group(*parts)


def _heading(sample: Sample, view: View) -> list[RenderableType]:
    told, latency = sample.overview, sample.overview.latency
    pending_mp = sum(queue.megapixels for queue in told.queues)
    backlog = (
        f"[bold]{sum(told.pending.values())}[/] pending, {number(pending_mp)} MP  "
        f"oldest {seconds(told.oldest_pending_s)}  [bold]{told.running}[/] running  {told.delayed} to retry  "
        f"{_if_any(told.dead, 'dead')}  {told.open_batches} catalogues"
    )
    speed = (
        f"[bold]{number(told.jobs_per_minute)}[/] jobs/min  [bold]{number(told.megapixels_per_s)}[/] MP/s  "
        f"wait {_pair(latency.wait_s)}  run {_pair(latency.run_s)}  [dim](p50/p95)[/]"
    )
    title = f"[bold]packshot top[/]  {escape(sample.server)}  {sample.at[11:19]} UTC{_state(view)}"
    lines = [title, backlog, speed, _models(sample), _flushes(sample)]
    if view.height is None or view.height >= _TALL:
        lines += _held_elsewhere(sample)
    return [*(_line(line, whole=view.height is None) for line in lines), Text()]


def _held_elsewhere(sample: Sample) -> list[str]:
    """Why jobs run of which no worker told: it speaks every few seconds, or no more, while its jobs are kept for it."""
    told, running = sum(worker.running for worker in sample.workers), sample.overview.running
    if told == running:
        return []
    silent = any(worker.silent_s >= SILENT_S for worker in sample.workers) or not sample.workers
    why = "one is silent, its jobs run again soon" if silent else "they tell it every 5s"
    return [f"[dim]{running} running; workers told of {told} last: {why}[/]"]


def _state(view: View) -> str:
    if view.failure is not None:
        return f"  [bold red]NO ANSWER; told last:[/]\n[red]{escape(str(view.failure))}[/]"
    return "  [yellow]held[/]" if view.paused else ""


def _models(sample: Sample) -> str:
    """Versions that only some workers have stand out, and first: a swap is under way."""
    many = len(sample.workers)
    shown = [
        escape(name) if on == many else f"[yellow]{escape(name)} on {on} of {many}[/]"
        for name, on in sorted(sample.models().items(), key=lambda each: (each[1] == many, each))
    ]
    return f"[dim]models[/] {', '.join(shown)}" if shown else "[dim]models[/] none: no worker lives"


def _flushes(sample: Sample) -> str:
    reasons = ", ".join(f"{escape(name)} {many}" for name, many in sample.flush_reasons().most_common(6))
    redis = sample.overview.redis
    limit = f" of {redis['max_mb']:g}" if redis.get("max_mb") else ""
    used = f"redis {redis.get('used_mb', 0):g}{limit} MB, {sample.overview.hints_waiting} hints"
    return f"[dim]batches left[/] {reasons or 'none in the last minute'}  [dim]{used}[/]"


def _line(markup: str, *, whole: bool) -> Text:
    """On a screen a line is a line, and what does not fit is cut; printed, it goes on below."""
    line = Text.from_markup(markup, overflow="ellipsis")
    line.no_wrap = not whole
    return line


def _pair(told: Quantiles) -> str:
    return f"{seconds(told.p50)}/{seconds(told.p95)}"


def _if_any(many: int, noun: str) -> str:
    return f"[bold red]{many} {noun}[/]" if many else f"0 {noun}"


def _rows(view: View, wanted: list[int]) -> list[int]:
    """How many rows of each section fit; short ones leave their room to the long ones."""
    if view.height is None:
        return wanted
    left = view.height - _HEADING_LINES - 1 - bool(view.failure) - (view.height >= _TALL)
    left -= sum(_SECTION_LINES for most in wanted if most)
    given = [0] * len(wanted)
    while left > 0 and given != wanted:
        for at, most in enumerate(wanted):
            if given[at] < most and left > 0:
                given[at] += 1
                left -= 1
    return [max(fits, min(_LEAST_ROWS, most)) for fits, most in zip(given, wanted, strict=True)]
