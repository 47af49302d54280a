"""Keys: made, listed, rotated, revoked. In steps."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from packshot.account import Key, NewKey
from packshot.flows.erasing import erased
from packshot.flows.steps import Feed, Request, Steps
from packshot.wire import Wire

PATH = "/v1/keys"


def create(wire: Wire, wanted: Mapping[str, Any]) -> Steps[NewKey]:
    """A new key; what is None is left to the server."""
    body = {name: value for name, value in wanted.items() if value is not None}
    return NewKey.parse((yield from wire.document(Request("POST", PATH, json=body, once=True))))


def keys(wire: Wire, tenant: str | None) -> Feed[Key]:
    """All of a tenant's."""
    return wire.pages(Request("GET", PATH, {"tenant": tenant}), Key.parse)


def update(wire: Wire, key_id: str, changes: Mapping[str, Any]) -> Steps[Key]:
    """Changes what is not None."""
    body = {name: value for name, value in changes.items() if value is not None}
    return Key.parse((yield from wire.document(Request("PATCH", _path(key_id), json=body))))


def rotate(wire: Wire, key_id: str, overlap_s: int) -> Steps[NewKey]:
    """A key in the place of another."""
    request = Request("POST", f"{_path(key_id)}/rotate", json={"overlap_s": overlap_s}, once=True)
    return NewKey.parse((yield from wire.document(request)))


def revoke(wire: Wire, key_id: str) -> Steps[None]:
    """Ends a key."""
    yield from erased(wire, _path(key_id))


def _path(key_id: str) -> str:
    return f"{PATH}/{quote(key_id, safe='')}"
