"""`packshot keys`: who may ask the server for what."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.account import Account, Key, KeyLimits, NewKey
from packshot.cli.numbers import Number
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.waits import asking

SHOP_SCOPES = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage")
SCOPES = (*SHOP_SCOPES, "keys:manage", "operator")
LIFE_S = Number(60, 10 * 366 * 86_400, whole=True)
OVERLAP_S = Number(0, 7 * 86_400, whole=True)
REQUESTS = Number(0, 1_000_000, whole=True)
JOBS = Number(0, 100_000_000, whole=True)
ID = click.argument("key_id", metavar="ID")


@click.group()
def keys() -> None:
    """Make, list, limit, rotate and revoke API keys.

    Needs a key with the scope keys:manage; an operator's reaches the keys of all tenants.
    """


@keys.command()
@json_option
@server_options
def me(as_json: bool, url: str | None, api_key: str | None) -> None:
    """Show the key in use: its tenant, scopes and limits."""
    with asking(url, api_key) as client:
        account = client.me()
    if as_json:
        click.echo(json.dumps(_document(account), indent=2))
        return
    click.echo(f"tenant  {account.tenant}\nkey     {account.key.id} {account.key.name}".rstrip())
    click.echo(f"scopes  {', '.join(account.scopes)}\nlimits  {_limits(account.limits)}")


@keys.command(name="list")
@click.option("--tenant", help="Another's keys; for operators.")
@json_option
@server_options
def listed(tenant: str | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """List keys, revoked ones too. With --json, each is a line of JSON."""
    with asking(url, api_key) as client:
        found = list(client.keys.list(tenant=tenant))
    if as_json:
        for key in found:
            click.echo(json.dumps(asdict(key)))
    else:
        _show(found)


@keys.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="May be repeated; else what a shop needs."
)
@click.option("--expires-in", "expires_in_s", type=LIFE_S, metavar="S", help="Seconds until it ends; else never.")
@click.option("--requests-per-minute", type=REQUESTS, metavar="N", help="0 is no limit; else the server's own.")
@click.option("--jobs-per-day", type=JOBS, metavar="N", help="0 is no limit; else the server's own.")
@click.option("--tenant", help="For another tenant; for operators.")
@json_option
@server_options
def create(
    name: str, scopes: tuple[str, ...], as_json: bool, url: str | None, api_key: str | None, **limits: Any
) -> None:
    """Make a key, called NAME, and print it: it is told this once."""
    with asking(url, api_key) as client:
        _tell(client.keys.create(name, scopes or SHOP_SCOPES, **limits), as_json)


@keys.command()
@ID
@click.option("--overlap", "overlap_s", default=86_400, show_default=True, type=OVERLAP_S, metavar="S",
              help="Seconds for which the old key is good as well, up to a week.")  # fmt: skip
@json_option
@server_options
def rotate(key_id: str, overlap_s: int, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Make a key in the place of another, and print it."""
    with asking(url, api_key) as client:
        _tell(client.keys.rotate(key_id, overlap_s=overlap_s), as_json)


@keys.command()
@ID
@click.option("--requests-per-minute", type=REQUESTS, metavar="N", help="0 is no limit.")
@click.option("--jobs-per-day", type=JOBS, metavar="N", help="0 is no limit.")
@json_option
@server_options
def limits(key_id: str, as_json: bool, url: str | None, api_key: str | None, **wanted: Any) -> None:
    """Change how much a key may ask for; what is not said stays."""
    if all(limit is None for limit in wanted.values()):
        raise click.UsageError("say --requests-per-minute, --jobs-per-day, or both")
    with asking(url, api_key) as client:
        key = client.keys.update(key_id, **wanted)
    click.echo(json.dumps(asdict(key), indent=2) if as_json else f"{key.id}  {_limits(key.limits)}")


@keys.command()
@ID
@json_option
@server_options
def revoke(key_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Refuse a key from now on."""
    with asking(url, api_key) as client:
        client.keys.revoke(key_id)
    click.echo(json.dumps({"revoked": key_id}) if as_json else f"{key_id} is refused from now on")


def _document(account: Account) -> dict[str, Any]:
    """What the server told, and nothing else: of the key in use it tells less than of those in a list."""
    key = {name: getattr(account.key, name) for name in ("id", "name", "scopes", "expires_at")}
    return {"tenant": account.tenant, "key": key, "limits": asdict(account.limits)}


def _tell(key: NewKey, as_json: bool) -> None:
    """The secret alone on stdout, so that a script can take it; what else there is to know on stderr."""
    if as_json:
        click.echo(json.dumps(asdict(key), indent=2))
        return
    click.echo(f"{key.id}  {key.name}  may {', '.join(key.scopes)}; this is the only time that you see it:", err=True)
    click.echo(key.secret)


def _show(found: Iterable[Key]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("Key", "Name", "Tenant", "State", "Last used", "Limits", "Scopes"):
        table.add_column(column, no_wrap=column == "Key", overflow="fold")
    for key in found:
        cells = (key.id, key.name, key.tenant, _state(key), (key.last_used_at or "")[:16], _limits(key.limits))
        table.add_row(*map(escape, cells), ", ".join(key.scopes), style="dim" if key.revoked_at else None)
    table_console().print(table)


def _state(key: Key) -> str:
    if key.revoked_at:
        return "revoked"
    return f"until {key.expires_at[:16]}" if key.expires_at else "good"


def _limits(limits: KeyLimits) -> str:
    told = []
    if limits.requests_per_minute is not None:
        told.append(f"{limits.requests_per_minute} requests a minute")
    if limits.jobs_per_day is not None:
        told.append(f"{limits.jobs_today} of {limits.jobs_per_day} jobs today")
    return ", ".join(told) or "none"
