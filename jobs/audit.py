"""What an entry of the audit log says: who did what to which things, and whether that was allowed.

Ids alone: never a file's name, an external id, metadata, a key's name or a secret. The names of keys are looked up when
the log is read, for as long as there are such keys.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ActorKind = Literal["key", "upload_token", "operator", "system", "link"]
Outcome = Literal["ok", "refused", "unknown"]
"""``unknown``: we answered with a fault of our own, and it may have been done all the same."""

INSTALLATION = "*"
"""In place of a tenant's name: what concerns all of them, for operators alone."""

LOOKED_AT = frozenset({"output.read", "upload.read", "archive.read"})
"""Noted once an hour for the same reader and thing: pages ask for the same pictures again and again."""

_WORK = ("job.", "batch.", "upload.", "output.", "archive.", "upload_token.")
_LESSER = ("webhook.", "tenant.change")
_GRAVE = frozenset({"job.erase", "batch.erase", "upload.erase", "job.requeue", "job.strike"})


@dataclass(frozen=True)
class Actor:
    """Who did it: a key's or token's id; "command line" of an operator at the server; what the service did itself."""

    kind: ActorKind
    id: str


@dataclass(frozen=True)
class Note:
    """One thing to be written down. ``count`` where it was done to many things at once, or so many times."""

    tenant: str
    actor: Actor
    action: str
    subject: str = ""
    outcome: Outcome = "ok"
    problem: str | None = None
    address: str = ""
    request_id: str = ""
    count: int | None = None

    @property
    def stream(self) -> str:
        """Where it is kept: what happens often cannot push out what happens seldom, nor can refusals."""
        if self.outcome == "refused":
            return "refusals"
        if self.action in _GRAVE or self.action.startswith(_LESSER):
            return "lesser"
        return "work" if self.action.startswith(_WORK) else "changes"

    @property
    def once(self) -> str | None:
        """What need not be noted again within the hour; None of what always is."""
        if self.outcome == "refused" or self.action in LOOKED_AT:
            subject = "" if self.outcome == "refused" else self.subject
            return " ".join((self.actor.kind, self.actor.id, self.action, subject, self.problem or "", self.address))
        return None

    @property
    def again(self) -> str | None:
        """What is noted ten times within the hour, and then the hundredth, the thousandth…; None of all else."""
        is_bounded = self.once or self.count is not None or self.actor.kind == "system"
        if is_bounded or self.stream not in {"changes", "lesser"}:
            return None
        who = (self.actor.kind, self.actor.id, self.address)
        return " ".join(("again", *who, self.action, self.subject, self.outcome))

    def document(self) -> dict[str, Any]:
        """Its members, but for those that say nothing; the tenant is in the place where it is kept."""
        told = vars(self) | {"actor": vars(self.actor)}
        return {name: value for name, value in told.items() if name != "tenant" and value not in (None, "")}

    def arguments(self, days: int, most: int) -> dict[str, Any]:
        """As ``lua/audit.lua`` takes it."""
        text = json.dumps(self.document(), separators=(",", ":"))
        told = {"tenant": self.tenant, "stream": self.stream, "text": text, "once": self.once, "again": self.again}
        return {name: value for name, value in told.items() if value is not None} | {"days": days, "most": most}


@dataclass(frozen=True)
class Entry:
    """An entry as it is kept: its place ``<ms>-<number>``, and the hashes that chain it to the one before."""

    tenant: str
    id: str
    text: str
    before: str
    hash: str

    @classmethod
    def read(cls, tenant: str, entry_id: str, fields: Mapping[str, str]) -> "Entry":
        """From the fields of a stream's entry."""
        return cls(tenant, entry_id, fields["entry"], fields["before"], fields["hash"])

    @property
    def place(self) -> tuple[int, int]:
        """(when in Unix milliseconds, number)."""
        ms, _, number = self.id.partition("-")
        return int(ms), int(number)

    @property
    def note(self) -> Note:
        """What it says."""
        told = json.loads(self.text)
        return Note(tenant=self.tenant, **{**told, "actor": Actor(**told["actor"])})

    def is_whole(self) -> bool:
        """Whether its hash is that of what it says."""
        told = f"{self.before} {self.id} {self.text}"
        return hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest() == self.hash  # what a script has


@dataclass(frozen=True)
class AuditPage:
    """Entries, newest first; ``cursor`` asks for the next, None at the end."""

    items: tuple[Entry, ...]
    cursor: str | None
