"""The versions of the server's models, as its operator sees them and wishes for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from packshot.reading import Document, as_document, take, take_optional

NEWEST = "newest"
"""As a wish: the newest version of each worker's weights."""


@dataclass(frozen=True)
class ServedVersion:
    """A version that `workers` living workers serve; `in_use` of them give it to jobs that ask for none."""

    version: str
    digest: str
    workers: int
    in_use: int

    @classmethod
    def parse(cls, told: Document) -> Self:
        """Of the server's answer."""
        return cls(
            take(told, "version", str), take(told, "digest", str), take(told, "workers", int), take(told, "in_use", int)
        )


@dataclass(frozen=True)
class ModelVersions:
    """Of one model which version jobs are to take, which other one a part of them (0 to 1), and what workers serve."""

    use: str
    share: tuple[str, float] | None
    versions: tuple[ServedVersion, ...]

    @classmethod
    def parse(cls, told: Document) -> Self:
        """Of the server's answer."""
        share = take_optional(told, "share", dict)
        return cls(
            use=take(told, "use", str),
            share=None if share is None else (take(share, "version", str), float(take(share, "share", float))),
            versions=tuple(ServedVersion.parse(as_document(one)) for one in take(told, "versions", list)),
        )


@dataclass(frozen=True)
class RefusedVersion:
    """A version (`restore-6`) that a worker could not take, and why; what it served before serves on."""

    host: str
    version: str
    reason: str

    @classmethod
    def parse(cls, told: Document) -> Self:
        """Of the server's answer."""
        return cls(take(told, "host", str), take(told, "version", str), take(told, "reason", str))


@dataclass(frozen=True)
class OperatorModels:
    """All models by name, and what was refused. `document` is the server's answer.

    `looking` is how many workers have not yet followed the last wish to its end: what they refuse is told later.
    """

    models: Mapping[str, ModelVersions]
    refused: tuple[RefusedVersion, ...]
    document: Mapping[str, Any]
    looking: int = 0

    @classmethod
    def parse(cls, told: Document) -> Self:
        """Of the server's answer."""
        models = {name: ModelVersions.parse(as_document(one)) for name, one in take(told, "models", dict).items()}
        refused = tuple(RefusedVersion.parse(as_document(one)) for one in take(told, "refused", list))
        return cls(models, refused, told, take_optional(told, "looking", int) or 0)
