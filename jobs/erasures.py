"""What an erasure's record says: how far it is, what it has erased, what it waits for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

COUNTED = ("jobs", "batches", "uploads", "webhooks", "upload_tokens", "records", "files", "keys")


@dataclass(frozen=True)
class Erasure:
    """All of a tenant's is being erased, or was. Times are Redis' Unix milliseconds.

    ``cursor`` is where looking through the record goes on; ``waiting`` and ``found`` how many things of the present
    look a worker still holds, and how many it erased. ``token`` is that of whoever is at work on it, "" of nobody.
    ``operators``: an operator asked, so that operators' keys go as well. ``journal_ms`` is when Redis was told to write
    its journal anew after the end.
    """

    id: str
    tenant: str
    state: Literal["running", "done"]
    step: str
    keys: bool
    started_ms: int
    finished_ms: int | None
    cursor: int
    waiting: int
    found: int
    counts: Mapping[str, int]
    left: tuple[str, ...]
    token: str = ""
    operators: bool = False
    journal_ms: int | None = None

    @classmethod
    def read(cls, fields: Mapping[str, str], journal_ms: int | None = None) -> "Erasure":
        """From the fields of ``erasure:<id>``."""
        finished_ms = int(fields["finished_ms"]) if "finished_ms" in fields else None
        rewritten = finished_ms is not None and journal_ms is not None and journal_ms >= finished_ms
        return cls(
            id=fields["id"],
            tenant=fields["tenant"],
            state="done" if fields["state"] == "done" else "running",
            step=fields["step"],
            keys=fields["keys"] == "1",
            started_ms=int(fields["started_ms"]),
            finished_ms=finished_ms,
            cursor=int(fields.get("cursor", 0)),
            waiting=int(fields.get("waiting", 0)),
            found=int(fields.get("found", 0)),
            counts={name: int(fields.get(f"count:{name}", 0)) for name in COUNTED},
            left=tuple(json.loads(fields.get("left", "[]"))),
            token=fields.get("token", ""),
            operators=fields.get("operators") == "1",
            journal_ms=journal_ms if rewritten else None,
        )


@dataclass(frozen=True)
class Retention:
    """How long a tenant lets its own be kept, in seconds; None: as the installation keeps it."""

    ended_s: int | None
    uploads_s: int | None
    erasure: str | None


@dataclass(frozen=True)
class Held:
    """What is kept of a tenant; ``bytes`` of photos and results; ``counted_ms`` is when that was counted."""

    jobs: int
    uploads: int
    batches: int
    bytes: int
    counted_ms: int
