"""What the server tells about a batch and its rows, as frozen values."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from packshot.models import Output
from packshot.problems import Problem, parse_problem
from packshot.reading import Document, as_document, take, take_optional

_UNSENT = re.compile(r"no upload (sha256:[0-9a-f]{64})")
ITEM_ENDED = frozenset({"succeeded", "failed", "canceled"})


@dataclass(frozen=True)
class BatchCounts:
    """How many rows are in which state; `waiting` have no job yet."""

    total: int = 0
    waiting: int = 0
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    canceled: int = 0

    @property
    def ended(self) -> int:
        """Rows that nothing will change any more."""
        return self.succeeded + self.failed + self.canceled

    @classmethod
    def parse(cls, document: Document) -> "BatchCounts":
        """Raises MalformedAnswer."""
        return cls(**{one.name: take_optional(document, one.name, int) or 0 for one in fields(cls)})

    def __str__(self) -> str:
        told = [f"{getattr(self, one.name)} {one.name}" for one in fields(self)[1:] if getattr(self, one.name)]
        return f"{self.total} rows: {', '.join(told)}" if told else f"{self.total} rows"


@dataclass(frozen=True)
class BatchItem:
    """A row of a batch. `row` counts from 1; `job` is None until it has one; `needs_review` asks for a look."""

    row: int
    sku: str
    state: str
    job: str | None = None
    outputs: tuple[Output, ...] = ()
    problem: Problem | None = None
    needs_review: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing will change it any more, but for a retry."""
        return self.state in ITEM_ENDED

    @classmethod
    def parse(cls, document: Document) -> "BatchItem":
        """Raises MalformedAnswer."""
        problem = take_optional(document, "problem", dict)
        outputs = take_optional(document, "outputs", list) or []
        return cls(
            row=take(document, "row", int),
            sku=take_optional(document, "sku", str) or "",
            state=take(document, "state", str),
            job=take_optional(document, "job", str),
            outputs=tuple(Output.parse(as_document(one)) for one in outputs),
            problem=None if problem is None else parse_problem(problem),
            needs_review=bool(document.get("needs_review")),
        )


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row, in its `column` or the field at `pointer`. Rows count from 1."""

    row: int
    detail: str
    pointer: str = ""
    column: str = ""

    @property
    def field(self) -> str:
        """The column, else the field's place without its slash; empty where the whole row is at fault."""
        place = self.column or self.pointer.removeprefix("/")
        return place.partition("/")[0] if place.startswith(("preset/", "renditions/")) else place

    @property
    def unsent(self) -> str:
        """The id of the upload that the server does not have, where that is the fault; else empty."""
        found = _UNSENT.search(self.detail)
        return found[1] if found else ""

    @classmethod
    def parse(cls, document: Document) -> "RowFault":
        """Raises MalformedAnswer."""
        return cls(
            row=take(document, "row", int),
            detail=take_optional(document, "detail", str) or "",
            pointer=take_optional(document, "pointer", str) or "",
            column=take_optional(document, "column", str) or "",
        )


@dataclass(frozen=True)
class CatalogCheck:
    """What the server says of rows before any is done: every fault, and the time that the others need.

    `jobs` do the work of all rows, since equal work is done once. `estimate_s` is None where the server cannot tell;
    `note` says why, or on what the estimate rests.
    """

    total: int
    faults: tuple[RowFault, ...] = ()
    jobs: int = 0
    estimate_s: float | None = None
    note: str = ""

    @property
    def invalid(self) -> int:
        """Rows with at least one fault."""
        return len({fault.row for fault in self.faults})

    @property
    def valid(self) -> int:
        """Rows without a fault."""
        return self.total - self.invalid

    def without_unsent(self, ours: Collection[str]) -> "CatalogCheck":
        """The same without the faults that these uploads, which can still be sent, are not there."""
        return replace(self, faults=tuple(fault for fault in self.faults if fault.unsent not in ours))

    def with_faults(self, more: Collection[RowFault]) -> "CatalogCheck":
        """The same with more faults, in the rows' order."""
        return replace(self, faults=tuple(sorted((*self.faults, *more), key=lambda fault: fault.row)))

    @classmethod
    def parse(cls, document: Document) -> "CatalogCheck":
        """Raises MalformedAnswer."""
        estimate = take_optional(document, "estimate", dict) or {}
        seconds = take_optional(estimate, "seconds", float)
        return cls(
            total=take(document, "total", int),
            faults=tuple(RowFault.parse(as_document(one)) for one in take_optional(document, "errors", list) or []),
            jobs=take_optional(estimate, "jobs", int) or 0,
            estimate_s=None if seconds is None else float(seconds),
            note=take_optional(estimate, "reason", str) or "",
        )
