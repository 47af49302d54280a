"""Uploads: photos by the SHA-256 of their bytes, each tenant its own. The bytes lie in the blob store."""

import json
from dataclasses import asdict
from typing import cast

from jobs.records import UploadRecord
from jobs.store.base import PREFIX, RecordBase, check_tenant, pack

STORING_GRACE_MS = 60 * 60 * 1000  # storing one photo takes seconds


class UploadStore(RecordBase):
    """Which photos are there, and until when."""

    def announce_upload(self, path: str) -> None:
        """Say that a blob is about to be stored under ``path``.

        Unless ``put_upload`` records it within an hour, the reaper deletes it: so a process that dies between the two
        leaves nothing behind.
        """
        self.run_script("announce_upload", path=path, grace_ms=STORING_GRACE_MS)

    def put_upload(self, tenant: str, sha256: str, upload: UploadRecord) -> UploadRecord:
        """Record a stored photo for ``retention_s``; returns the record that holds.

        When the photo is already there, the earlier record holds (its life renewed), and the caller deletes its own
        blob. ``upload.path`` must be fresh for each storing: an earlier path may be about to be deleted.
        """
        check_tenant(tenant)
        answer = self.run_script(
            "put_upload",
            tenant=tenant,
            sha256=sha256,
            path=upload.path,
            record=pack(asdict(upload)),
            life_ms=self.settings.retention_s * 1000,
        )
        return _read_upload(answer)

    def get_upload(self, tenant: str, sha256: str) -> UploadRecord | None:
        """The photo's record, or None."""
        record = cast("str | None", self.redis.hget(f"{PREFIX}upload:{tenant}:{sha256}", "record"))
        return _read_upload(record) if record else None

    def touch_upload(self, tenant: str, sha256: str) -> UploadRecord | None:
        """As ``get_upload``, with its life renewed: for the same bytes uploaded again."""
        life_ms = self.settings.retention_s * 1000
        record = self.run_script("touch_upload", tenant=tenant, sha256=sha256, life_ms=life_ms)
        return _read_upload(record) if record else None

    def drop_upload(self, tenant: str, sha256: str, path: str) -> bool:
        """Forget a photo whose blob is missing, if it still lies under ``path``; True when it was forgotten."""
        return bool(self.run_script("drop_upload", tenant=tenant, sha256=sha256, path=path))


def _read_upload(record: str) -> UploadRecord:
    return UploadRecord(**json.loads(record))
