"""What becomes of a photo or a picture whose bytes the blob store changed: told once, counted, and to be made anew."""

import redis
import structlog

from api.counting import ApiMetrics
from jobs.checked_blobs import Recorded
from jobs.connection import is_unavailable
from jobs.store import JobStore

log = structlog.get_logger("api.blobs")


class Damage:
    """Whom `CheckedBlobs` tells. Thread-safe; needs no request, as archives find damage while they are sent."""

    def __init__(self, store: JobStore, metrics: ApiMetrics) -> None:
        self._store = store
        self._metrics = metrics

    def __call__(self, blob: Recorded) -> None:
        """Have the record doubt it: a photo is stored anew when it comes again, and a job stands for its work no more.

        One line in the log for each blob, however often it is asked for, and of however many API processes.
        """
        kind, tenant, name, *_ = blob.path.split("/")
        try:
            if not self._doubt(kind, tenant, name, blob):
                return
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise
        what = "result" if kind == "results" else "upload"
        self._metrics.damaged(what)
        log.error("damaged", what=what, tenant=tenant, id=name, bytes=blob.size, wanted_sha256=blob.sha256)

    def _doubt(self, kind: str, tenant: str, name: str, blob: Recorded) -> bool:
        """False where somebody did so before."""
        if kind == "results":
            return self._store.doubt_result(tenant, name, blob.path)
        known = self._store.get_upload(tenant, name)
        return known is not None and self._store.doubt_upload(tenant, name, blob.path)
