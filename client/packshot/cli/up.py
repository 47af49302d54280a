"""`packshot up`: the whole server in one terminal."""

from pathlib import Path

import click

from packshot.cli.options import data_option
from packshot.locating import expanded


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@data_option
def up(host: str, port: int, workers: int, data: Path) -> None:
    """Run Redis, the API and workers here, until Ctrl-C.

    Redis is the one of PACKSHOT_REDIS_URL, else an own one on a private port. Ctrl-C drains: photos in work are
    finished first; Ctrl-C again stops at once. A part that dies is started again. Logs go to the data folder.
    """
    from packshot.stack.installed import require_server
    from packshot.stack.supervisor import StackOrder, Supervisor, environment_redis_url

    require_server()
    order = StackOrder(expanded(data).resolve(), host, port, workers, environment_redis_url())
    click.echo(f"starting Packshot on {order.data} …")
    Supervisor(order, click.echo).run(lambda url, folder: click.echo(_how_to_try(url, folder.key, folder.logs)))
    click.echo("stopped")


def _how_to_try(url: str, key: Path, logs: Path) -> str:
    if key.exists():
        key_line = f"key   {key}  (a development key; `packshot` on this machine finds it by itself)"
        header = f'-H "Authorization: Bearer $(cat {key})"'
    else:
        key_line = "key   one of yours: set PACKSHOT_API_KEY"
        header = '-H "Authorization: Bearer $PACKSHOT_API_KEY"'
    return f"""
Packshot is ready.
  url   {url}
  {key_line}
  logs  {logs}

Try it in another terminal:
  packshot run PHOTO.jpg --op relight --op restore --op upscale -o results
  curl {header} {url}/v1/operations

Ctrl-C drains and stops."""
