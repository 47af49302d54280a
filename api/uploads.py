"""``POST /v1/uploads``: a photo in, its id (the SHA-256 of its bytes) out. A tenant's equal bytes are stored once."""

from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.access import requires, tenant
from api.bodies import received_photo
from api.services import Services, services
from api.spool import Spool
from jobs.photos import PhotoLimits, inspect
from jobs.records import UploadRecord
from jobs.tokens import new_token

uploads = Blueprint("uploads", __name__, url_prefix="/v1")


@uploads.post("/uploads")
@requires("uploads:write")
def upload() -> ResponseReturnValue:
    """Store a photo, sent raw or as the form's ``file``: 201, or 200 when these bytes are there already."""
    with received_photo(services().settings.max_upload_bytes) as photo:
        record, created = store_photo(services(), tenant(), photo)
        document = {
            "id": f"sha256:{photo.sha256}",
            "size": record.size,
            "format": record.format,
            "width": record.width,
            "height": record.height,
        }
    return document, HTTPStatus.CREATED if created else HTTPStatus.OK


def store_photo(services: Services, owner: str, photo: Spool) -> tuple[UploadRecord, bool]:
    """Keep a photo whose content was looked at; True when it was not there before.

    Raises the ProblemErrors of ``jobs.photos.inspect``, BlobError, and Redis' own faults.
    """
    info = inspect(photo.path, PhotoLimits.of(services.settings), declared_image_type(photo))
    if (known := _still_stored(services, owner, photo.sha256)) is not None:
        return known, False
    path = f"uploads/{owner}/{photo.sha256}/{new_token()}"
    services.store.announce_upload(path)
    services.blobs.put_file(path, photo.path)
    # Should Redis fail now, the write may have been applied all the same: the blob stays, and goes as announced if not.
    fresh = UploadRecord(path, photo.size, info.format, info.width, info.height)
    record = services.store.put_upload(owner, photo.sha256, fresh)
    if record.path != path:
        services.blobs.delete(path)
    return record, record.path == path


def declared_image_type(photo: Spool) -> str | None:
    """The client's ``image/…`` type; anything else says nothing about the bytes."""
    declared = photo.declared_type or ""
    return declared if declared.startswith("image/") else None


def _still_stored(services: Services, owner: str, sha256: str) -> UploadRecord | None:
    known = services.store.touch_upload(owner, sha256)
    if known is None or services.blobs.exists(known.path):
        return known
    services.store.drop_upload(owner, sha256, known.path)
    return None
