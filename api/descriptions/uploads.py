"""What the uploads' routes take and answer."""

from api.describe import Answer, describes
from api.descriptions.parts import PHOTO, PHOTO_PROBLEMS, form
from api.documents.uploads import Upload

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
    problems=PHOTO_PROBLEMS,
)
