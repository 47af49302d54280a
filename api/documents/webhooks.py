"""Webhook endpoints, their secrets and what was sent to them, as documents."""

from typing import Annotated, Literal

from pydantic import Field

from api.documents.parts import BatchId, Document, JobId, PageOf, Time

EndpointId = Annotated[str, Field(pattern=r"^whe_[0-9a-v]{26}$", examples=["whe_06e9s3v5m2r8q4t6g0h1i2j3ab"])]
MessageId = Annotated[str, Field(pattern=r"^msg_[0-9a-v]{26}$", examples=["msg_8f14e45fceea167a5a36dedd4b"])]
Secret = Annotated[
    str,
    Field(
        pattern=r"^whsec_[A-Za-z0-9+/=]+$",
        description="What messages are signed with, as Standard Webhooks writes it. Keep it as you keep a password.",
    ),
]


class Endpoint(Document):
    """Where messages go. One of ``origin`` job is that of jobs' and batches' own ``webhook``, and gets theirs alone."""

    id: EndpointId
    url: str
    events: Annotated[list[str], Field(description="Of an endpoint of jobs, these are what each job names.")]
    description: str
    state: Literal["enabled", "disabled"]
    disabled_reason: Annotated[str | None, Field(description="Why nothing is sent; null of one that is enabled.")]
    origin: Literal["api", "job"]
    created_at: Time


class CreatedEndpoint(Endpoint):
    """A new endpoint with its secret."""

    secret: Secret


class EndpointPage(PageOf[Endpoint]):
    """A part of the listing, newest first."""


class EndpointSecret(Document):
    """The secret that signs now."""

    secret: Secret


class RotatedSecret(Document):
    """The new secret. Until ``previous_valid_until`` each message carries a signature of the one before as well."""

    secret: Secret
    previous_valid_until: Time


class SentMessage(Document):
    """The message's id, which is its ``webhook-id`` however often it is sent."""

    id: MessageId


class Attempt(Document):
    """One try: the receiver's ``status``, null where it gave none; ``error`` is null of a try that went well."""

    at: Time
    status: int | None
    ms: Annotated[int | None, Field(description="How long it took.")]
    error: str | None


class Delivery(Document):
    """One message to one endpoint; its last 20 attempts, the newest last."""

    id: MessageId
    type: Annotated[str, Field(examples=["job.succeeded"])]
    job: JobId | None
    batch: BatchId | None
    state: Literal["pending", "delivered", "failed", "canceled"]
    created_at: Time
    next_attempt_at: Time | None
    attempts: list[Attempt]


class DeliveryPage(PageOf[Delivery]):
    """A part of the log, newest first; of a message nothing is kept after seven days."""
