"""Erases all of a tenant's, step by step: what a reaper does of it at a time may stop anywhere, and goes on later.

The order matters. Endpoints go first, so that nobody is told of what the next steps end; then what is listed, then
whatever else of the tenant's any key of the record holds, and at last the files. A job that runs is stopped, and its
record goes when its worker lets go of it, at the latest when its lease lapses: the look through the record comes again
until there is none.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, cast

import structlog

from jobs.blobs import BlobStore
from jobs.erasures import Erasure
from jobs.errors import BlobError, ErasureLost
from jobs.problems import ProblemError
from jobs.store import JobStore
from jobs.store.base import PREFIX
from jobs.traces import Traces

log = structlog.get_logger("jobs.erasing")

NO_BLOBS_MS = 30_000  # until the blob store is asked again, once it failed
AGAIN_MS = 2000  # between two looks while a worker still holds something
STEPS = ("webhooks", "batches", "jobs", "uploads", "upload_tokens", "records", "files", "keys", "done")
ITEMS_PER_CALL = 250
LOOKS = 5  # at a folder, until a store that says it deleted is taken for one that does not

_NO_BLOBS = "the blob store does not answer, or does not delete; it is asked again"


class Eraser:
    """Goes on with erasures. Redis' own faults and BlobError pass through.

    Any number may do so at once, each with an erasure of its own: whoever claims one has its token, and whoever finds
    that another has it, or that it has ended, lets go of it before it erases what came after.
    """

    def __init__(self, store: JobStore, blobs: BlobStore) -> None:
        self._store, self._redis, self._blobs = store, store.redis, blobs
        self._traces = Traces(store)

    def go_on(self, budget_s: float = 2.0) -> Erasure | None:
        """Do a part of the next erasure, for about so long; returns it as it was then. None: nothing to do."""
        erasure = self._store.claim_erasure()
        if erasure is None:
            return None
        try:
            return self._do_some(erasure, time.monotonic() + budget_s)
        except ErasureLost:
            log.warning("another reaper has gone on with an erasure", tenant=erasure.tenant, erasure=erasure.id)
        except BlobError:
            with suppress(ErasureLost):
                self._store.note_erasure(erasure, {"left": json.dumps([_NO_BLOBS])}, {}, NO_BLOBS_MS)
            raise
        return erasure

    def _do_some(self, erasure: Erasure, until: float) -> Erasure:
        """As far as the time goes, and give it back then. Raises ErasureLost once it is another's: so it ends here."""
        step = erasure.step
        while True:
            done, fields, counts = self._do(step, erasure, until)
            if done:
                step = STEPS[STEPS.index(step) + 1]
            pause_ms = 0 if time.monotonic() >= until else None
            if fields.get("left", "[]") != "[]":
                pause_ms = AGAIN_MS
            self._store.note_erasure(erasure, {"left": "[]", **fields, "step": step}, counts, pause_ms)
            if step == "done":
                log.info("all of a tenant's data was erased", tenant=erasure.tenant, erasure=erasure.id)
            if step == "done" or pause_ms is not None:
                return erasure
            erasure = self._known(erasure)

    def _known(self, erasure: Erasure) -> Erasure:
        """As it is now, under the same token: another's serves for nothing."""
        now = self._store.erasure(erasure.tenant, erasure.id)
        if now is None or now.token != erasure.token:
            raise ErasureLost(f"{erasure.id} is another reaper's, or has ended")
        return now

    def _do(self, step: str, erasure: Erasure, until: float) -> tuple[bool, dict[str, Any], Mapping[str, int]]:
        """Some of a step: whether that was all of it, what to note, and how much was erased."""
        if step == "records":
            return self._traces.erase_some(erasure, until)
        if step == "keys":
            return self._keys(erasure)
        doing: dict[str, Callable[[Erasure, float], tuple[bool, int]]] = {
            "webhooks": self._webhooks,
            "batches": self._batches,
            "jobs": self._jobs,
            "uploads": self._uploads,
            "upload_tokens": self._upload_tokens,
            "files": self._files,
        }
        done, erased = doing[step](erasure, until)
        return done, {}, {step: erased}

    def _webhooks(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(endpoint_id: str) -> None:
            self._store.remove_endpoint(erasure.tenant, endpoint_id)

        return self._each(erasure, "webhooks", remove, until)

    def _batches(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(batch_id: str) -> None:
            self._store.erase_batch(erasure.tenant, batch_id)

        return self._each(erasure, "batches", remove, until)

    def _jobs(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(job_id: str) -> None:
            self._store.delete(erasure.tenant, job_id)  # its files are garbage from now on, and go with the rest

        return self._each(erasure, "jobs", remove, until)

    def _uploads(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        erased = 0
        for sha256 in self._store.upload_names(erasure.tenant):
            with suppress(ProblemError):  # a job that runs needs it; the look through the record comes back to it
                self._store.erase_upload(erasure.tenant, sha256, erasure)
                erased += 1
            if time.monotonic() >= until:
                return False, erased
        return True, erased

    def _upload_tokens(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        def remove(token_id: str) -> None:
            self._redis.unlink(f"{PREFIX}upload-token:{token_id}", f"{PREFIX}upload-token:{token_id}:made")
            self._redis.zrem(f"{PREFIX}upload-tokens:{erasure.tenant}", token_id)

        return self._each(erasure, "upload-tokens", remove, until)

    def _each(self, erasure: Erasure, kind: str, remove: Callable[[str], None], until: float) -> tuple[bool, int]:
        """Remove what the tenant's index lists; each removal takes it off the index."""
        index, erased = f"{PREFIX}{kind}:{erasure.tenant}", 0
        while found := cast("list[str]", self._redis.zrange(index, 0, ITEMS_PER_CALL - 1)):
            self._store.erase_keys(erasure)  # it is still ours, so all that was listed is of before its end
            for name in found:
                try:
                    remove(name)
                except ProblemError:  # gone meanwhile, and only its name is left
                    self._redis.zrem(index, name)
                erased += 1
                if time.monotonic() >= until:  # after it: something is done however long the listing took
                    return False, erased
        return True, erased

    def _files(self, erasure: Erasure, until: float) -> tuple[bool, int]:
        """All that lies under the tenant's folders: each is looked through until it holds no blob.

        Never a folder as a whole: once the erasure is another's and has ended, the tenant stores there anew.
        """
        folders, files = [f"{kind}/{erasure.tenant}/" for kind in ("uploads", "results")], 0
        for folder in folders:
            for _ in range(LOOKS):
                done, erased = self._blobs_of(erasure, folder.rstrip("/"), until)
                files += erased
                if not done:
                    return False, files
                if not erased:
                    break
            else:
                raise BlobError(f"{folder}: not all of it could be deleted")
            self._blobs.delete_strays(folder.rstrip("/"))
        self._store.erase_keys(erasure)
        self._forget_garbage(folders)
        return True, files

    def _blobs_of(self, erasure: Erasure, folder: str, until: float) -> tuple[bool, int]:
        erased = 0
        for page in self._blobs.pages(folder):
            self._store.erase_keys(erasure)  # as above: a photo of after the end lies under another path
            for blob in page:
                self._blobs.delete(blob.path)
                erased += 1
                if time.monotonic() >= until:
                    return False, erased
        return True, erased

    def _forget_garbage(self, folders: Iterable[str]) -> None:
        """What was to be deleted is; but what a stalled worker may still write is looked for later too."""
        seconds, microseconds = self._redis.time()
        now_ms = seconds * 1000 + microseconds / 1000
        for folder in folders:
            for path, due_ms in self._redis.zscan_iter(f"{PREFIX}garbage", match=f"{folder}*", count=1000):
                if due_ms <= now_ms:
                    self._redis.zrem(f"{PREFIX}garbage", path)

    def _keys(self, erasure: Erasure) -> tuple[bool, dict[str, Any], Mapping[str, int]]:
        """The tenant's, where they were to go; the receipt says how many an operator's word is needed for."""
        if not erasure.keys:
            return True, {}, {}
        gone, spared = self._store.forget_keys(erasure)
        left = [f"{spared} keys with the scope operator stay: an operator revokes them"] if spared else []
        return True, {"left": json.dumps(left)}, {"keys": gone}
