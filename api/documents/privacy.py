"""What the routes about a tenant's data and the audit log take and answer."""

from typing import Annotated, Literal

from pydantic import Field

from api.documents.parts import Changes, Document, PageOf, Time

SHORTEST_S = 60

Tenant = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ErasureId = Annotated[str, Field(pattern=r"^ers_[0-9a-v]{26}$", examples=["ers_06e9s3v5m2r8q4t6g0h1i2j3ab"])]


class Actor(Document):
    """Who did it. ``name`` is the key's, while there is such a key; null else."""

    kind: Literal["key", "upload_token", "operator", "system", "link"]
    id: str
    name: str | None


class AuditEntry(Document):
    """One thing that was done, or refused. ``subject`` is ids alone; ``count`` where it was many things at once.

    ``hash`` chains the entry to the one before it in its stream.
    """

    id: str
    at: Time
    tenant: str
    actor: Actor
    action: str
    subject: str
    outcome: Annotated[
        Literal["ok", "refused", "unknown"], Field(description="unknown: we answered 5xx, and it may have been done.")
    ]
    problem: Annotated[str | None, Field(description="The problem's slug, of what was not done.")]
    count: int | None
    address: str
    request_id: str
    hash: str


class AuditPage(PageOf[AuditEntry]):
    """Entries, newest first."""


class Held(Document):
    """What is kept of the tenant, as it was at ``counted_at``, a minute ago at most."""

    jobs: int
    uploads: int
    batches: int
    bytes: Annotated[int, Field(description="Of photos and results, in the blob store.")]
    counted_at: Time


class TenantState(Document):
    """How long things are kept, and what is. Null: as the installation keeps them (``default_s``)."""

    tenant: str
    retention_s: Annotated[int | None, Field(description="Jobs and results, from their end on.")]
    uploads_retention_s: Annotated[int | None, Field(description="Photos, from their last use on.")]
    default_s: int
    longest_s: Annotated[int, Field(description="The most that may be set.")]
    held: Held
    erasure: Annotated[ErasureId | None, Field(description="The erasure that is under way, or was the last.")]


class TenantChanges(Changes):
    """Seconds; null goes back to what the installation sets. What is left out stays as it is."""

    retention_s: Annotated[int, Field(ge=SHORTEST_S, strict=True)] | None = None
    uploads_retention_s: Annotated[int, Field(ge=SHORTEST_S, strict=True)] | None = None


class ErasureBody(Document):
    """``confirm`` is the tenant's own name, so that no slip erases everything. ``keys``: its API keys as well."""

    confirm: Annotated[str, Field(max_length=64)]
    keys: Annotated[bool, Field(strict=True)] = False


class ErasureStarted(Document):
    """Poll its address."""

    id: ErasureId
    state: Literal["running", "done"]


class ErasedCounts(Document):
    """How much was erased so far."""

    jobs: int
    batches: int
    uploads: int
    webhooks: int
    upload_tokens: int
    records: Annotated[int, Field(description="What else was found: tombstones, idempotency keys, lists, messages.")]
    files: Annotated[int, Field(description="Photos and results that still lay in the blob store at the end.")]
    keys: int


class Erasure(Document):
    """How far it is, and in the end the receipt. ``left`` says in words what it waits for, and why."""

    id: ErasureId
    tenant: str
    state: Literal["running", "done"]
    step: str
    started_at: Time
    finished_at: Time | None
    keys: bool
    counts: ErasedCounts
    left: list[str]
    journal_rewritten_at: Annotated[
        Time | None, Field(description="When Redis was asked, after the end, to write its journal anew.")
    ]
