"""Erases all of a tenant's, step by step: what a reaper does of it at a time may stop anywhere, and goes on later.

The order matters. Endpoints go first, so that nobody is told of what the next steps end; then what is listed, then
whatever else of the tenant's any key of the record holds, and at last the files. A job that runs is stopped, and its
record goes when its worker lets go of it, at the latest when its lease lapses: the look through the record comes again
until there is none.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, cast

import structlog
from redis.exceptions import ResponseError

from jobs.audit import Actor, Note
from jobs.blobs import BlobStore
from jobs.erasures import Erasure
from jobs.errors import BlobError
from jobs.problems import ProblemError
from jobs.store import JobStore
from jobs.store.base import PREFIX

log = structlog.get_logger("jobs.erasing")

NO_BLOBS_MS = 30_000  # until the blob store is asked again, once it failed
AGAIN_MS = 2000  # between two looks while a worker still holds something
STEPS = ("webhooks", "batches", "jobs", "uploads", "upload_tokens", "records", "files", "keys", "done")
ITEMS_PER_CALL = 250
KEYS_PER_LOOK = 1000

BY_NAME = frozenset(
    {
        *("jobs", "external", "children", "review", "upload", "key", "work", "batches", "batch-key", "changed"),
        *("webhooks", "webhook-urls", "webhook-due-of", "webhook-leased-of", "upload-tokens", "held", "gone"),
    }
)
"""Kinds of keys that have the tenant's name as their next part; ``key`` and ``gone`` only with a third one."""

_NO_BLOBS = "the blob store does not answer, or does not delete; it is asked again"

BY_FIELD = frozenset({"job", "batch", "webhook", "delivery", "upload-token"})
"""Kinds of hashes, one for each id, that name their tenant in a field."""


