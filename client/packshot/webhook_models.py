"""Where webhooks go, and what became of them, as frozen values. Times are as RFC 3339 has them."""

from dataclasses import dataclass, field
from typing import Any

from packshot.reading import Document, as_document, take, take_optional


@dataclass(frozen=True)
class Endpoint:
    """An address that is told of events whose type one of `events` matches, such as `job.*`.

    One of `origin` "job" is that of jobs' own `webhook`. `disabled_reason` says why nothing is sent to a disabled one.
    """

    id: str
    url: str
    events: tuple[str, ...] = ()
    description: str = ""
    state: str = "enabled"
    disabled_reason: str | None = None
    origin: str = "api"
    created_at: str | None = None

    @property
    def enabled(self) -> bool:
        """Whether anything is sent to it."""
        return self.state == "enabled"

    @classmethod
    def parse(cls, document: Document) -> "Endpoint":
        """Raises MalformedAnswer."""
        return cls(**_fields_of_endpoint(document))


@dataclass(frozen=True)
class NewEndpoint(Endpoint):
    """An endpoint that was just made, with the `secret` that `packshot.webhooks.verify` takes."""

    secret: str = field(default="", repr=False)

    @classmethod
    def parse(cls, document: Document) -> "NewEndpoint":
        """Raises MalformedAnswer."""
        return cls(**_fields_of_endpoint(document), secret=take(document, "secret", str))


@dataclass(frozen=True)
class RotatedSecret:
    """An endpoint's new secret. Until `previous_valid_until` the one before signs as well."""

    secret: str = field(repr=False)
    previous_valid_until: str | None = None

    @classmethod
    def parse(cls, document: Document) -> "RotatedSecret":
        """Raises MalformedAnswer."""
        return cls(take(document, "secret", str), take_optional(document, "previous_valid_until", str))


@dataclass(frozen=True)
class Attempt:
    """One try to deliver: the receiver's `status`, None where it gave none; it took `ms`; `error` says what failed."""

    at: str
    status: int | None = None
    ms: float | None = None
    error: str | None = None

    @classmethod
    def parse(cls, document: Document) -> "Attempt":
        """Raises MalformedAnswer."""
        return cls(
            at=take(document, "at", str),
            status=take_optional(document, "status", int),
            ms=take_optional(document, "ms", float),
            error=take_optional(document, "error", str),
        )


@dataclass(frozen=True)
class Delivery:
    """A message to an endpoint: `pending`, `delivered`, `failed` or `canceled`. `id` is its `webhook-id`."""

    id: str
    type: str
    state: str
    job: str | None = None
    batch: str | None = None
    created_at: str | None = None
    next_attempt_at: str | None = None
    attempts: tuple[Attempt, ...] = ()

    @classmethod
    def parse(cls, document: Document) -> "Delivery":
        """Raises MalformedAnswer."""
        attempts = take_optional(document, "attempts", list) or []
        return cls(
            id=take(document, "id", str),
            type=take(document, "type", str),
            state=take(document, "state", str),
            job=take_optional(document, "job", str),
            batch=take_optional(document, "batch", str),
            created_at=take_optional(document, "created_at", str),
            next_attempt_at=take_optional(document, "next_attempt_at", str),
            attempts=tuple(Attempt.parse(as_document(one)) for one in attempts),
        )


def _fields_of_endpoint(document: Document) -> dict[str, Any]:
    return {
        "id": take(document, "id", str),
        "url": take(document, "url", str),
        "events": tuple(map(str, take_optional(document, "events", list) or [])),
        "description": take_optional(document, "description", str) or "",
        "state": take(document, "state", str),
        "disabled_reason": take_optional(document, "disabled_reason", str),
        "origin": take_optional(document, "origin", str) or "api",
        "created_at": take_optional(document, "created_at", str),
    }
