"""Uploads as documents."""

from typing import Annotated

from pydantic import Field

from api.documents.parts import Document, Time, UploadId


class Upload(Document):
    """A stored photo. The ``id`` is that of its bytes: the same bytes have the same, and are stored once."""

    id: UploadId
    size: Annotated[int, Field(ge=1, description="Bytes.")]
    format: str
    width: Annotated[int, Field(ge=1, description="Pixels, before a turn that the photo's EXIF asks for.")]
    height: Annotated[int, Field(ge=1)]


class KeptUpload(Upload):
    """A stored photo, and until when it is kept where no job that has not ended needs it for longer."""

    expires_at: Time | None
