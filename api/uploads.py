"""Uploads: a photo in, its id (the SHA-256 of its bytes) out. A tenant's equal bytes are stored once."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import requires, tenant
from api.bodies import received_photo
from api.conditional import conditional, is_wanted
from api.descriptions import uploads as described
from api.digests import repr_digest
from api.erasing import delete_blobs
from api.file_names import SUFFIXES
from api.queries import NoQuery, read_query
from api.services import Services, services
from api.spool import Spool
from api.token_use import note_upload, upload_allowance
from jobs.checked_blobs import Recorded
from jobs.errors import BlobDamaged, BlobNotFound
from jobs.photos import PhotoLimits, inspect
from jobs.problems import ProblemError
from jobs.records import UploadRecord
from jobs.showing import shown_time
from jobs.tokens import new_token

uploads = Blueprint("uploads", __name__, url_prefix="/v1")

SHOWN_INLINE = frozenset({"jpeg", "png", "webp", "avif"})
"""What every browser decodes as a picture and nothing else; any other format is only ever saved."""

SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
UPLOAD_ID = re.compile(r"sha256:([0-9a-f]{64})")


@uploads.post("/uploads")
@described.UPLOAD
@requires("uploads:write")
def upload() -> ResponseReturnValue:
    """Store a photo, sent raw or as the form's ``file``: 201, or 200 when these bytes are there already."""
    with upload_allowance() as most_bytes, received_photo(most_bytes) as photo:
        record, created = store_photo(services(), tenant(), photo)
        document = _document(photo.sha256, record)
        note_upload(document["id"])
    return document, HTTPStatus.CREATED if created else HTTPStatus.OK


@uploads.get("/uploads/<upload_id>")
@described.SHOW_UPLOAD
@requires("jobs:read")
def show(upload_id: str) -> ResponseReturnValue:
    """What is known of a photo of one's own, and until when it is kept if nothing more refers to it."""
    read_query(NoQuery)
    sha256, record = _found(upload_id)
    return _document(sha256, record) | {"expires_at": shown_time(services().store.upload_expires_ms(tenant(), sha256))}


@uploads.get("/uploads/<upload_id>/content")
@described.UPLOAD_CONTENT
@requires("jobs:read")
def content(upload_id: str) -> ResponseReturnValue:
    """The photo's bytes as they were sent: nothing that they may hold is run or guessed at by a browser.

    Where the store damaged them, nobody gets them, and the photo counts as gone until it is sent again.
    """
    read_query(NoQuery)
    sha256, record = _found(upload_id)
    answer = Response(content_type=f"image/{record.format}")
    answer.set_etag(sha256)
    answer.headers["Repr-Digest"] = repr_digest(sha256)
    answer.headers["Cache-Control"] = "private, no-cache"  # it may be erased at any time
    answer.headers["Content-Security-Policy"] = SANDBOX
    kind = "inline" if record.format in SHOWN_INLINE else "attachment"
    suffix = SUFFIXES.get(record.format, record.format)
    answer.headers["Content-Disposition"] = f'{kind}; filename="{sha256[:16]}.{suffix}"'
    if is_wanted(conditional(answer)):
        answer.response = _stream(sha256, record)
    elif request.method == "HEAD" and services().blobs.size(record.path) != record.size:
        raise _absent()
    answer.content_length = record.size
    return answer


@uploads.delete("/uploads/<upload_id>")
@described.ERASE_UPLOAD
@requires("uploads:write")
def erase(upload_id: str) -> ResponseReturnValue:
    """Erase a photo that no job still needs; what was made of it stays. Erasing it again is no mistake."""
    read_query(NoQuery)
    path = services().store.erase_upload(tenant(), _sha256(upload_id))
    if path:
        delete_blobs([path])
    return Response(status=HTTPStatus.NO_CONTENT)


def store_photo(services: Services, owner: str, photo: Spool) -> tuple[UploadRecord, bool]:
    """Keep a photo whose content was looked at; True when it was not there before.

    Raises the ProblemErrors of ``jobs.photos.inspect``, BlobError, and Redis' own faults.
    """
    with services.tracing.part("store photo", {"packshot.bytes": photo.size}):
        return _store_photo(services, owner, photo)


def declared_image_type(photo: Spool) -> str | None:
    """The client's ``image/…`` type; anything else says nothing about the bytes."""
    declared = photo.declared_type or ""
    return declared if declared.startswith("image/") else None


def _store_photo(services: Services, owner: str, photo: Spool) -> tuple[UploadRecord, bool]:
    info = inspect(photo.path, PhotoLimits.of(services.settings), declared_image_type(photo))
    path = f"uploads/{owner}/{photo.sha256}/{new_token()}"
    if (known := services.store.touch_upload(owner, photo.sha256, announced=path)) is not None:
        if services.blobs.size(known.path) == known.size:
            return known, False
        services.store.drop_upload(owner, photo.sha256, known.path)  # missing, or what a loss of power left of it
        services.store.announce_upload(path)
    services.blobs.put_file(path, photo.path)
    # Should Redis fail now, the write may have been applied all the same: the blob stays, and goes as announced if not.
    fresh = UploadRecord(path, photo.size, info.format, info.width, info.height)
    try:
        record = services.store.put_upload(owner, photo.sha256, fresh)
    except ProblemError:
        services.blobs.delete(path)
        raise
    if record.path != path:
        services.blobs.delete(path)
    return record, record.path == path


def _found(upload_id: str) -> tuple[str, UploadRecord]:
    """(SHA-256, record). Raises ProblemError not-found: malformed, unknown, another's, erased, past its life."""
    sha256 = _sha256(upload_id)
    record = services().store.get_upload(tenant(), sha256)
    if record is None:
        raise _absent()
    return sha256, record


def _stream(sha256: str, record: UploadRecord) -> Iterator[bytes]:
    try:
        return services().checked_blobs.stream(Recorded(record.path, record.size, sha256))
    except BlobNotFound as error:
        raise _absent() from error
    except BlobDamaged as error:
        raise ProblemError("not-found", "the photo was damaged in the store; upload it again") from error


def _sha256(upload_id: str) -> str:
    match = UPLOAD_ID.fullmatch(upload_id)
    if match is None:
        raise _absent()
    return match[1]


def _absent() -> ProblemError:
    return ProblemError("not-found", "there is no such upload")


def _document(sha256: str, record: UploadRecord) -> dict[str, Any]:
    return {
        "id": f"sha256:{sha256}",
        "size": record.size,
        "format": record.format,
        "width": record.width,
        "height": record.height,
    }
