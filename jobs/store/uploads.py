"""Uploads: photos by the SHA-256 of their bytes, each tenant its own. The bytes lie in the blob store."""

from jobs.records import UploadRecord
from jobs.store.base import RecordBase


class UploadStore(RecordBase):
    """Which photos are there, and until when."""

    def put_upload(self, tenant: str, sha256: str, upload: UploadRecord) -> UploadRecord:
        """Record a stored photo for ``retention_s``; returns the record that holds.

        When the photo is already there, the earlier record holds (its life renewed), and the caller deletes its own blob.
        """
        raise NotImplementedError

    def get_upload(self, tenant: str, sha256: str) -> UploadRecord | None:
        """The photo's record, or None."""
        raise NotImplementedError

    def touch_upload(self, tenant: str, sha256: str) -> UploadRecord | None:
        """As ``get_upload``, with its life renewed: for the same bytes uploaded again."""
        raise NotImplementedError

    def drop_upload(self, tenant: str, sha256: str, path: str) -> bool:
        """Forget a photo whose blob is missing, if it still lies under ``path``; True when it was forgotten."""
        raise NotImplementedError
