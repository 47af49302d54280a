"""Uploads: photos by the SHA-256 of their bytes, each tenant its own. The bytes lie in the blob store."""

import json
from dataclasses import asdict
from typing import cast

from jobs.erasures import Erasure
from jobs.errors import ErasureLost
from jobs.problems import ProblemError, being_erased
from jobs.records import UploadRecord
from jobs.store.base import PREFIX, RecordBase, check_tenant, pack

STORING_GRACE_MS = 60 * 60 * 1000  # storing one photo takes seconds


class UploadStore(RecordBase):
    """Which photos are there, and until when."""

    def announce_upload(self, path: str) -> None:
        """Say that a blob is about to be stored under ``path``.

        Unless ``put_upload`` records it within an hour, the reaper deletes it: so a process that dies between the two
        leaves nothing behind. Raises ProblemError being-erased.
        """
        tenant = path.split("/")[1]
        if not self.run_script("announce_upload", tenant=tenant, path=path, grace_ms=STORING_GRACE_MS):
            raise being_erased()

    def put_upload(self, tenant: str, sha256: str, upload: UploadRecord) -> UploadRecord:
        """Record a stored photo for ``retention_s``; returns the record that holds.

        When the photo is already there, the earlier record holds (its life renewed), and the caller deletes its own
        blob. ``upload.path`` must be fresh for each storing: an earlier path may be about to be deleted.
        Raises ProblemError being-erased; then, too, the blob is the caller's to delete.
        """
        check_tenant(tenant)
        answer = self.run_script(
            "put_upload",
            tenant=tenant,
            sha256=sha256,
            path=upload.path,
            record=pack(asdict(upload)),
            life_ms=self.settings.retention_s * 1000,
            grace_ms=STORING_GRACE_MS,
        )
        if answer is None:
            raise being_erased()
        return _read_upload(answer)

    def get_upload(self, tenant: str, sha256: str, *, doubted: bool = False) -> UploadRecord | None:
        """The photo's record, or None; with ``doubted`` also where its bytes were found to be damaged."""
        fields = self.redis.hmget(f"{PREFIX}upload:{tenant}:{sha256}", ["record", "doubted"])
        record, doubt = cast("list[str | None]", fields)
        return _read_upload(record) if record and (doubted or not doubt) else None

    def touch_upload(self, tenant: str, sha256: str, announced: str | None = None) -> UploadRecord | None:
        """As ``get_upload``, with its life renewed: for the same bytes uploaded again.

        Where there is no record, ``announced`` is announced as by ``announce_upload``, in the same script.
        """
        life_ms = self.settings.retention_s * 1000
        told = {"path": announced, "grace_ms": STORING_GRACE_MS} if announced else {}
        record = self.run_script("touch_upload", tenant=tenant, sha256=sha256, life_ms=life_ms, **told)
        if record == "erasing":
            raise being_erased()
        return _read_upload(record) if record else None

    def drop_upload(self, tenant: str, sha256: str, path: str) -> bool:
        """Forget a photo whose blob is missing or cut short, if it is still ``path``; True when it was forgotten."""
        return bool(self.run_script("drop_upload", tenant=tenant, sha256=sha256, path=path))

    def doubt_upload(self, tenant: str, sha256: str, path: str, *, whole: bool = False) -> bool:
        """Note that what was read of ``path`` is not the photo: from now on it is stored anew when it comes again.

        True unless that has happened meanwhile. Jobs that name the photo may still find it ``whole``, and say so.
        """
        return bool(self.run_script("doubt_upload", tenant=tenant, sha256=sha256, path=path, whole=whole))

    def upload_expires_ms(self, tenant: str, sha256: str) -> int | None:
        """When the photo goes unless a job needs it then (Redis' Unix milliseconds); None when it is not there."""
        found = self.redis.zscore(f"{PREFIX}uploads", f"{tenant}:{sha256}")
        return None if found is None else int(found)

    def erase_upload(self, tenant: str, sha256: str, erasure: Erasure | None = None) -> str:
        """Forget a photo at its owner's wish; returns the path of the blob to delete, "" when it was erased before.

        Jobs that ended keep what they made of it. Raises ProblemError: not-found, in-use (jobs, or rows of a batch,
        that have not ended need it). With ``erasure``, on whose behalf it goes: ErasureLost.
        """
        life_ms = self.settings.retention_s * 1000
        held = {"erasure": erasure.id, "token": erasure.token} if erasure else {}
        answer, value = self.run_script("erase_upload", tenant=tenant, sha256=sha256, life_ms=life_ms, **held)
        if answer == "lost":
            raise ErasureLost(f"{sha256} is not erased")
        if answer == "none":
            raise ProblemError("not-found", "there is no such upload")
        if answer == "in-use":
            detail = f"{value} jobs or rows of batches that have not ended need the photo; cancel them first"
            raise ProblemError("in-use", detail, jobs=int(value))
        return str(value)


def _read_upload(record: str) -> UploadRecord:
    return UploadRecord(**json.loads(record))
