"""`packshot job`: how one job is, its pictures, its end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from packshot.cli.deciding import Decisions, decision_options
from packshot.cli.exits import Exit
from packshot.cli.jobs import work_of
from packshot.cli.made import made_sentence, understood_line
from packshot.cli.options import json_option, make_folder, server_options
from packshot.cli.report import repeated
from packshot.cli.waits import asking
from packshot.cli.why_waiting import why_waiting
from packshot.jobs import Job
from packshot.models import Output
from packshot.photos import shown
from packshot.snippets import page_name


@click.command()
@click.argument("job_id", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait for its end first.")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), help="Fetch its pictures into DIR."
)
@click.option("--cancel", is_flag=True, help="Stop it.")
@click.option("--delete", is_flag=True, help="Erase it and its pictures from the server.")
@decision_options
@json_option
@server_options
def job(
    job_id: str, wait: bool, folder: Path | None, cancel: bool, delete: bool, as_json: bool, url: str | None,
    api_key: str | None, **decided: Any,
) -> None:  # fmt: skip
    """Show one job: its state, progress, pictures and problem; decide on its pictures.

    Exit codes: 1 where the job failed or is not there, or a picture breaks a technical rule of its channel, as in
    `packshot run`; with -o also where it ended without a picture. 3 where no server answers, else 0. A call that
    decides on its pictures, cancels or erases it, and fetches nothing, does not mind a rule.
    """
    decisions = Decisions(**decided)
    with asking(url, api_key) as client:
        found = client.job(job_id)
        if cancel:
            found.cancel()
        if wait:
            found.wait(check=False)
        decisions.tell(found)
        fetched = [] if folder is None else _fetch(found, folder)
        if as_json:
            click.echo(json.dumps(found.document, indent=2, ensure_ascii=False))
        else:
            _show(found, why_waiting(client, found))
        for path in fetched:
            click.echo(f"→ {shown(path)}", err=as_json)
        if delete:
            found.delete()
            click.echo("erased", err=as_json)
    unfit = bool(found.broken_rules) and (folder is not None or not (decisions.any or cancel or delete))
    empty = folder is not None and found.ended and found.state != "succeeded"
    if found.state == "failed" or unfit or empty:
        raise click.exceptions.Exit(Exit.FAILED)


def _fetch(found: Job, folder: Path) -> list[Path]:
    make_folder(folder)
    pages = (folder / f"{found.file_stem}-{page_name(channel)}" for channel in found.snippets())
    return [*found.download_all(folder), *pages] if found.outputs else []


def _show(found: Job, why: str) -> None:
    """A line for each thing, however long: a link that a table had wrapped could not be copied."""
    lines = list(_lines(found, why))
    width = max(len(name) for name, _, _ in lines)
    console = Console(soft_wrap=True, highlight=False, emoji=False, markup=False)
    for name, told, style in lines:
        first, *rest = told.split("\n")
        console.print(Text(f"{name:{width}}", style="dim"), Text(f" {first}", style=style or ""))
        for line in rest:
            console.print(Text(f"{'':{width}}  {line}", style=style or ""))


def _lines(found: Job, why: str) -> Iterator[tuple[str, str, str | None]]:
    """What is told of it: a name of ours, the text, which may hold anything that the job's owner wrote, and a style."""
    yield "job", found.id, None
    yield "state", _state(found), None
    if why:
        yield "waits for", why, "yellow"
    if found.external_id:
        yield "SKU", found.external_id, None
    if work := work_of(found):
        yield "does", work, None
    for name in ("created_at", "started_at", "finished_at", "expires_at", "attempt"):
        if found.document.get(name) is not None:
            yield name.removesuffix("_at"), str(found.document[name]), None
    for output in found.outputs:
        size = f"{output.width}×{output.height} px {output.format}, {output.bytes / 1000:.0f} kB"
        named = f"{output.name}, " if output.name else ""
        yield f"picture {output.index}", f"{named}{size}{_decision(output)}\n{output.url}", None
    if found.generation is not None:
        yield "made", made_sentence(found.generation), None
        yield "understood", understood_line(found.generation), None
    if found.warnings:
        yield "look at it", "\n".join(repeated(found.warnings)), "yellow"
    if found.problem is not None:
        yield "problem", str(found.problem), "red"


def _decision(output: Output) -> str:
    if output.decision is None:
        return ""
    return f", {output.decision.verdict}" + (f": {output.decision.note}" if output.decision.note else "")


def _state(found: Job) -> str:
    progress = found.progress
    if progress.queue_position is not None and not found.ended:
        return f"{found.state}, position {progress.queue_position}"
    if found.state == "running":
        return f"running, {progress.fraction:.0%}" + (f" ({progress.stage})" if progress.stage else "")
    return found.state
