"""All that is held of a tenant as one ZIP, written while it is sent. Nothing of it is ever held whole.

Every name in it is made of ids and hashes, so that no file system minds any. What is erased or made while the archive
is written may be missing from it; what is in it is as it was when its turn came.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar, cast

from api.file_names import SUFFIXES
from api.key_lists import KeyLists
from api.keys import KeyRing
from api.zip_streams import ZipStream
from jobs.checked_blobs import CheckedBlobs, Recorded
from jobs.store import JobStore
from jobs.store.auditing import STREAMS
from jobs.store.base import PREFIX, job_key

README = """Everything that this Packshot holds of the tenant {tenant}, as of {now}.

tenant.json          how long things are kept (seconds; null: as the installation keeps them)
jobs.jsonl           a line for each job: what was asked (spec, with metadata and external_id), how it ended, its
                     manifest, what people decided about its pictures
results/<job>/       the pictures of each job
uploads.jsonl        a line for each photo: size, format, until when it is kept
uploads/             the photos as they were sent, with all that they hold (EXIF, places), named by their SHA-256
batches.jsonl        a line for each catalogue
batches/<id>.jsonl   a line for each of its rows: what was asked, and what became of it
webhooks.jsonl       a line for each endpoint, without its secrets
deliveries/<id>.jsonl  what was sent to it in the last seven days
keys.jsonl           a line for each API key, without its secret, of which only a hash is kept
upload-tokens.jsonl  short-lived tokens for pages, likewise
audit.jsonl          who did what, oldest first within each stream
MISSING.txt          only where there are such: files that are gone, or that the store lost or damaged

