"""`--approve`, `--reject` and `--undecide`: what a person says of a job's pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from packshot.cli.options import with_options
from packshot.errors import JobNotEnded
from packshot.jobs import Job
from packshot.refusals import ended_without_picture

Decorated = Callable[..., Any]
ALL = "all"
VERBS = ("approve", "reject", "undecide")


def _read_numbers(_ctx: click.Context, param: click.Parameter, told: tuple[str, ...]) -> tuple[int | str, ...]:
    """Pictures' numbers, from 0, or `all`. Raises click.BadParameter for anything else."""
    for text in told:
        if text != ALL and not (text.isascii() and text.isdecimal()):
            raise click.BadParameter(f"{text!r} is no picture's number; expected such as 0, or {ALL}", param=param)
    return tuple(text if text == ALL else int(text) for text in told)


def decision_options(command: Decorated) -> Decorated:
    """They may be repeated; `--note` is for all that are approved or rejected."""
    numbers: dict[str, Any] = {"multiple": True, "metavar": "N|all", "callback": _read_numbers}
    return with_options(
        command,
        click.option("--approve", help="Take this picture; may be repeated.", **numbers),
        click.option("--reject", help="Do not take it.", **numbers),
        click.option("--undecide", help="Take back what was decided.", **numbers),
        click.option("--note", metavar="TEXT", help="Why, for --approve and --reject."),
    )


@dataclass(frozen=True)
class Decisions:
    """What was said on the command line. Raises click.UsageError for a note about nothing."""

    approve: tuple[int | str, ...] = ()
    reject: tuple[int | str, ...] = ()
    undecide: tuple[int | str, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None and not (self.approve or self.reject):
            raise click.UsageError("--note is said of pictures that --approve or --reject names")

    @property
    def any(self) -> bool:
        """Whether anything was decided."""
        return bool(self.approve or self.reject or self.undecide)

    def tell(self, job: Job) -> None:
        """Notes them with the job. Raises click.UsageError, with nothing noted, where they cannot be meant."""
        if not self.any:
            return
        if not job.outputs:
            raise ended_without_picture(job) if job.ended else JobNotEnded(f"{job}: there is no picture yet; --wait")
        wanted = dict(self._wanted(job))
        for index, verb in wanted.items():
            note = {} if verb == "undecide" else {"note": self.note or ""}
            getattr(job, verb)(index=index, **note)
        job.refresh()

    def _wanted(self, job: Job) -> Iterator[tuple[int, str]]:
        indices = [output.index for output in job.outputs]
        said: dict[int, str] = {}
        for verb in VERBS:
            for number in getattr(self, verb):
                if number != ALL and number not in indices:
                    raise click.UsageError(f"job {job.id} has no picture {number}; it has 0 to {indices[-1]}")
                for index in indices if number == ALL else [int(number)]:
                    if said.setdefault(index, verb) != verb:
                        raise click.UsageError(f"picture {index} cannot be for both --{said[index]} and --{verb}")
        yield from said.items()
