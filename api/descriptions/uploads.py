"""What the uploads' routes take and answer."""

from api.describe import Answer, describes
from api.descriptions.parts import BINARY, ERASED, PHOTO, PHOTO_PROBLEMS, UNCHANGED, form
from api.documents.uploads import KeptUpload, Upload
from api.queries import NoQuery

EXAMPLE = {
    "id": "sha256:4b495490d9a2caf5831953b4430786d4cdde5129a8e571aa2c16f7ef5325e114",
    "size": 101290,
    "format": "jpeg",
    "width": 720,
    "height": 960,
}

UPLOAD = describes(
    "Upload a photo",
    tag="uploads",
    bodies={
        **{f"image/{kind}": PHOTO for kind in ("jpeg", "png", "webp", "avif", "heic")},
        "application/octet-stream": PHOTO,
        "multipart/form-data": form({"file": PHOTO}, ("file",)),
    },
    answers={
        201: Answer("Stored.", Upload, example=EXAMPLE),
        200: Answer(
            "These bytes are there already; they live as long as if they had come now.", Upload, example=EXAMPLE
        ),
    },
    problems=(*PHOTO_PROBLEMS, "being-erased"),
)

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
            headers={"ETag": "The SHA-256 of the bytes.", "Repr-Digest": "", "Content-Disposition": ""},
            also={"image/*": BINARY},
        ),
        304: UNCHANGED,
    },
    problems=("precondition-failed",),
)

ERASE_UPLOAD = describes("Erase an upload", tag="uploads", query=NoQuery, answers={204: ERASED}, problems=("in-use",))
