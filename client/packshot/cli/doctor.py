"""`packshot doctor`: what is wrong with the server that is used here, and with the installation beside this client."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from packshot import __version__
from packshot.cli.exits import Exit
from packshot.cli.looking import Look
from packshot.cli.options import data_option, json_option, server_options
from packshot.cli.report import number_of
from packshot.client import Client
from packshot.errors import Forbidden, KeyMalformed, PackshotError, Unauthorized
from packshot.locating import Server, expanded, locate, running_stack
from packshot.reading import as_document, take
from packshot.retries import RetryPolicy
from packshot.stack.errors import StackError
from packshot.stack.installed import require_server
from packshot.wire import is_loopback

PATIENCE_S = 3.0
LOOK = (sys.executable, "-P", "-m", "worker.doctor")
LOOK_S = 120.0
ENGINE_ONLY = "--engine-only"
SERVER, HERE = "the server", "this machine's installation, by the settings of this shell"
_SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "fault": "[red]✗[/]"}


@dataclass(frozen=True)
class Finding:
    """What one look ended in: `ok`, `warning` or `fault`, and what to do about it."""

    part: str
    verdict: str
    text: str
    remedy: str = ""
    about: str = HERE


@click.command()
@data_option
@json_option
@server_options
def doctor(data: Path, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Look at the server and at this installation: Redis, storage, disk, models, backend, GPU, key.

    Every fault comes with what to do about it. Exit codes: 0 all is well (warnings included), 1 there is a fault.
    """
    console, found, about = Console(highlight=False, emoji=False, soft_wrap=True), [], ""
    for finding in _findings(expanded(data), url, api_key):
        found.append(finding)
        if not as_json:
            if finding.about != about:
                console.print(f"[bold]{about and chr(10)}{finding.about}[/]")
            about = finding.about
            remedy = f"\n  [dim]→ {escape(finding.remedy)}[/]" if finding.remedy else ""
            console.print(f"{_SIGNS[finding.verdict]} [bold]{finding.part}[/] {escape(finding.text)}{remedy}")
    faults = sum(finding.verdict == "fault" for finding in found)
    if as_json:
        click.echo(json.dumps({"well": not faults, "findings": [asdict(one) for one in found]}, indent=2))
    else:
        console.print(_verdict(faults, sum(finding.verdict == "warning" for finding in found)))
    if faults:
        raise click.exceptions.Exit(Exit.FAILED)


def _verdict(faults: int, warnings: int) -> str:
    if not faults and not warnings:
        return "all is well"
    counts = ((faults, "fault"), (warnings, "warning"))
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts if count)


def _findings(data: Path, url: str | None, api_key: str | None) -> Iterator[Finding]:
    is_here = True
    try:
        server = locate(url, api_key)
    except PackshotError as error:
        yield _unlocated(error, url)
    else:
        is_here = is_loopback(server.url) or running_stack(data) == server.url
        for finding in _of_server(server, data):
            yield replace(finding, about=SERVER)
    yield Finding("client", "ok", f"version {__version__}, Python {sys.version.split()[0]}")
    try:
        require_server()
    except StackError:
        yield Finding("installation", "ok", "the client alone; the server is elsewhere")
        return
    yield from _of_installation(data, () if is_here else (ENGINE_ONLY,))


def _unlocated(error: PackshotError, url: str | None) -> Finding:
    named = url or os.environ.get("PACKSHOT_URL")
    if isinstance(error, KeyMalformed):
        return Finding("key", "fault", str(error), "set PACKSHOT_API_KEY, or give --api-key", SERVER)
    remedy = "" if named else "packshot up starts one"
    return Finding("server", "fault" if named else "warning", str(error), remedy, SERVER)


def _of_server(server: Server, data: Path) -> Iterator[Finding]:
    with Client(server.url, server.api_key, retries=RetryPolicy(give_up_after_s=PATIENCE_S)) as client:
        try:
            client.healthy()
        except PackshotError as error:
            yield Finding("server", "fault", str(error), "is it running, and is this its address?")
            return
        yield Finding("server", "ok", f"{server.url} answers")
        yield from _of_workers(client, server, data)
        yield _of_key(client, server)


def _of_workers(client: Client, server: Server, data: Path) -> Iterator[Finding]:
    try:
        ready = client.ready()
    except PackshotError as error:
        yield Finding("workers", "fault", str(error), _to_have_workers(server, data))
        return
    backends = ", ".join(map(str, take(ready, "backends", list)))
    workers, waiting = take(ready, "workers", int), take(ready, "pending", int)
    yield Finding("workers", "ok", f"{workers} alive, on {backends}; {number_of(waiting, 'jobs')} waiting")


def _to_have_workers(server: Server, data: Path) -> str:
    """What to do where none lives: a second `packshot up` beside one that runs would only be refused."""
    from packshot.stack.folder import DataFolder

    folder = DataFolder(data)
    if running_stack(data) == server.url:
        where, redis = shlex.quote(str(data)), shlex.quote(str(folder.redis_url))
        own = f"PACKSHOT_DATA_DIR={where} PACKSHOT_REDIS_URL=$(cat {redis}) packshot worker"
        return f"see {folder.logs}/worker*.log; stop `packshot up` and start it anew, or add a worker: {own}"
    return "start `packshot worker` with the server's own PACKSHOT_REDIS_URL and PACKSHOT_BLOB_URL; its log says more"


def _of_key(client: Client, server: Server) -> Finding:
    if not server.api_key:
        remedy = "set PACKSHOT_API_KEY, or give --api-key"
        return Finding("key", "fault", "none was given", remedy)
    try:
        me = client.me()
    except (Unauthorized, Forbidden) as error:
        return Finding(
            "key", "fault", str(error), "packshot keys create makes one, by a key with the scope keys:manage"
        )
    except PackshotError as error:
        return Finding("key", "fault", str(error))
    return Finding("key", "ok", f"of the tenant {me.tenant}; may {', '.join(me.scopes)}")


def _of_installation(data: Path, only: tuple[str, ...]) -> Iterator[Finding]:
    """What the server's own code finds where it is installed."""
    environment = {**os.environ, "PACKSHOT_DATA_DIR": str(data)}
    if not environment.get("PACKSHOT_REDIS_URL") and (own := _running_redis(data)):
        environment["PACKSHOT_REDIS_URL"] = own
    look = Look((*LOOK, *only), environment, LOOK_S)
    for line in look.lines():
        yield _told(line)
    if look.problem:
        yield Finding("installation", "fault", f"cannot be looked at: {look.problem}")


def _told(line: str) -> Finding:
    """A look's finding. What a library prints in between is told as it is: it may be why a look went wrong."""
    found: Finding | None
    try:
        told = as_document(json.loads(line))
        found = Finding(*(take(told, name, str) for name in ("part", "verdict", "text", "remedy")))
    except (ValueError, PackshotError):
        found = None
    if found is None or found.verdict not in _SIGNS:
        return Finding("installation", "warning", f"said {line.strip()[:200]!r}, which is no finding")
    return found


def _running_redis(data: Path) -> str | None:
    """The address of the Redis that `packshot up` runs on this folder, if it does."""
    from packshot.stack.folder import DataFolder

    if running_stack(data) is None:
        return None
    try:
        return DataFolder(data).redis_url.read_text(encoding="utf-8").strip()
    except OSError:
        return None
