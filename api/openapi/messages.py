"""The description's part about what the service posts to others: OpenAPI's ``webhooks``."""

from typing import Any

from api.documents.messages import BatchMessage, JobMessage, TestMessage
from api.openapi.schemas import Schema, Schemas

MESSAGE_MODELS: tuple[Any, ...] = (JobMessage, BatchMessage, TestMessage)

_TOLD = {
    "job": ("A job has ended", JobMessage),
    "batch": ("A batch has ended", BatchMessage),
    "test": ("A test that you asked for", TestMessage),
}
_HEADERS = {
    "webhook-id": "The message's id, the same at every attempt.",
    "webhook-timestamp": "When this attempt was made, in Unix seconds.",
    "webhook-signature": "One signature or more, between spaces: `v1,` and base64 of an HMAC-SHA256 "
    "over `id.timestamp.body`.",
}
_TEXT = "Signed by Standard Webhooks; [the guide](/docs/webhooks) tells how to check that, and when it is sent again."


def message_operations(schemas: Schemas) -> dict[str, Schema]:
    """Each kind of message by its name, as something that is posted to an endpoint."""
    return {name: {"post": _operation(name, *told, schemas)} for name, told in _TOLD.items()}


def _operation(name: str, summary: str, model: Any, schemas: Schemas) -> Schema:
    return {
        "operationId": f"told_{name}",
        "tags": ["webhooks"],
        "summary": summary,
        "description": _TEXT,
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schemas.of(model)}}},
        "responses": {
            "2XX": {"description": "Delivered. What else the answer says is not read."},
            "410": {"description": "The endpoint is gone, and is switched off."},
            "default": {"description": "Not delivered: it is sent again later, for three days."},
        },
    }
