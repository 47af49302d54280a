"""What can be asked of `generate` and `variations`, field by field, for those who write Python. Knows no server."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict

from packshot.models import Upload
from packshot.problems import FieldError

Photo = str | os.PathLike[str] | bytes | Upload
UPLOAD_ID = re.compile(r"sha256:[0-9a-f]{64}")


class Identified(Protocol):
    """A job, of either client."""

    @property
    def id(self) -> str:
        """The server's name for it."""


JobLike = str | Identified
Parent = JobLike | tuple[JobLike, int | None] | Mapping[str, Any]


class SpecFields(TypedDict, total=False):
    """The fields of a job's spec beside its photo and operations; the server has the defaults."""

    output: Mapping[str, Any]
    seed: int
    priority: Literal["interactive", "bulk"]
    deadline_s: int
    expires_in_s: int
    external_id: str
    metadata: Mapping[str, str]
    parent: Parent
    webhook: Mapping[str, Any]
    idempotency_key: str


class PictureFields(SpecFields, total=False):
    """What both operations take: the pictures' number, size and looks."""

    count: int
    size_px: int
    effort: float
    colors: Iterable[str]
    pattern: str
    adjust: Mapping[str, float]


class GenerateFields(PictureFields, total=False):
    """What `generate` takes beside its text and the pictures that are liked."""

    category: str
    aspect: float
    like_strength: float
    mix: Mapping[str, float]


class VariationFields(PictureFields, total=False):
    """What `variations` takes beside its photo and the one to go towards."""

    strength: float


def parted(asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the operation, then those of the spec."""
    operation = {name: value for name, value in asked.items() if name not in SpecFields.__annotations__}
    if "colors" in operation:
        operation["colors"] = _listed("colors", operation["colors"])
    return operation, {name: value for name, value in asked.items() if name in SpecFields.__annotations__}


def as_files(name: str, photos: Iterable[Photo]) -> list[Photo]:
    """The photos of a list, text in it being paths. Raises TypeError for a single one."""
    return [as_file(photo) for photo in _listed(name, photos)]


def as_file(photo: Photo) -> Photo:
    """A photo as `submit` takes it within an operation: text is the id of an upload, or a path."""
    return Path(photo) if isinstance(photo, str) and not UPLOAD_ID.fullmatch(photo) else photo


def as_parent(parent: Parent) -> dict[str, Any]:
    """A job or its id, as a whole or with an output's index, as the wire has it: `{"job": "job_…", "output": 0}`."""
    if isinstance(parent, Mapping):
        return dict(parent)
    job, output = parent if isinstance(parent, tuple) else (parent, None)
    return {"job": id_of_job(job)} if output is None else {"job": id_of_job(job), "output": output}


def id_of_job(job: JobLike) -> str:
    """Of a job, or of its id. Raises TypeError."""
    told = job if isinstance(job, str) else getattr(job, "id", None)
    if not isinstance(told, str):
        raise TypeError(f"{job!r} is no job; expected a Job or its id")
    return told


def not_finite(value: Any, pointer: str = "") -> Iterator[FieldError]:
    """The numbers of a spec that JSON has no word for, such as NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        yield FieldError(pointer, f"received {value}; a finite number is needed")
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for name, one in pairs:
        yield from not_finite(one, f"{pointer}/{name}")


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | os.PathLike | Upload):
        raise TypeError(f"{name} is a single {type(values).__name__}; expected a list of them")
    return list(values)
