"""What a server holds of a tenant, and who did what with it, as frozen values. Times are as RFC 3339 has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packshot.reading import Document, take, take_optional


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done, or refused: by whom, to what. Ids alone; `actor_name` is a key's, while there is one."""

    id: str
    at: str
    action: str
    outcome: str
    tenant: str = ""
    subject: str = ""
    actor_kind: str = ""
    actor_id: str = ""
    actor_name: str | None = None
    problem: str | None = None
    count: int | None = None
    address: str = ""
    request_id: str = ""
    hash: str = ""

    @classmethod
    def parse(cls, document: Document) -> "AuditEntry":
        """Raises MalformedAnswer."""
        actor = take(document, "actor", dict)
        needed = {name: take(document, name, str) for name in ("id", "at", "action", "outcome")}
        texts = ("tenant", "subject", "address", "request_id", "hash")
        return cls(
            **needed,
            **{name: take_optional(document, name, str) or "" for name in texts},
            actor_kind=take(actor, "kind", str),
            actor_id=take(actor, "id", str),
            actor_name=take_optional(actor, "name", str),
            problem=take_optional(document, "problem", str),
            count=take_optional(document, "count", int),
        )


@dataclass(frozen=True)
class TenantData:
    """How long a tenant's things are kept, in seconds, and how much there is; None: `default_s`, the installation's.

    `jobs`, `uploads`, `batches` and `bytes` were counted a minute ago at most. `erasure` is the id of the last one.
    """

    tenant: str
    retention_s: int | None
    uploads_retention_s: int | None
    default_s: int
    longest_s: int
    jobs: int
    uploads: int
    batches: int
    bytes: int
    erasure: str | None = None

    @classmethod
    def parse(cls, document: Document) -> "TenantData":
        """Raises MalformedAnswer."""
        held = take(document, "held", dict)
        return cls(
            tenant=take(document, "tenant", str),
            retention_s=take_optional(document, "retention_s", int),
            uploads_retention_s=take_optional(document, "uploads_retention_s", int),
            default_s=take(document, "default_s", int),
            longest_s=take(document, "longest_s", int),
            **{name: take(held, name, int) for name in ("jobs", "uploads", "batches", "bytes")},
            erasure=take_optional(document, "erasure", str),
        )


@dataclass(frozen=True)
class Erasure:
    """How far the erasure of all of a tenant's data is; when `done`, `counts` are its receipt.

    `left` says what it waits for. `journal_rewritten_at` is when the server's Redis was told to write its journal anew.
    """

    id: str
    state: str
    step: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    journal_rewritten_at: str | None = None

    @property
    def done(self) -> bool:
        """Whether all is erased."""
        return self.state == "done"

    @classmethod
    def parse(cls, document: Document) -> "Erasure":
        """Raises MalformedAnswer."""
        counts = take_optional(document, "counts", dict) or {}
        return cls(
            id=take(document, "id", str),
            state=take(document, "state", str),
            step=take_optional(document, "step", str) or "",
            started_at=take_optional(document, "started_at", str),
            finished_at=take_optional(document, "finished_at", str),
            counts={name: take(counts, name, int) for name in counts},
            left=tuple(str(each) for each in take_optional(document, "left", list) or ()),
            journal_rewritten_at=take_optional(document, "journal_rewritten_at", str),
        )
