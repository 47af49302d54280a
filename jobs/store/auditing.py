"""The audit log: written with what it tells of or right after, read by its tenant and by operators, and checked."""

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from jobs.audit import AuditPage, Entry, Note
from jobs.store.base import PREFIX, RecordBase
from jobs.store.cursors import bad_cursor

STREAMS = ("work", "changes", "lesser", "refusals")
MAX_SCANNED = 2000  # entries that one listing looks through for a rare one, before it hands out a cursor to go on
_CHUNK = 200
_CURSOR = re.compile(r"([0-9]{1,16})-([1-9][0-9]{0,15})\.([A-Za-z0-9_*-]{1,64})")


@dataclass(frozen=True)
class AuditQuery:
    """Which entries: of a time (Unix milliseconds, the first that counts and the first that does not), action, actor.

    ``action`` may be the beginning of one and ``*``; ``actor`` is a key's or token's id.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    action: str | None = None
    actor: str | None = None
    cursor: str | None = None
    limit: int = 50

    def takes(self, entry: Entry) -> bool:
        """Whether the entry is one of them, apart from its time."""
        note = entry.note
        if self.actor is not None and note.actor.id != self.actor:
            return False
        if self.action is None or not self.action.endswith("*"):
            return self.action in {None, note.action}
        return note.action.startswith(self.action[:-1])


@dataclass(frozen=True)
class AuditCheck:
    """What was found of a stream: what is wrong with it, how many entries there are, and the newest.

    ``trimmed`` is how many ever made room for newer ones, before their age was reached.
    """

    faults: tuple[str, ...]
    entries: int
    newest: Entry | None
    trimmed: int = 0


class AuditingStore(RecordBase):
    """Who did what, for ``audit_days`` and at most ``audit_entries`` in each of a tenant's four streams."""

    def note(self, note: Note) -> Entry | None:
        """Write it down; None where it need not be (noted already, too many refusals, or no log is kept)."""
        return self._noted(note)

    def note_shown(self, note: Note, kind: str, shown_id: str) -> Entry | None:
        """As ``note``, in the log of whoever has the key ("key") or token ("upload-token"); None where nobody has."""
        return self._noted(note, shown=kind, shown_id=shown_id)

    def audit(self, tenants: Sequence[str], query: AuditQuery) -> AuditPage:
        """Entries of these tenants, newest first; a page may hold fewer than asked for and still go on.

        Raises ProblemError invalid-parameter for a cursor that no page gave.
        """
        bound = _bound(query.cursor)
        feeds = (self._newest_entries(tenant, stream, query, bound) for tenant in tenants for stream in STREAMS)
        items: list[Entry] = []
        last = ""
        newest_first = heapq.merge(*feeds, key=lambda entry: (*entry.place, entry.tenant), reverse=True)
        for scanned, entry in enumerate(newest_first):
            if len(items) == query.limit or scanned == MAX_SCANNED:
                return AuditPage(tuple(items), last)
            last = f"{entry.id}.{entry.tenant}"
            if query.takes(entry):
                items.append(entry)
        return AuditPage(tuple(items), None)

    def audited_tenants(self) -> list[str]:
        """Whoever has a log, ``*`` for the installation itself."""
        return sorted(cast("list[str]", self.redis.zrange(f"{PREFIX}audit-due", 0, -1)))

    def audit_stream(self, tenant: str, stream: str) -> Iterator[Entry]:
        """All entries of a stream that are kept, oldest first."""
        after = "-"
        while True:
            found = cast(
                "list[tuple[str, dict[str, str]]]", self.redis.xrange(_name(tenant, stream), after, "+", _CHUNK)
            )
            yield from (Entry.read(tenant, entry_id, fields) for entry_id, fields in found)
            if len(found) < _CHUNK:
                return
            after = f"({found[-1][0]}"

    def check_audit(self, tenant: str, stream: str) -> AuditCheck:
        """Look for entries changed, or taken out of the middle or off the end; it may be written to meanwhile."""
        names = [stream, f"{stream}-ms", f"{stream}-trimmed"]
        head, written_ms, trimmed = cast("list[str | None]", self.redis.hmget(f"{PREFIX}audit-head:{tenant}", names))
        faults: list[str] = []
        entries, before, is_head_there = 0, None, False
        for entry in self.audit_stream(tenant, stream):
            if not entry.is_whole():
                faults.append(f"{entry.id} was changed: its hash is not that of what it says")
            if before and before.hash != entry.before and not self._is_oldest(entry, stream):
                faults.append(f"something is missing, or was changed, before {entry.id}")
            entries, before = entries + 1, entry
            is_head_there |= entry.hash == head  # what comes after it was written since, and hangs on it
        if before and not is_head_there:
            faults.append("the newest entry is not the one that was written last")
        oldest_ms = (int(self.redis.time()[0]) - self.settings.audit_days * 86_400) * 1000
        if before is None and int(written_ms or 0) > oldest_ms:
            faults.append("all entries are gone, and the newest was not past its age")
        return AuditCheck(tuple(faults), entries, before, int(trimmed or 0))

    def _is_oldest(self, entry: Entry, stream: str) -> bool:
        """Whether those before it have gone meanwhile, by age or number, as the oldest do."""
        oldest = cast("list[tuple[str, Any]]", self.redis.xrange(_name(entry.tenant, stream), count=1))
        return not oldest or Entry.read(entry.tenant, *oldest[0]).place >= entry.place

    def _noted(self, note: Note, **shown: str) -> Entry | None:
        arguments = self.audit_arguments(note)
        if arguments is None:
            return None
        told = cast("list[str] | None", self.run_script("note", **arguments, **shown))
        return Entry(told[0], told[1], arguments["text"], "", told[2]) if told else None

    def _newest_entries(
        self, tenant: str, stream: str, query: AuditQuery, bound: tuple[str, str] | None
    ) -> Iterator[Entry]:
        last = "+" if query.until_ms is None else f"({max(1, query.until_ms)}-0"
        if bound is not None:
            last = bound[0] if tenant < bound[1] else f"({bound[0]}"
        first = "-" if query.since_ms is None else str(query.since_ms)
        while True:
            found = cast("list[Any]", self.redis.xrevrange(_name(tenant, stream), last, first, _CHUNK))
            yield from (Entry.read(tenant, entry_id, fields) for entry_id, fields in found)
            if len(found) < _CHUNK:
                return
            last = f"({found[-1][0]}"


def _bound(cursor: str | None) -> tuple[str, str] | None:
    """The place of the last entry that was told, and its tenant."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_cursor(cursor)
    return f"{match[1]}-{match[2]}", match[3]


def _name(tenant: str, stream: str) -> str:
    return f"{PREFIX}audit:{tenant}:{stream}"
