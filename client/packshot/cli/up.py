"""`packshot up`: the whole server in one terminal."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from packshot.cli.numbers import Number
from packshot.cli.options import data_option, json_option
from packshot.errors import DataFolderUnknown
from packshot.locating import data_folder, expanded

if TYPE_CHECKING:
    from packshot.stack.addresses import Address
    from packshot.stack.folder import DataFolder

PORT = Number(0, 65535, whole=True)
WORKERS = Number(1, 64, whole=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8080, show_default=True, type=PORT, help="0 takes any free one.")
@click.option("--workers", default=1, show_default=True, type=WORKERS, help="Worker processes, 1 to 64.")
@click.option("--gpus", help="'all', or numbers joined by commas: a worker process for each of these GPUs.")
@data_option
@json_option
def up(host: str, port: int, workers: int, gpus: str | None, data: Path, as_json: bool) -> None:
    """Run Redis, the API and workers here, until Ctrl-C.

    Redis is the one of PACKSHOT_REDIS_URL, else an own one on a private port. Ctrl-C drains: photos in work are
    finished first; Ctrl-C again stops at once. A part that dies is started again. Logs go to the data folder.

    PACKSHOT_METRICS_PORT opens a port for Prometheus in each process: in the API that one, in workers the next.

    With --json, a line on stdout once it is ready: its url, and where key, logs and metrics are. The rest goes to
    stderr.
    """
    from packshot.stack.installed import require_server
    from packshot.stack.metrics_ports import metrics_addresses, tellers
    from packshot.stack.supervisor import StackOrder, Supervisor, environment_redis_url

    require_server()
    if gpus is not None and workers > 1:
        raise click.UsageError("--gpus starts a worker for each GPU by itself: leave --workers out")
    order = StackOrder(expanded(data).resolve(), host, port, workers, environment_redis_url(), gpus)
    say = partial(click.echo, err=as_json)
    say(f"starting Packshot on {order.data} …")
    to_people = partial(how_to_try, to_terminal=sys.stdout.isatty(), and_following=gpus == "all")
    shown = _as_json if as_json else to_people
    metrics = metrics_addresses(tellers(workers, gpus))
    Supervisor(order, say).run(lambda url, folder: click.echo(shown(url, folder, metrics=metrics)))
    say("stopped")


def _as_json(url: str, folder: "DataFolder", *, metrics: Sequence["Address"] = ()) -> str:
    key = str(folder.key) if folder.key.exists() else None
    where = {"url": url, "key_file": key, "logs": str(folder.logs), "data": str(folder.path)}
    return json.dumps(where | {"metrics": [f"{one.url}/metrics" for one in metrics]})


def how_to_try(
    url: str,
    folder: "DataFolder",
    *,
    to_terminal: bool = False,
    metrics: Sequence["Address"] = (),
    and_following: bool = False,
) -> str:
    """What `up` says once it is ready. The line to try works in a terminal that knows nothing of this one.

    The console's link signs in by itself, so it holds the key: it is shown to a person's terminal, never to a log.
    `and_following`: more workers than are known here tell their figures, on the next ports.
    """
    found = f"PACKSHOT_DATA_DIR={shlex.quote(str(folder.path))} " if folder.path != _usual_folder() else ""
    if folder.key.exists():
        finds = f"`{found}packshot …` on this machine finds it by itself"
        key_line = f"key   {folder.key}  (a development key; {finds})"
        header = f'-H "Authorization: Bearer $(cat {shlex.quote(str(folder.key))})"'
    else:
        key_line = "key   one of yours: set PACKSHOT_API_KEY"
        header = '-H "Authorization: Bearer $PACKSHOT_API_KEY"'
    signed_in = to_terminal and folder.key.exists()
    console = f"{url}/console" + (f"#key={folder.key.read_text().strip()}" if signed_in else "  (sign in with the key)")
    return f"""
Packshot is ready.
  url   {url}
  page  {console}
  {key_line}
  logs  {folder.logs}{_metrics_line(metrics, and_following)}

Try it in another terminal:
  {found}{shlex.quote(command_elsewhere())} run PHOTO.jpg --op relight --op restore --op upscale -o results
  curl {header} {url}/v1/operations

Ctrl-C drains and stops."""


def _metrics_line(addresses: Sequence["Address"], and_following: bool) -> str:
    if not addresses:
        return ""
    api, *workers = (f"{one.url}/metrics" for one in addresses)
    them = (
        "worker; of further GPUs the ports after it" if and_following else "workers" if len(workers) > 1 else "worker"
    )
    return f"\n  metrics  {api} (API), {', '.join(workers)} ({them})"


def command_elsewhere() -> str:
    """How a terminal that has entered no virtual environment calls this command: `packshot`, or where that lies."""
    bin_folder = Path(sys.executable).parent
    said = Path(sys.argv[0]).absolute()
    own = said if said.name == "packshot" and said.is_file() else bin_folder / "packshot"
    entered = {bin_folder, own.parent} if sys.prefix != sys.base_prefix else set()
    path = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if one and Path(one) not in entered]
    found = shutil.which("packshot", path=os.pathsep.join(path))
    return "packshot" if found is not None and Path(found).resolve() == own.resolve() else str(own)


def _usual_folder() -> Path | None:
    """Where a terminal looks that was told nothing: this one's PACKSHOT_DATA_DIR may not be set in another."""
    environ = {name: value for name, value in os.environ.items() if name != "PACKSHOT_DATA_DIR"}
    try:
        return data_folder(environ).resolve()
    except DataFolderUnknown:
        return None
