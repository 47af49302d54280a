"""What the store gives about webhooks: frozen values, read from the record's strings. Times are Redis' Unix ms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DeliveryState(StrEnum):
    """``pending`` until one of the others; a redelivery makes any of them pending again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class NewEndpoint:
    """What a tenant asks for; ``base_url`` is where the client reached the API, for the links in messages."""

    url: str
    events: tuple[str, ...]
    description: str = ""
    base_url: str = ""


@dataclass(frozen=True)
class Endpoint:
    """Where a tenant's messages go. ``origin`` is "api", or "job" of one that jobs name in their spec."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    disabled_reason: str | None
    origin: str
    created_ms: int

    @classmethod
    def read(cls, record: Mapping[str, str]) -> "Endpoint":
        """Build it from the fields of ``packshot:webhook:<id>``."""
        return cls(
            id=record["id"],
            url=record["url"],
            events=tuple(json.loads(record["events"])),
            description=record["description"],
            enabled=record["state"] == "enabled",
            disabled_reason=record.get("disabled_reason"),
            origin=record["origin"],
            created_ms=int(record["created_ms"]),
        )


@dataclass(frozen=True)
class Attempt:
    """One try to send a message: what the receiver answered (None: nothing), how long it took, what went wrong."""

    at_ms: int
    status: int | None
    took_ms: int | None
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """One message to one endpoint, and all that was tried; ``next_ms`` is when it is tried again."""

    id: str
    type: str
    job_id: str | None
    batch_id: str | None
    state: DeliveryState
    created_ms: int
    next_ms: int | None
    attempts: tuple[Attempt, ...]

    @classmethod
    def read(cls, record: Mapping[str, str]) -> "Delivery":
        """Build it from the fields of ``packshot:delivery:<id>``."""
        return cls(
            id=record["id"],
            type=record["type"],
            job_id=record.get("job"),
            batch_id=record.get("batch"),
            state=DeliveryState(record["state"]),
            created_ms=int(record["created_ms"]),
            next_ms=int(record["next_ms"]) if "next_ms" in record else None,
            attempts=tuple(
                Attempt(int(tried["at"]), _whole(tried.get("status")), _whole(tried.get("ms")), tried.get("error"))
                for tried in json.loads(record["attempts"])
            ),
        )


@dataclass(frozen=True)
class ClaimedDelivery:
    """A message to send now. ``tries`` counts from 1 since it was made, or asked for again; ``token`` fences its end.

    ``secrets`` sign it, the newest first; ``about`` is what is known even when the job is gone.
    """

    message: Delivery
    token: str
    tenant: str
    url: str
    base_url: str
    tries: int
    now_ms: int
    about: dict[str, Any]
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class EndpointPage:
    """A part of a listing; ``cursor`` asks for the next part, None at the end."""

    items: tuple[Endpoint, ...]
    cursor: str | None


@dataclass(frozen=True)
class DeliveryPage:
    """A part of an endpoint's log, newest first; ``cursor`` as in EndpointPage."""

    items: tuple[Delivery, ...]
    cursor: str | None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
