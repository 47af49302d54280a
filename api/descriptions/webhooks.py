"""What the webhooks' routes take and answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.describe import Answer, describes
from api.documents.parts import Changes, Overlap
from api.documents.webhooks import (
    CreatedEndpoint,
    DeliveryPage,
    Endpoint,
    EndpointPage,
    EndpointSecret,
    RotatedSecret,
    SentMessage,
)
from jobs.spec.fields import PLAIN
from jobs.urls import MAX_URL_CHARS
from jobs.webhooks.events import EventFilters
from jobs.webhooks.records import DeliveryState
from jobs.webhooks.urls import URL_SHAPE

Url = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_URL_CHARS), Field(json_schema_extra=dict(URL_SHAPE))
]
Text = Annotated[str, StringConstraints(max_length=500), PLAIN]
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")] | None
Limit = Annotated[int, Field(ge=1, le=200)]

ENDPOINT: dict[str, Any] = {
    "id": "whe_06e9s3v5m2r8q4t6g0h1i2j3ab",
    "url": "https://shop.example/packshot",
    "events": ["job.*", "batch.finished"],
    "description": "the shop's product pages",
    "state": "enabled",
    "disabled_reason": None,
    "origin": "api",
    "created_at": "2026-02-03T04:05:06.789Z",
}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwC3nYd1kq8Zs="  # noqa: S105  (of an example)  # nosec B105
_MESSAGE = "msg_8f14e45fceea167a5a36dedd4b"
_PATH = {
    "endpoint_id": {"type": "string", "pattern": "^whe_[0-9a-v]{26}$"},
    "message_id": {"type": "string", "pattern": "^msg_[0-9a-v]{26}$"},
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointBody(_Part):
    """A new endpoint: everything is sent to it where ``events`` are left out. Each may end in ``*``."""

    url: Url
    events: EventFilters = ("*",)
    description: Text = ""


class EndpointChanges(Changes):
    """What is to be different; what is left out stays. ``state`` enables an endpoint anew, or switches it off."""

    url: Url = ""
    events: EventFilters = ("*",)
    description: Text = ""
    state: Literal["enabled", "disabled"] = "enabled"


class RotationBody(_Part):
    """For how many seconds the secret until now signs beside the new one; a day, where nothing is said."""

    overlap_s: Overlap = 86_400


class EndpointsQuery(_Part):
    """``cursor`` comes from the page before."""

    cursor: Cursor = None
    limit: Limit = 50


class DeliveriesQuery(EndpointsQuery):
    """Which messages, newest first."""

    state: DeliveryState | None = None


CREATE = describes(
    "Add a webhook endpoint",
    tag="webhooks",
    body=EndpointBody,
    answers={
        201: Answer(
            "The endpoint with its secret.", CreatedEndpoint, headers={"Location": ""},
            example=ENDPOINT | {"secret": _SECRET},
        )
    },
    headers=("Idempotency-Key",),
    problems=("webhook-url-forbidden", "being-erased"),
    examples={
        "every job and batch": {"url": "https://shop.example/packshot", "events": ["job.*", "batch.finished"]},
        "what went wrong": {
            "url": "https://shop.example/alarms",
            "events": ["job.failed", "job.expired"],
            "description": "to the operator's pager",
        },
    },
)  # fmt: skip
LIST = describes(
    "List webhook endpoints",
    tag="webhooks",
    query=EndpointsQuery,
    answers={200: Answer("Newest first.", EndpointPage, example={"items": [ENDPOINT], "cursor": None})},
)
SHOW = describes(
    "Look at a webhook endpoint",
    tag="webhooks",
    path=_PATH,
    answers={200: Answer("The endpoint, without its secret.", Endpoint, example=ENDPOINT)},
)
CHANGE = describes(
    "Change a webhook endpoint",
    tag="webhooks",
    path=_PATH,
    body=EndpointChanges,
    answers={200: Answer("The endpoint as it is now.", Endpoint, example=ENDPOINT)},
    problems=("webhook-url-forbidden",),
    examples={"enable it again": {"state": "enabled"}, "hear of failures alone": {"events": ["job.failed"]}},
)
REMOVE = describes(
    "Delete a webhook endpoint",
    tag="webhooks",
    path=_PATH,
    answers={204: Answer("It is gone with its log, and what waited is not sent.")},
)
SECRET = describes(
    "Get an endpoint's secret",
    tag="webhooks",
    path=_PATH,
    answers={200: Answer("What signs its messages.", EndpointSecret, example={"secret": _SECRET})},
)
ROTATE = describes(
    "Rotate an endpoint's secret",
    tag="webhooks",
    path=_PATH,
    body=RotationBody,
    body_optional=True,
    answers={
        200: Answer(
            "The new secret.", RotatedSecret,
            example={"secret": _SECRET, "previous_valid_until": "2026-02-04T04:05:06.789Z"},
        )
    },
    examples={"within the hour": {"overlap_s": 3600}},
)  # fmt: skip
TEST = describes(
    "Send a test message",
    tag="webhooks",
    path=_PATH,
    answers={202: Answer("It is on its way; the log says what became of it.", SentMessage, example={"id": _MESSAGE})},
    problems=("invalid-parameter",),
)
DELIVERIES = describes(
    "List an endpoint's deliveries",
    tag="webhooks",
    path=_PATH,
    query=DeliveriesQuery,
    answers={200: Answer("The log, newest first.", DeliveryPage)},
)
REDELIVER = describes(
    "Send a message again",
    tag="webhooks",
    path=_PATH,
    answers={202: Answer("It is on its way, under its own id.", SentMessage, example={"id": _MESSAGE})},
    problems=("invalid-parameter",),
)
