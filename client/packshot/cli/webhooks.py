"""`packshot webhooks`: where the server sends what happened, and what became of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.numbers import Number
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.waits import asking
from packshot.webhook_models import Delivery, Endpoint

STATES = ("pending", "delivered", "failed", "canceled")
OVERLAP_S = Number(0, 7 * 86_400, whole=True)
LIMIT = Number(1, 10_000, whole=True)
ID = click.argument("endpoint_id", metavar="ID")
_STYLES = {"delivered": "green", "failed": "red", "canceled": "dim"}


@click.group()
def webhooks() -> None:
    """Have a server of yours told when jobs and batches end; see what became of each message.

    Needs a key with the scope webhooks:manage.
    """


@webhooks.command(name="list")
@json_option
@server_options
def listed(as_json: bool, url: str | None, api_key: str | None) -> None:
    """List endpoints, newest first, those that jobs named as well. With --json, each is a line of JSON."""
    with asking(url, api_key) as client:
        found = list(client.webhooks.list())
    _tell_each(found) if as_json else _show_endpoints(found)


@webhooks.command()
@click.argument("address", metavar="URL")
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="E",
    help="Such as job.failed or batch.*; may be repeated.  [default: *]",
)
@click.option("--description", default="", help="For you: what it is for.")
@json_option
@server_options
def add(
    address: str, events: tuple[str, ...], as_json: bool, url: str | None, api_key: str | None, **more: Any
) -> None:
    """Add an address, and print the secret by which its owner verifies what arrives."""
    with asking(url, api_key) as client:
        made = client.webhooks.create(address, events or ("*",), **more)
    _tell_secret(asdict(made), f"{made.id}  {made.url} is told of {', '.join(made.events)}; its secret is:", as_json)


@webhooks.command()
@ID
@json_option
@server_options
def test(endpoint_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Send a message that says nothing, to see whether it arrives."""
    with asking(url, api_key) as client:
        message = client.webhooks.test(endpoint_id)
    followed = f"{message} is on its way; packshot webhooks deliveries {endpoint_id} tells what becomes of it"
    click.echo(json.dumps({"id": message}) if as_json else followed)


@webhooks.command()
@ID
@click.option("--state", type=click.Choice(STATES), help="Only those.")
@click.option("-n", "limit", default=20, show_default=True, type=LIMIT, help="At most so many, newest first.")
@json_option
@server_options
def deliveries(
    endpoint_id: str, state: str | None, limit: int, as_json: bool, url: str | None, api_key: str | None
) -> None:
    """List what was sent, newest first, and how each attempt went. With --json, each is a line of JSON."""
    with asking(url, api_key) as client:
        found = list(islice(client.webhooks.deliveries(endpoint_id, state=state), limit))
    _tell_each(found) if as_json else _show_deliveries(found)


@webhooks.command()
@ID
@click.argument("message_id", metavar="MSG")
@json_option
@server_options
def redeliver(endpoint_id: str, message_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Send a message once more, whatever became of it."""
    with asking(url, api_key) as client:
        client.webhooks.redeliver(endpoint_id, message_id)
    click.echo(json.dumps({"id": message_id}) if as_json else f"{message_id} is on its way again")


@webhooks.command()
@ID
@click.option("--overlap", "overlap_s", default=86_400, show_default=True, type=OVERLAP_S, metavar="S",
              help="Seconds for which the old secret signs as well, up to a week.")  # fmt: skip
@json_option
@server_options
def rotate(endpoint_id: str, overlap_s: int, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Make a new secret, and print it."""
    with asking(url, api_key) as client:
        new = client.webhooks.rotate(endpoint_id, overlap_s=overlap_s)
    _tell_secret(asdict(new), f"the old one signs as well until {new.previous_valid_until}; the new one is:", as_json)


@webhooks.command()
@ID
@json_option
@server_options
def enable(endpoint_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Send again to an endpoint that was disabled: by its owner, by a 410 of its own, or after days of failures."""
    with asking(url, api_key) as client:
        found = client.webhooks.update(endpoint_id, state="enabled")
    click.echo(json.dumps(asdict(found)) if as_json else f"{found.id} is {found.state}")


@webhooks.command()
@ID
@json_option
@server_options
def remove(endpoint_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Forget an endpoint, and what was still to be sent to it."""
    with asking(url, api_key) as client:
        client.webhooks.delete(endpoint_id)
    click.echo(json.dumps({"removed": endpoint_id}) if as_json else f"{endpoint_id} is told nothing any more")


def _tell_secret(told: dict[str, Any], sentence: str, as_json: bool) -> None:
    """The secret alone on stdout, so that a script can take it; what else there is to know on stderr."""
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(sentence, err=True)
    click.echo(told["secret"])


def _tell_each(found: Iterable[Endpoint | Delivery]) -> None:
    for one in found:
        click.echo(json.dumps(asdict(one)))


def _show_endpoints(found: Iterable[Endpoint]) -> None:
    table = _table("Endpoint", "URL", "Events", "State", "For")
    for one in found:
        state = f"{one.state}: {one.disabled_reason}" if one.disabled_reason else one.state
        purpose = one.description or ("a job's own" if one.origin == "job" else "")
        cells = (one.id, one.url, ", ".join(one.events), state, purpose)
        table.add_row(*map(escape, cells), style=None if one.enabled else "dim")
    _print(table, "no endpoint")


def _show_deliveries(found: Iterable[Delivery]) -> None:
    table = _table("Message", "Event", "About", "State", "Made", "Attempts", "Last")
    for one in found:
        style = _STYLES.get(one.state)
        state = f"[{style}]{one.state}[/]" if style else escape(one.state)
        cells = (one.created_at or "")[:19], str(len(one.attempts)), _last(one)
        table.add_row(one.id, escape(one.type), one.job or one.batch or "", state, *map(escape, cells))
    _print(table, "no message")


def _last(delivery: Delivery) -> str:
    if not delivery.attempts:
        return ""
    attempt = delivery.attempts[-1]
    return attempt.error or f"answered {attempt.status} in {attempt.ms or 0:.0f} ms"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in {"Endpoint", "Message"}, overflow="fold")
    return table


def _print(table: Table, nothing: str) -> None:
    console = table_console()
    if table.row_count:
        console.print(table)
    else:
        console.print(nothing, style="dim")
