"""Points in time as options."""

from datetime import datetime

import click


def read_time(_ctx: click.Context, param: click.Parameter, told: str | None) -> datetime | None:
    """A date, or a date and time, as ISO 8601 has it: in this machine's zone unless it names one.

    A date is its first moment. Raises click.BadParameter for what is no time.
    """
    try:
        return None if told is None else datetime.fromisoformat(told).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        wanted = "2026-11-22, 2026-11-22T08:00 or 2026-11-22T08:00:00Z"
        raise click.BadParameter(f"{told!r} is no time; expected such as {wanted}", param=param) from error