class Eraser:
    """Goes on with erasures; any number may do so at once. Redis' own faults and BlobError pass through."""

    def __init__(self, store: JobStore, blobs: BlobStore) -> None:
        self._store, self._redis, self._blobs = store, store.redis, blobs

    def go_on(self, budget_s: float = 2.0) -> Erasure | None:
        """Do a part of the next erasure, for about so long; returns it as it was before. None: nothing to do."""
        erasure = self._store.claim_erasure()
        if erasure is None:
            return None
        until, step = time.monotonic() + budget_s, erasure.step
        while step != "done" and time.monotonic() < until:
            try:
                done, fields, counts = self._do(step, erasure, until)
            except BlobError:
                self._store.note_erasure(erasure, {"left": json.dumps([_NO_BLOBS])}, {}, NO_BLOBS_MS)
                raise
            if done:
                step = STEPS[STEPS.index(step) + 1]
            pause_ms = AGAIN_MS if fields.get("left", "[]") != "[]" else 0
            if step == "done":
                self._end(erasure)
            self._store.note_erasure(erasure, {"left": "[]", **fields, "step": step}, counts, pause_ms)
            if pause_ms:
                return erasure
            erasure = self._store.erasure(erasure.tenant, erasure.id) or erasure
        return erasure

    def _do(self, step: str, erasure: Erasure, until: float) -> tuple[bool, dict[str, Any], Mapping[str, int]]:
        """Some of a step: whether that was all of it, what to note, and how much was erased."""
        if step == "records":
            return self._records(erasure, until)
        doing: dict[str, Callable[[Erasure, float], tuple[bool, int]]] = {
            "webhooks": self._webhooks,
            "batches": self._batches,
            "jobs": self._jobs,
            "uploads": self._uploads,
            "upload_tokens": self._upload_tokens,
            "files": self._files,
            "keys": self._keys,
        }
        done, erased = doing[step](erasure, until)
        return done, {}, {step: erased}

    def _webhooks(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(endpoint_id: str) -> None:
            self._store.remove_endpoint(erasure.tenant, endpoint_id)

        return self._each(f"webhooks:{erasure.tenant}", remove, until)

    def _batches(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(batch_id: str) -> None:
            self._store.erase_batch(erasure.tenant, batch_id)

        return self._each(f"batches:{erasure.tenant}", remove, until)

    def _jobs(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(job_id: str) -> None:
            self._store.delete(erasure.tenant, job_id)  # its files are garbage from now on, and go with the rest

        return self._each(f"jobs:{erasure.tenant}", remove, until)

    def _uploads(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        erased = 0
        for sha256 in self._store.upload_names(erasure.tenant):
            if time.monotonic() >= until:
                return False, erased
            try:
                self._store.erase_upload(erasure.tenant, sha256)
                erased += 1
            except ProblemError:
                continue  # a job that runs needs it; the look through the record comes back to it
        return True, erased

    def _upload_tokens(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(token_id: str) -> None:
            self._redis.unlink(f"{PREFIX}upload-token:{token_id}", f"{PREFIX}upload-token:{token_id}:made")
            self._redis.zrem(f"{PREFIX}upload-tokens:{erasure.tenant}", token_id)

        return self._each(f"upload-tokens:{erasure.tenant}", remove, until)

    def _each(self, index: str, remove: Callable[[str], None], until: float) -> tuple[bool, int]:
        """Remove what an index lists; each removal takes it off the index."""
        erased = 0
        while found := cast("list[str]", self._redis.zrange(f"{PREFIX}{index}", 0, ITEMS_PER_CALL - 1)):
            for name in found:
                if time.monotonic() >= until:
                    return False, erased
                try:
                    remove(name)
                except ProblemError:  # gone meanwhile, and only its name is left
                    self._redis.zrem(f"{PREFIX}{index}", name)
                erased += 1
        return True, erased

    def _records(self, erasure: Erasure, until: float) -> tuple[bool, dict[str, Any], Mapping[str, int]]:
        """A look at every key there is; done is what found nothing, since erasing leaves tombstones of its own."""
        cursor, waiting, counts = erasure.cursor, erasure.waiting, Counter[str]()
        while True:
            cursor, names = self._redis.scan(cursor, match=f"{PREFIX}*", count=KEYS_PER_LOOK)
            waiting += self._look(erasure.tenant, [str(name) for name in names], counts)
            if cursor == 0:
                break
            if time.monotonic() >= until:
                found = erasure.found + counts.total()
                return False, {"cursor": int(cursor), "waiting": waiting, "found": found}, counts
        self._forget_fields(erasure.tenant)
        left = [f"{waiting} jobs or photos that a worker still has; it is told to stop"] if waiting else []
        done = not (waiting or erasure.found or counts.total())
        return done, {"cursor": 0, "waiting": 0, "found": 0, "left": json.dumps(left)}, counts

    def _look(self, tenant: str, names: Iterable[str], counts: Counter[str]) -> int:
        """Erase what of these keys is the tenant's; returns how much is not to be had yet."""
        waiting, asked = 0, []
        for name in names:
            _, kind, *rest = name.split(":")
            if kind in BY_FIELD and len(rest) == 1:
                asked.append((name, kind, rest[0], "hget"))
            elif kind == "gone" and len(rest) == 1:
                asked.append((name, kind, rest[0], "get"))
            elif kind in BY_NAME and rest[:1] == [tenant] and (kind != "key" or len(rest) > 1):
                if kind == "upload":
                    waiting += self._upload_is_held(tenant, rest[1])
                else:
                    counts["records"] += int(self._redis.unlink(name))
        with self._redis.pipeline(transaction=False) as pipeline:
            for name, _, _, how in asked:
                pipeline.get(name) if how == "get" else pipeline.hget(name, "tenant")
            owners = pipeline.execute()
        for (name, kind, known_as, _), owner in zip(asked, owners, strict=True):
            if owner == tenant:
                waiting += self._erase_found(tenant, name, kind, known_as, counts)
        return waiting

    def _erase_found(self, tenant: str, name: str, kind: str, known_as: str, counts: Counter[str]) -> int:
        """One of the tenant's keys that no list led to; 1 where it is not to be had yet."""
        if kind == "job":
            with suppress(ProblemError):  # it is being erased already: when its worker lets go of it
                self._store.delete(tenant, known_as)
            return int(self._redis.exists(name))
        if kind == "batch":
            while self._store.run_script("purge_batch", id=known_as, tenant=tenant, limit=ITEMS_PER_CALL):
                pass
        elif kind == "webhook":
            self._store.remove_endpoint(tenant, known_as)
        else:
            self._redis.unlink(name, f"{name}:made")
        counts["records"] += 1
        return 0

    def _upload_is_held(self, tenant: str, sha256: str) -> bool:
        try:
            self._store.erase_upload(tenant, sha256)
        except ProblemError as error:
            return error.problem.type == "in-use"
        return False

    def _forget_fields(self, tenant: str) -> None:
        """What counters and lists of all tenants still say of this one's photos."""
        for name in ("live", "refs"):
            for field, _ in self._redis.hscan_iter(f"{PREFIX}{name}", match=f"{tenant}:*", count=1000):
                self._redis.hdel(f"{PREFIX}{name}", field)
        for sha256 in self._store.upload_names(tenant):
            if not self._redis.exists(f"{PREFIX}upload:{tenant}:{sha256}"):
                self._redis.zrem(f"{PREFIX}uploads", f"{tenant}:{sha256}")

    def _files(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        """All that lies under the tenant's folders, at last what a killed writer left half written too."""
        folders, files = [f"{kind}/{erasure.tenant}/" for kind in ("uploads", "results")], 0
        for folder in folders:
            for path in self._blobs.list(folder):
                if time.monotonic() >= until:
                    return False, files
                self._blobs.delete(path)
                files += 1
            self._blobs.delete_prefix(folder)
        self._forget_garbage(folders)
        return True, files

    def _forget_garbage(self, folders: Iterable[str]) -> None:
        """What was to be deleted is; but what a stalled worker may still write is looked for later too."""
        seconds, microseconds = self._redis.time()
        now_ms = seconds * 1000 + microseconds / 1000
        for folder in folders:
            for path, due_ms in self._redis.zscan_iter(f"{PREFIX}garbage", match=f"{folder}*", count=1000):
                if due_ms <= now_ms:
                    self._redis.zrem(f"{PREFIX}garbage", path)

    def _keys(self, erasure: Erasure, _until: float) -> tuple[bool, int]:
        return True, int(self._store.run_script("forget_keys", tenant=erasure.tenant)) if erasure.keys else 0

    def _end(self, erasure: Erasure) -> None:
        log.info("all of a tenant's data was erased", tenant=erasure.tenant, erasure=erasure.id)
        with suppress(ResponseError):  # a Redis that is not ours may keep its log from us
            self._redis.slowlog_reset()  # it holds the beginnings of what slow scripts were given
        many = sum(erasure.counts.values())
        self._store.note(Note(erasure.tenant, Actor("system", "reaper"), "tenant.erased", erasure.id, count=many))
