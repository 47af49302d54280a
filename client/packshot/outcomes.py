"""How one job of a run ended, and what its error says."""

from dataclasses import dataclass
from pathlib import Path

from packshot.doubts import BrokenRule
from packshot.errors import (
    Forbidden,
    InvalidRequest,
    JobEnded,
    PackshotError,
    ProblemError,
    ServerUnreachable,
    Unauthorized,
)
from packshot.generation import Generation, MadePicture
from packshot.photos import Task
from packshot.problems import Problem

Size = tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """How one photo, or one wish, ended. Sizes are width and height in px: of the photo, and of each picture.

    `seconds` from upload to the written pictures. `warnings` say what to look at before the pictures are used.
    `generation` is what is told of pictures that were made rather than worked on. `pages` are files with the HTML that
    offers pictures of several widths. `broken_rules` are those of channels that files do not keep,
    which `warnings` tell, too. `remarks` say which operations had nothing to do.
    """

    task: Task
    seconds: float
    job_id: str | None = None
    pictures: tuple[Path, ...] = ()
    manifest: Path | None = None
    before: Size | None = None
    sizes: tuple[Size, ...] = ()
    warnings: tuple[str, ...] = ()
    generation: Generation | None = None
    error: Exception | None = None
    pages: tuple[Path, ...] = ()
    broken_rules: tuple[BrokenRule, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there are pictures."""
        return self.error is None

    @property
    def picture(self) -> Path | None:
        """The first of its pictures; of those generated, the best."""
        return self.pictures[0] if self.pictures else None

    @property
    def after(self) -> Size | None:
        """The size of the first picture."""
        return self.sizes[0] if self.sizes else None

    @property
    def doubts(self) -> tuple[str, ...]:
        """The warnings about the job, not those about single pictures and words: `generation` tells these too."""
        made = self.generation
        if made is None:
            return self.warnings
        unknown = {f"{made.op}: this part of the text was not followed: {words}" for words in made.unknown}
        faulty = tuple(f"{made.op}: picture {index} is " for index, one in enumerate(made.pictures) if one.faults)
        return tuple(one for one in self.warnings if one not in unknown and not one.startswith(faulty))

    @property
    def faulty(self) -> list[tuple[Path, MadePicture]]:
        """The pictures that a shop would hardly take, with what is known of them."""
        made = () if self.generation is None else self.generation.pictures
        return [(path, one) for path, one in zip(self.pictures, made, strict=False) if one.faults]


def describe_error(error: Exception) -> str:
    """A line for the table of failures: the problem where there is one, else the error's own text."""
    problem = error.problem if isinstance(error, ProblemError | JobEnded) else None
    if problem is not None:
        return str(problem)
    return str(error) if isinstance(error, PackshotError | OSError) else f"{type(error).__name__}: {error}"


def fails_every_photo(error: Exception) -> bool:
    """Whether the next photo would meet the same: no server, a refused key or model, a mistake in what all share."""
    if isinstance(error, Unauthorized | Forbidden):
        return True
    if isinstance(error, ServerUnreachable):
        return error.unsent and error.never_answered
    if isinstance(error, JobEnded):
        unknown_model = error.problem is not None and error.problem.slug == "unknown-model"
        return unknown_model or (is_wrong_usage(error) and _blames_the_spec(error.problem))
    return isinstance(error, InvalidRequest) and _blames_the_spec(error.problem)


def is_wrong_usage(error: Exception | None) -> bool:
    """Whether a job failed because of what was asked of it: a worker knows what a generator does not."""
    return isinstance(error, JobEnded) and error.problem is not None and error.problem.slug == "invalid-parameter"


def _blames_the_spec(problem: Problem | None) -> bool:
    """Whether a problem points at what all photos share: one with a photo, such as a box that leaves it, does not."""
    return problem is not None and any(
        field.pointer == "/input" or field.pointer.startswith(("/operations", "/renditions", "/output", "/seed"))
        for field in problem.errors
    )
