"""What the routes of single uploads take and answer."""

from api.describe import Answer, describes
from api.descriptions.parts import BINARY, ERASED, UNCHANGED
from api.descriptions.uploads import EXAMPLE
from api.documents.features import KeptUpload
from api.queries import NoQuery

SHOW_UPLOAD = describes(
    "Look at an upload",
    tag="uploads",
    query=NoQuery,
    answers={
        200: Answer("What is known of it.", KeptUpload, example=EXAMPLE | {"expires_at": "2026-02-03T04:05:06.789Z"})
    },
)

UPLOAD_CONTENT = describes(
    "Get an upload's bytes",
    tag="uploads",
    query=NoQuery,
    headers=("If-None-Match",),
    answers={
        200: Answer(
            "The bytes that were sent.",
            media_type="image/*",
            headers={"ETag": "The SHA-256 of the bytes.", "Content-Disposition": ""},
            also={"image/*": BINARY},
        ),
        304: UNCHANGED,
    },
)

ERASE_UPLOAD = describes("Erase an upload", tag="uploads", query=NoQuery, answers={204: ERASED}, problems=("in-use",))
