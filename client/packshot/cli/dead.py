"""`packshot dead`: the jobs that gave up after their last attempt, tried again or let go of; for operators."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.exits import Exit, end
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.report import number_of
from packshot.cli.waits import asking
from packshot.errors import Conflict, Gone, InvalidRequest, NotFound
from packshot.operator_models import Failure

IDS = click.argument("ids", nargs=-1, metavar="[ID…]")


@click.group()
def dead() -> None:
    """List the jobs that gave up after their last attempt; try them again, or let go of them.

    Needs a key with the scope operator: these are the jobs of all tenants.
    """


@dead.command(name="list")
@json_option
@server_options
def listed(as_json: bool, url: str | None, api_key: str | None) -> None:
    """List them, with what the last attempt failed with. With --json, each is a line of JSON."""
    with asking(url, api_key) as client:
        found = list(client.operator.dead())
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
    else:
        _show(found)


@dead.command()
@IDS
@click.option("--all", "every", is_flag=True, help="All that are dead now.")
@json_option
@server_options
def requeue(ids: tuple[str, ...], every: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Queue them again, once what they failed of is mended.

    Each keeps its id and its old place. Those whose photo the server has no more stay dead.

    Exit codes: 0 all of them are queued, 1 some could not be.
    """
    if bool(ids) == every:
        raise click.UsageError("name the jobs to queue again, or give --all")
    with asking(url, api_key) as client:
        if every:
            requeued, refused = client.operator.requeue(), {}
            left = sum(1 for _ in client.operator.dead())
        else:
            refused = _each(ids, client.operator.requeue)
            requeued, left = len(set(ids)) - len(refused), None
    told = {"requeued": requeued, "refused": refused} | ({} if left is None else {"left": left})
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"{number_of(requeued, 'jobs')} queued again" + (f", {left} left" if left else ""))
        _tell(refused)
    if refused or left:
        raise click.exceptions.Exit(Exit.FAILED)


@dead.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@server_options
def discard(ids: tuple[str, ...], yes: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Take jobs off the list, after asking. For their owners they stay failed; nobody can queue them again.

    Exit codes: 0 none of them is on the list any more, 1 some are not known, or the answer was no, 2 there is no
    terminal to ask at, and no --yes.
    """
    if not yes:
        _ask(number_of(len(set(ids)), "jobs"))
    with asking(url, api_key) as client:
        refused = _each(ids, client.operator.discard)
    if as_json:
        click.echo(json.dumps({"discarded": len(set(ids)) - len(refused), "refused": refused}, ensure_ascii=False))
    else:
        click.echo(f"{number_of(len(set(ids)) - len(refused), 'jobs')} taken off the list")
        _tell(refused)
    if refused:
        raise click.exceptions.Exit(Exit.FAILED)


def _ask(jobs: str) -> None:
    """Ends the process unless a person says yes. Raises click.UsageError where nobody is there to be asked."""
    if not _at_a_terminal():
        raise click.UsageError(f"give --yes to take {jobs} off the list for good: there is no terminal to ask at")
    if not click.confirm(f"Take {jobs} off the list for good?", err=True):
        end("nothing was taken off the list", Exit.FAILED)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _each(ids: Sequence[str], act: Callable[[str], object]) -> dict[str, str]:
    """Does it to each job; gives why some were refused."""
    refused = {}
    for job_id in dict.fromkeys(ids):
        try:
            act(job_id)
        except (NotFound, Gone, Conflict, InvalidRequest) as error:
            refused[job_id] = str(error)
    return refused


def _tell(refused: dict[str, str]) -> None:
    for job_id, why in refused.items():
        click.echo(f"packshot: {job_id}: {why}", err=True)


def _show(found: Sequence[Failure]) -> None:
    if not found:
        click.echo("no job is dead")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("Job", "Tenant", "Attempts", "Ended", "Problem"):
        table.add_column(name, overflow="fold")
    for one in found:
        why = "" if one.problem is None else escape(str(one.problem))
        table.add_row(escape(one.job), escape(one.tenant), str(one.attempt), one.finished_at or "", why)
    table_console().print(table)
