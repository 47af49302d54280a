"""How errors end the process: one line on stderr and an exit code; a traceback only for our own mistakes."""

from enum import IntEnum
from typing import Any, NoReturn

import click

from packshot.errors import (
    DataFolderUnknown,
    FileKept,
    Forbidden,
    InvalidRequest,
    KeyMalformed,
    PackshotError,
    ServerNotFound,
    ServerUnreachable,
    Unauthorized,
    Unavailable,
)
from packshot.outcomes import is_wrong_usage


class Exit(IntEnum):
    """Exit codes, as `packshot --help` lists them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_SERVER = 3
    NO_STACK = 4
    INTERRUPTED = 130


class ExplainedGroup(click.Group):
    """A group whose commands may raise any PackshotError."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Raises click.exceptions.Exit with the code of whatever went wrong."""
        try:
            return super().invoke(ctx)
        except PackshotError as error:
            end(_told(error), code_of(error))
        except KeyboardInterrupt:
            end("interrupted", Exit.INTERRUPTED)


def end(message: str, code: Exit) -> NoReturn:
    """Says why on stderr and ends the process."""
    click.echo(f"packshot: {message}", err=True)
    raise click.exceptions.Exit(code)


def _told(error: PackshotError) -> str:
    """The error's text; where the key is at fault, with the two ways to give another."""
    if not isinstance(error, KeyMalformed | Unauthorized):
        return str(error)
    ways = ", or give --api-key" if "PACKSHOT_API_KEY" in str(error) else "; set PACKSHOT_API_KEY, or give --api-key"
    return f"{error}{ways}"


def code_of(error: PackshotError) -> Exit:
    """The exit code of an error that ended a command."""
    from packshot.stack.errors import StackError

    if isinstance(error, StackError):
        return Exit.NO_STACK
    if isinstance(error, ServerNotFound | ServerUnreachable | Unavailable | KeyMalformed | Unauthorized | Forbidden):
        return Exit.NO_SERVER
    usage = isinstance(error, InvalidRequest | DataFolderUnknown | FileKept) or is_wrong_usage(error)
    return Exit.USAGE if usage else Exit.FAILED
