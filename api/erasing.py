"""Deletes blobs that nothing refers to any more, as soon as that is known."""

from collections.abc import Iterable

import structlog

from api.services import services
from jobs.errors import BlobError

log = structlog.get_logger("api")


def delete_blobs(paths: Iterable[str]) -> None:
    """Now rather than at the reaper's next sweep, which finds in the record what fails here; prefixes end in "/"."""
    deleted = []
    for path in paths:
        try:
            (services().blobs.delete_prefix if path.endswith("/") else services().blobs.delete)(path)
            deleted.append(path)
        except BlobError as error:
            log.warning("blobs left to the reaper", path=path, error=str(error))
    services().store.collected(deleted)
