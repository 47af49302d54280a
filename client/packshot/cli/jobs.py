"""`packshot jobs` and `packshot cancel`: the jobs of this key's tenant, and their end before time."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.exits import Exit
from packshot.cli.numbers import Number
from packshot.cli.options import json_option, server_options, table_console, with_options
from packshot.cli.times import read_time
from packshot.cli.waits import asking
from packshot.client import Client
from packshot.errors import Conflict, NotFound
from packshot.jobs import Job

STATES = ("queued", "running", "succeeded", "failed", "canceled", "expired")
LIMIT = Number(1, 100_000, whole=True)
Decorated = Callable[..., Any]
_STYLES = {"succeeded": "green", "failed": "red", "running": "cyan", "canceled": "dim", "expired": "dim"}
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def _read_pairs(_ctx: click.Context, param: click.Parameter, told: tuple[str, ...]) -> dict[str, str] | None:
    """`KEY=VALUE` as pairs. Raises click.BadParameter for text without `=`, and for a key that is told twice."""
    pairs: dict[str, str] = {}
    for text in told:
        key, is_there, value = text.partition("=")
        if not key or not is_there:
            raise click.BadParameter(f"{text!r} is no KEY=VALUE", param=param)
        if pairs.setdefault(key, value) != value:
            raise click.BadParameter(f"{key!r} cannot be both {pairs[key]!r} and {value!r}", param=param)
    return pairs or None


def _filters(command: Decorated) -> Decorated:
    return with_options(
        command,
        click.option("--state", type=click.Choice(STATES), help="Only those."),
        click.option("--sku", "external_id", metavar="ID", help="Only those with this external id."),
        click.option("--review/--no-review", "needs_review", default=None, help="Only those to look at, or not."),
        click.option("--since", "created_after", callback=read_time, metavar="TIME",
                     help="Made after it: 2026-11-22, 2026-11-22T08:00, or with a zone, as 2026-11-22T08:00:00Z."),
        click.option("--until", "created_before", callback=read_time, metavar="TIME", help="Made before it."),
        click.option("--parent", metavar="ID", help="Only those made from this job's pictures."),
        click.option("--metadata", metavar="KEY=VALUE", multiple=True, callback=_read_pairs,
                     help="Only those with this metadata; may be repeated."),
    )  # fmt: skip


@click.command()
@_filters
@click.option(
    "-n", "--limit", "limit", default=20, show_default=True, type=LIMIT, help="At most so many, newest first."
)
@json_option
@server_options
def jobs(limit: int, as_json: bool, url: str | None, api_key: str | None, **filters: Any) -> None:
    """List jobs, newest first.

    With --json, each is a line of JSON on stdout.
    """
    with asking(url, api_key) as client:
        found = islice(client.jobs(**_given(filters)), limit)
        if as_json:
            for job in found:
                click.echo(json.dumps(job.document, ensure_ascii=False))
            return
        _show(found)


@click.command()
@click.argument("job_ids", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every job that waits or runs, instead of IDs.")
@json_option
@server_options
def cancel(job_ids: tuple[str, ...], everything: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Stop jobs: at once where they wait, soon where they run. Pictures of jobs that ended stay.

    Exit codes: 0 all of them are stopped, or being stopped; 1 some ended otherwise before, or are unknown.
    """
    if bool(job_ids) == everything:
        raise click.UsageError("name the jobs to stop, or give --all")
    with asking(url, api_key) as client:
        named = job_ids if not everything else [job.id for state in STATES[:2] for job in client.jobs(state=state)]
        ends = [_stopped(client, job_id) for job_id in named]
    for end in ends:
        click.echo(json.dumps(end) if as_json else f"{end['id']}  {end['problem'] or end['state']}")
    if not ends and not as_json:
        click.echo("no job waits or runs")
    if any(end["problem"] for end in ends) and not everything:  # with --all, what has ended meanwhile is no mistake
        raise click.exceptions.Exit(Exit.FAILED)


def _stopped(client: Client, job_id: str) -> dict[str, str | None]:
    try:
        return {"id": job_id, "state": client.job(job_id).cancel().state, "problem": None}
    except (Conflict, NotFound) as error:
        return {"id": job_id, "state": None, "problem": str(error)}


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _show(found: Iterable[Job]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("Job", "State", "Age", "SKU", "Does", "Files"):
        table.add_column(column, no_wrap=column in {"Job", "State", "Age", "Files"}, overflow="fold")
    for job in found:
        style = _STYLES.get(job.state)
        state = f"[{style}]{escape(_state(job))}[/]" if style else escape(_state(job))
        cells = (escape(text) for text in (_age(job), _sku(job), work_of(job), str(len(job.outputs) or "")))
        table.add_row(job.id, state, *cells)
    console = table_console()
    if table.row_count:
        console.print(table)
    else:
        console.print("no job", style="dim")


def _state(job: Job) -> str:
    if job.state == "running":
        return f"running {job.progress.fraction:.0%}"
    return f"{job.state}, look at it" if job.document.get("needs_review") else job.state


def _age(job: Job) -> str:
    try:
        made = datetime.fromisoformat(str(job.document.get("created_at")))
    except ValueError:
        return ""
    seconds = max(0, int((datetime.now(UTC) - made).total_seconds()))
    return next((f"{seconds // span} {unit}" for span, unit in _SPANS if seconds >= span), "now")


def _sku(job: Job) -> str:
    return str((job.document.get("spec") or {}).get("external_id") or "")


def work_of(job: Job) -> str:
    """`relight, upscale, etsy`: the operations and channels of its spec."""
    spec = job.document.get("spec") or {}
    names = [str(one.get("op", "")) for one in spec.get("operations") or ()]
    return ", ".join([*names, *map(str, spec.get("renditions") or ())])
