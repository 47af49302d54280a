"""Which of a tenant's jobs a listing is of: what its filters ask of a record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypedDict

from jobs.states import State


class Filters(TypedDict, total=False):
    """The filters of a listing by name; see ``Selection``."""

    state: State | None
    external_id: str | None
    parent: str | None
    created_after_ms: int | None
    created_before_ms: int | None
    metadata: Mapping[str, str]
    needs_review: bool | None


@dataclass(frozen=True)
class Selection:
    """What is None, or empty, does not matter. Times are Redis' Unix milliseconds, from one and before the other.

    ``parent`` is the job of ``spec.parent``; of ``metadata`` each value must be the job's own.
    """

    state: State | None = None
    external_id: str | None = None
    parent: str | None = None
    created_after_ms: int | None = None
    created_before_ms: int | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    needs_review: bool | None = None

    def index(self, tenant: str) -> str:
        """The narrowest of the record's indexes that holds all that is asked for; all are in the order of creation."""
        if self.external_id is not None:
            return f"external:{tenant}:{self.external_id}"
        if self.parent is not None:
            return f"children:{tenant}:{self.parent}"
        return f"review:{tenant}" if self.needs_review else f"jobs:{tenant}"

    def takes(self, record: Mapping[str, str]) -> bool:
        """Whether the record of a job is one of those asked for."""
        return (
            self.state in {None, record["state"]}
            and self.external_id in {None, record.get("external_id")}
            and self.parent in {None, record.get("parent")}
            and (self.created_before_ms is None or int(record["created_ms"]) < self.created_before_ms)
            and (self.created_after_ms is None or int(record["created_ms"]) >= self.created_after_ms)
            and self.needs_review in {None, _needs_review(record)}
            and (not self.metadata or self.metadata.items() <= json.loads(record["spec"])["metadata"].items())
        )

    def ends_before(self, record: Mapping[str, str]) -> bool:
        """Whether this job, and so every older one, was created too early."""
        return self.created_after_ms is not None and int(record["created_ms"]) < self.created_after_ms


def _needs_review(record: Mapping[str, str]) -> bool:
    return any(output.get("needs_review") for output in json.loads(record.get("outputs", "[]")))
