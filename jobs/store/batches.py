"""The way in for batches: create, steer, retry, erase. Long lists go in parts: no script takes long."""

import hashlib
from collections.abc import Sequence
from typing import cast

from jobs.batches.records import BatchSubmission, NewBatch, NewItem
from jobs.problems import ProblemError, another_request, being_erased
from jobs.quotas import Charge
from jobs.store.base import PREFIX, RecordBase, check_tenant, pack
from jobs.store.webhooks import pack_wish, too_many_endpoints
from jobs.tokens import new_batch_id

STAGING_GRACE_MS = 10 * 60 * 1000  # filling a batch takes seconds
LONGEST_PAUSE_MS = 7 * 86_400 * 1000

_KEPT_RETRY_S = 3600  # what is kept goes within hours: nobody need ask again before
_ROWS_PER_CALL = 500
_LET_GO_PER_CALL = 250


class BatchStore(RecordBase):
    """What a client changes about its batches. After each, ``hints_missing`` tells how many jobs became pending."""

    def create_batch(self, tenant: str, new: NewBatch, charge: Charge | None = None) -> BatchSubmission:
        """Write the batch: its rows in parts that nobody sees, then one script that shows and feeds it.

        A creation that dies halfway leaves nothing behind. Raises ProblemError: idempotency-mismatch, rate-limited
        (too many batches of this tenant, open or in all, or more valid rows than jobs that ``charge`` has left today),
        invalid-parameter (no room for the endpoint of its webhook), unavailable (Redis lost what was written so far).
        """
        check_tenant(tenant)
        batch_id = new_batch_id()
        about = {"name": new.name, "ignored_columns": new.ignored_columns}
        self.run_script(
            "open_batch",
            id=batch_id,
            tenant=tenant,
            terms=pack(self._terms() | _arrival(new)),
            about=pack(about),
            grace_ms=STAGING_GRACE_MS,
        )
        for first in range(0, len(new.items), _ROWS_PER_CALL):
            self._fill(tenant, batch_id, first, new.items[first : first + _ROWS_PER_CALL])
        valid = sum(item.spec is not None for item in new.items)
        answer, found = self.run_script(
            "commit_batch",
            id=batch_id,
            tenant=tenant,
            total=len(new.items),
            idempotency_key=new.idempotency_key and _digest(new.idempotency_key),
            body=new.body,
            webhook=pack_wish(new.webhook),
            key_life_ms=self.settings.retention_s * 1000,
            max_open=self.settings.max_open_batches,
            max_kept=self.settings.max_kept_batches,
            grace_ms=STAGING_GRACE_MS,
            valid=valid,
            account=charge.account if charge else None,
            jobs_per_day=charge.jobs_per_day if charge else None,
        )
        if answer == "spent" and charge is not None:
            raise charge.refusal(answer, found, valid)
        if answer == "mismatch":
            raise another_request(found)
        if answer in {"created", "found"}:
            return BatchSubmission(found, created=answer == "created")
        raise self._batch_refusal(answer)

    def find_batch(self, tenant: str, idempotency_key: str, body: str) -> str | None:
        """The id of the batch that this key made, if there is one. Raises ProblemError idempotency-mismatch."""
        name = f"{PREFIX}batch-key:{tenant}:{_digest(idempotency_key)}"
        known, batch_id = cast("list[str | None]", self.redis.hmget(name, ["body", "batch"]))
        if batch_id is None or not self.redis.exists(f"{PREFIX}batch:{batch_id}"):
            return None
        if known != body:
            raise another_request(batch_id)
        return batch_id

    def missing_uploads(self, tenant: str, sha256s: Sequence[str]) -> frozenset[str]:
        """Those of these photos (64 hex digits) that are not there; all are asked for at once."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for sha256 in sha256s:
                pipeline.exists(f"{PREFIX}upload:{tenant}:{sha256}")
            found = pipeline.execute()
        return frozenset(sha256 for sha256, there in zip(sha256s, found, strict=True) if not there)

    def pause_batch(self, tenant: str, batch_id: str) -> None:
        """Start no further item; those that have a job go on. Raises ProblemError: not-found, already-terminal.

        A batch that stays paused for a week is canceled.
        """
        self._steer(tenant, batch_id, "pause")

    def resume_batch(self, tenant: str, batch_id: str) -> None:
        """Go on after a pause. Raises ProblemError: not-found, already-terminal."""
        self._steer(tenant, batch_id, "resume")

    def cancel_batch(self, tenant: str, batch_id: str) -> None:
        """End every item that has not ended as canceled, and the jobs that no other batch waits for.

        Raises ProblemError: not-found, already-terminal.
        """
        while self._steer(tenant, batch_id, "cancel") == "more":
            pass

    def retry_batch(self, tenant: str, batch_id: str) -> int:
        """Let the failed items, but those that were never valid, wait anew; returns how many.

        Raises ProblemError: not-found, already-terminal (while it is being canceled), rate-limited (as a new batch).
        """
        left = int(self.redis.scard(f"{PREFIX}batch:{batch_id}:failed"))
        retried: int = 0
        while True:  # no more than had failed when asked: what fails again meanwhile is for the next time
            limit = min(max(1, left - retried), _ROWS_PER_CALL)
            answer, moved = self.run_script(
                "retry_batch", id=batch_id, tenant=tenant, limit=limit, max_open=self.settings.max_open_batches
            )
            if answer == "quota":
                raise self._batch_refusal(answer)
            self._refuse(answer, batch_id)
            retried += int(moved)
            if not moved or retried >= left:
                return retried

    def erase_batch(self, tenant: str, batch_id: str) -> None:
        """Erase the batch and the jobs that were made for it and serve no other; again is no mistake.

        Their blobs come back from ``reap``. Raises ProblemError not-found.
        """
        while True:
            answer = self.run_script("erase_batch", id=batch_id, tenant=tenant, limit=_LET_GO_PER_CALL)
            if answer == "none":
                self._refuse(answer, batch_id)
            if answer != "more":
                return

    def _fill(self, tenant: str, batch_id: str, first: int, items: Sequence[NewItem]) -> None:
        packed = [self._packed(tenant, item) for item in items]
        filled = self.run_script(
            "fill_batch", id=batch_id, tenant=tenant, first=first + 1, items=packed, grace_ms=STAGING_GRACE_MS
        )
        if filled != first + len(items):
            raise self._batch_refusal("gone")

    def _packed(self, tenant: str, item: NewItem) -> str:
        work = self.work_hash(item.spec, tenant) if item.spec is not None else ""
        return item.pack(work, self.settings.retention_s)

    def _terms(self) -> dict[str, int | str]:
        """What the scripts go by that feed the batch, for as long as it lives."""
        return {
            "window": self.settings.batch_window,
            "max_active": self.settings.max_active_per_tenant,
            "max_pending": self.settings.max_pending,
            "max_attempts": self.settings.max_attempts,
            "life_ms": self.settings.retention_s * 1000,
        }

    def _steer(self, tenant: str, batch_id: str, wish: str) -> str:
        answer = self.run_script(
            "steer_batch",
            id=batch_id,
            tenant=tenant,
            wish=wish,
            limit=_LET_GO_PER_CALL,
            longest_pause_ms=LONGEST_PAUSE_MS,
        )
        self._refuse(answer.removeprefix("already:"), batch_id)
        return str(answer)

    def _refuse(self, answer: str, batch_id: str) -> None:
        """Raise what the answer means, unless it is good."""
        if answer == "none":
            raise ProblemError("not-found", f"there is no batch {batch_id}")
        if answer not in {"ok", "more"}:
            raise ProblemError("already-terminal", f"the batch is {answer} already", state=answer)

    def _batch_refusal(self, answer: str) -> ProblemError:
        if answer == "quota":
            limit = self.settings.max_open_batches
            return ProblemError("rate-limited", f"{limit} batches of yours are open, the most allowed")
        if answer == "erasing":
            return being_erased()
        if answer == "no-endpoint":
            return too_many_endpoints("/webhook/url")
        if answer == "kept":
            limit = self.settings.max_kept_batches
            detail = f"{limit} batches of yours are kept, the most allowed; erase one, or wait for the end of its life"
            return ProblemError("rate-limited", detail, retry_after_s=_KEPT_RETRY_S)
        assert answer == "gone", answer
        return ProblemError("unavailable", "Redis lost the batch while it was written; send it again")


def _arrival(new: NewBatch) -> dict[str, str]:
    """By which request its jobs come, as ``note_arrival`` of the scripts takes it."""
    told = {"base_url": new.base_url, "request": new.request_id, "trace": new.trace or ""}
    return {name: value for name, value in told.items() if value}


def _digest(idempotency_key: str) -> str:
    return hashlib.sha256(idempotency_key.encode()).hexdigest()
