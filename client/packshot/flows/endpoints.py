"""Webhook endpoints: made, changed, listed, and what was sent to them. In steps."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from packshot.flows.erasing import erased
from packshot.flows.steps import Feed, Request, Steps
from packshot.reading import take
from packshot.webhook_models import Delivery, Endpoint, NewEndpoint, RotatedSecret
from packshot.wire import Wire

PATH = "/v1/webhooks"


def create(wire: Wire, body: Mapping[str, Any]) -> Steps[NewEndpoint]:
    """A new endpoint. Retries carry one Idempotency-Key, so that they make no second one."""
    named = {"Idempotency-Key": str(uuid.uuid4())}
    return NewEndpoint.parse((yield from wire.document(Request("POST", PATH, json=body, headers=named))))


def endpoints(wire: Wire) -> Feed[Endpoint]:
    """All of them, newest first."""
    return wire.pages(Request("GET", PATH), Endpoint.parse)


def endpoint(wire: Wire, endpoint_id: str) -> Steps[Endpoint]:
    """One of them."""
    return Endpoint.parse((yield from wire.document(Request("GET", _path(endpoint_id)))))


def update(wire: Wire, endpoint_id: str, changes: Mapping[str, Any]) -> Steps[Endpoint]:
    """Changes what is not None."""
    body = {name: value for name, value in changes.items() if value is not None}
    return Endpoint.parse((yield from wire.document(Request("PATCH", _path(endpoint_id), json=body))))


def delete(wire: Wire, endpoint_id: str) -> Steps[None]:
    """Forgets it."""
    yield from erased(wire, _path(endpoint_id))


def secret(wire: Wire, endpoint_id: str) -> Steps[str]:
    """What signs now."""
    return take((yield from wire.document(Request("GET", f"{_path(endpoint_id)}/secret"))), "secret", str)


def rotate(wire: Wire, endpoint_id: str, overlap_s: int) -> Steps[RotatedSecret]:
    """A new secret."""
    request = Request("POST", f"{_path(endpoint_id)}/rotate", json={"overlap_s": overlap_s}, once=True)
    return RotatedSecret.parse((yield from wire.document(request)))


def test(wire: Wire, endpoint_id: str) -> Steps[str]:
    """Sends a `webhook.test`; gives its id."""
    request = Request("POST", f"{_path(endpoint_id)}/test", once=True)
    return take((yield from wire.document(request)), "id", str)


def deliveries(wire: Wire, endpoint_id: str, state: str | None) -> Feed[Delivery]:
    """What was sent, newest first."""
    return wire.pages(Request("GET", f"{_path(endpoint_id)}/deliveries", {"state": state}), Delivery.parse)


def redeliver(wire: Wire, endpoint_id: str, message_id: str) -> Steps[None]:
    """Sends a message once more."""
    path = f"{_path(endpoint_id)}/deliveries/{quote(message_id, safe='')}/redeliver"
    yield from wire.sent(Request("POST", path))


def _path(endpoint_id: str) -> str:
    return f"{PATH}/{quote(endpoint_id, safe='')}"