Times that end in _ms are Unix milliseconds (UTC), those that end in _at Unix seconds. The archive was written while the
service went on: what was erased or made meanwhile may be missing. Idempotency keys are kept as hashes alone, run times
and counters name nobody, and are left out; so are links' signatures, which expire.
"""

T = TypeVar("T")

_PER_READ = 200
_OWN = frozenset({"token", "owner", "ended_token", "ended_as", "ended_well", "work", "key", "told", "uploads", "turn"})
"""Fields of records that only mean something to the service."""

_JSON = frozenset(
    {"spec", "outputs", "manifest", "problem", "decisions", "about", "terms", "webhook", "origins", "entry"}
)


@dataclass(frozen=True)
class Export:
    """What writing one tenant's archive needs, also when the request is over."""

    tenant: str
    store: JobStore
    blobs: CheckedBlobs
    keys: KeyRing

    def chunks(self) -> Iterator[bytes]:
        """The archive's bytes. Redis' own faults and BlobError break it off."""
        now = datetime.now(UTC)
        archive = ZipStream(now)
        readme = README.format(tenant=self.tenant, now=now.isoformat(timespec="seconds"))
        yield from archive.add("README.txt", [readme.encode()])
        yield from archive.add("tenant.json", [_line(vars(self.store.retention(self.tenant)))])
        tables: Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]] = {
            "jobs": self._jobs,
            "uploads": self._uploads,
            "batches": self._batches,
            "webhooks": self._webhooks,
            "keys": self._keys,
            "upload-tokens": self._upload_tokens,
            "audit": self._audit,
        }
        for name, rows in tables.items():
            yield from archive.add(f"{name}.jsonl", map(_line, rows()))
        for batch_id in self._ids("batches"):
            yield from archive.add(f"batches/{batch_id}.jsonl", map(_line, self._rows(batch_id)))
        for endpoint_id in self._ids("webhooks"):
            yield from archive.add(f"deliveries/{endpoint_id}.jsonl", map(_line, self._deliveries(endpoint_id)))
        yield from self._pictures(archive)
        yield archive.end()

    def _pictures(self, archive: ZipStream) -> Iterator[bytes]:
        for upload in self._uploads():
            suffix = SUFFIXES.get(upload["format"], upload["format"])
            name = f"uploads/{upload['sha256']}.{suffix}"
            blob = Recorded(upload["path"], upload["size"], upload["sha256"])
            yield from archive.add_blob(name, self.blobs, blob)
        for job_id in self._ids("jobs"):
            for output in json.loads(self._hget(job_key(job_id), "outputs") or "[]"):
                name = f"results/{job_id}/{str(output['path']).rpartition('/')[2]}"
                blob = Recorded(output["path"], output["bytes"], output["sha256"])
                yield from archive.add_blob(name, self.blobs, blob)

    def _jobs(self) -> Iterator[dict[str, Any]]:
        yield from self._records("job", self._ids("jobs"))

    def _batches(self) -> Iterator[dict[str, Any]]:
        yield from self._records("batch", self._ids("batches"))

    def _webhooks(self) -> Iterator[dict[str, Any]]:
        for told in self._records("webhook", self._ids("webhooks")):
            yield {name: value for name, value in told.items() if "secret" not in name}

    def _upload_tokens(self) -> Iterator[dict[str, Any]]:
        for told in self._records("upload-token", self._ids("upload-tokens")):
            yield {name: value for name, value in told.items() if name != "sha256"}

    def _uploads(self) -> Iterator[dict[str, Any]]:
        for sha256 in self.store.upload_names(self.tenant):
            record = self.store.get_upload(self.tenant, sha256)
            if record is not None:
                expires_ms = self.store.upload_expires_ms(self.tenant, sha256)
                yield {"sha256": sha256, **vars(record), "expires_ms": expires_ms}

    def _keys(self) -> Iterator[dict[str, Any]]:
        lists, cursor = KeyLists(self.keys), None
        while True:
            page = lists.page(self.tenant, cursor, _PER_READ)
            for record, _ in page.items:
                yield {**vars(record), "limits": vars(record.limits)}
            if (cursor := page.cursor) is None:
                return

    def _audit(self) -> Iterator[dict[str, Any]]:
        for stream in STREAMS:
            for entry in self.store.audit_stream(self.tenant, stream):
                yield {"id": entry.id, **entry.note.document(), "before": entry.before, "hash": entry.hash}

    def _rows(self, batch_id: str) -> Iterator[dict[str, Any]]:
        last = int(self._hget(f"{PREFIX}batch:{batch_id}", "filled") or 0)
        for rows in _in_parts(range(1, last + 1)):
            with self.store.redis.pipeline(transaction=False) as pipeline:
                for part in ("items", "active", "ends", "problems"):
                    pipeline.hmget(f"{PREFIX}batch:{batch_id}:{part}", [str(row) for row in rows])
                columns = pipeline.execute()
            for row, asked, job_id, ended, why in zip(rows, *columns, strict=True):
                item = json.loads(asked or "{}")
                spec = json.loads(item["spec"]) if "spec" in item else None
                yield {"row": row, **_shown(item), "spec": spec, "job": job_id, "ended": ended, "problem": why}

    def _deliveries(self, endpoint_id: str) -> Iterator[dict[str, Any]]:
        found = self.store.redis.zscan_iter(f"{PREFIX}deliveries:{endpoint_id}", count=_PER_READ)
        yield from self._records("delivery", (str(name) for name, _ in found))

    def _records(self, kind: str, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The records of these ids that there are, and that are the tenant's."""
        for some in _in_parts(ids):
            with self.store.redis.pipeline(transaction=False) as pipeline:
                for known_as in some:
                    pipeline.hgetall(f"{PREFIX}{kind}:{known_as}")
                found = cast("list[dict[str, str]]", pipeline.execute())
            for known_as, record in zip(some, found, strict=True):
                if record.get("tenant") == self.tenant:
                    yield {"id": known_as, **_shown(record)}

    def _ids(self, index: str) -> Iterator[str]:
        """All that an index lists, each once."""
        seen: set[str] = set()
        for name, _ in self.store.redis.zscan_iter(f"{PREFIX}{index}:{self.tenant}", count=_PER_READ):
            if name not in seen:
                seen.add(str(name))
                yield str(name)

    def _hget(self, name: str, field: str) -> str | None:
        return cast("str | None", self.store.redis.hget(name, field))


def _in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while part := list(islice(left, _PER_READ)):
        yield part


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields, but for the service's own; JSON as what it stands for."""
    return {
        name: json.loads(value) if name in _JSON and isinstance(value, str) else value
        for name, value in record.items()
        if name not in _OWN
    }


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode(errors="replace") + b"\n"
