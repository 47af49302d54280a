"""`packshot worker`, `compile` and `capacity`: parts of the server, run by the server's own commands."""

import os
import sys
from typing import NoReturn

import click

_AS_THEY_ARE = {"ignore_unknown_options": True, "help_option_names": []}


@click.command(context_settings=_AS_THEY_ARE)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def worker(arguments: tuple[str, ...]) -> None:
    """Run a worker; `--gpus all` runs one for each GPU.

    It serves the Redis of PACKSHOT_REDIS_URL with the blobs of PACKSHOT_BLOB_URL. `packshot worker --help` tells all.
    """
    _become("worker", *arguments)


@click.command(name="compile", context_settings=_AS_THEY_ARE)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def compile_plans(arguments: tuple[str, ...]) -> None:
    """Compile TensorRT plans now, rather than when a worker first starts.

    `packshot compile --all` compiles every model; `packshot compile --help` tells all.
    """
    _become("engine", "compile", *arguments)


@click.command(context_settings=_AS_THEY_ARE)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def capacity(arguments: tuple[str, ...]) -> None:
    """Plan how many workers, and how much of all else, so many photos a day need.

    By costs that were measured; asks no server. Prices are yours to give. `packshot capacity --help` tells all.
    """
    _become("jobs.capacity", *arguments)


def _become(module: str, *arguments: str) -> NoReturn:
    """Replaces this process. Raises StackError if the server is not installed beside the client."""
    from packshot.stack.installed import require_server

    require_server()
    # -P: a folder named `worker` or `engine` where the user happens to stand must not be taken for ours
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606  no shell is the point
