"""Whatever of a tenant's any key of the record holds, found by looking at all of them, and erased.

Knows the kinds of keys and whose each is; nothing of files, or of when to look.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from jobs.erasures import Erasure
from jobs.problems import ProblemError
from jobs.store import JobStore
from jobs.store.base import PREFIX

ITEMS_PER_CALL = 250
KEYS_PER_LOOK = 1000

BY_NAME = frozenset(
    {
        *("jobs", "external", "children", "review", "upload", "key", "work", "batches", "batch-key", "changed"),
        *("webhooks", "webhook-urls", "webhook-due-of", "webhook-leased-of", "upload-tokens", "held", "gone"),
    }
)
"""Kinds of keys that have the tenant's name as their next part; ``key`` and ``gone`` only with a third one."""

BY_FIELD = frozenset({"job", "batch", "webhook", "delivery", "upload-token"})
"""Kinds of hashes, one for each id, that name their tenant in a field."""


class Traces:
    """What no list leads to. Every deletion is the holder's of the erasure alone: ErasureLost passes through."""

    def __init__(self, store: JobStore) -> None:
        self._store, self._redis = store, store.redis

    def erase_some(self, erasure: Erasure, until: float) -> tuple[bool, dict[str, Any], Mapping[str, int]]:
        """A look at every key there is; done is what found nothing, since erasing leaves tombstones of its own."""
        cursor, waiting, counts = erasure.cursor, erasure.waiting, Counter[str]()
        while True:
            cursor, names = self._redis.scan(cursor, match=f"{PREFIX}*", count=KEYS_PER_LOOK)
            waiting += self._look(erasure, [str(name) for name in names], counts)
            if cursor == 0:
                break
            if time.monotonic() >= until:
                found = erasure.found + counts.total()
                return False, {"cursor": int(cursor), "waiting": waiting, "found": found}, counts
        self._forget_fields(erasure)
        left = [f"{waiting} jobs or photos that a worker still has; it is told to stop"] if waiting else []
        done = not (waiting or erasure.found or counts.total())
        return done, {"cursor": 0, "waiting": 0, "found": 0, "left": json.dumps(left)}, counts

    def _look(self, erasure: Erasure, names: Iterable[str], counts: Counter[str]) -> int:
        """Erase what of these keys is the tenant's; returns how much is not to be had yet."""
        waiting, asked, named = 0, [], []
        for name in names:
            _, kind, *rest = name.split(":")
            if (kind in BY_FIELD or kind == "gone") and len(rest) == 1:
                asked.append((name, kind, rest[0]))
            elif kind in BY_NAME and rest[:1] == [erasure.tenant] and (kind != "key" or len(rest) > 1):
                if kind == "upload":
                    waiting += self._upload_is_held(erasure, rest[1])
                else:
                    named.append(name)
        counts["records"] += self._store.erase_keys(
            erasure, named
        )  # ours still: the ids asked for are of before its end
        with self._redis.pipeline(transaction=False) as pipeline:
            for name, kind, _ in asked:
                pipeline.get(name) if kind == "gone" else pipeline.hget(name, "tenant")
            owners = pipeline.execute()
        for (name, kind, known_as), owner in zip(asked, owners, strict=True):
            if owner == erasure.tenant:
                waiting += self._erase_found(erasure, name, kind, known_as, counts)
        return waiting

    def _erase_found(self, erasure: Erasure, name: str, kind: str, known_as: str, counts: Counter[str]) -> int:
        """One of the tenant's keys that no list led to; 1 where it is not to be had yet."""
        tenant = erasure.tenant
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

    def _upload_is_held(self, erasure: Erasure, sha256: str) -> bool:
        try:
            self._store.erase_upload(erasure.tenant, sha256, erasure)
        except ProblemError as error:
            return error.problem.type == "in-use"
        return False

    def _forget_fields(self, erasure: Erasure) -> None:
        """What counters and lists of all tenants still say of this one's photos."""
        for name in ("live", "refs"):
            cursor = -1
            while cursor != 0:
                pattern = f"{erasure.tenant}:*"
                cursor, found = self._redis.hscan(f"{PREFIX}{name}", max(cursor, 0), match=pattern, count=KEYS_PER_LOOK)
                self._store.erase_keys(erasure, fields={name: map(str, found)})
        self._store.erase_keys(erasure, photos=self._store.upload_names(erasure.tenant))
