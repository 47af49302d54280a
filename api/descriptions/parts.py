"""What several descriptions share: answers that say the same everywhere, and bodies that are no JSON."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.describe import Answer

UNCHANGED = Answer("What the client has (`If-None-Match`) is still so.", headers={"ETag": ""})
ERASED = Answer("Erased, or erased before.")
POLLED: Mapping[str, str] = MappingProxyType(
    {
        "ETag": "Changes when anything happens, estimates aside; send it back as `If-None-Match`.",
        "Retry-After": "",
        "Preference-Applied": "",
    }
)

BINARY: Mapping[str, Any] = MappingProxyType({"type": "string", "format": "binary"})
PHOTO: Mapping[str, Any] = MappingProxyType(
    {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP, AVIF or HEIC: the file's bytes."}
)
"""A photo's bytes, whichever of the formats they are in: the bytes tell."""

PHOTO_PROBLEMS = (
    "missing-image", "image-empty", "unsupported-image", "type-mismatch", "image-animated", "image-dimensions",
    "image-corrupt", "too-many-parts", "duplicate-part",
)  # fmt: skip


def form(parts: Mapping[str, Mapping[str, Any]], required: tuple[str, ...]) -> dict[str, Any]:
    """A multipart form of these parts and no others."""
    return {"type": "object", "properties": dict(parts), "required": list(required), "additionalProperties": False}
