"""Keys: made, listed, rotated, revoked. In steps."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import quote

from packshot.account import Key, NewKey
from packshot.flows.erasing import erased
from packshot.flows.steps import Feed, Request, Steps
from packshot.wire import Wire

PATH = "/v1/keys"


class KeyWish(TypedDict, total=False):
    """What a key is to be good for; what is not said, or None, is left to the server. A limit of 0 is none."""

    expires_in_s: int | None
    requests_per_minute: int | None
    jobs_per_day: int | None
    tenant: str | None


def create(wire: Wire, name: str, scopes: Iterable[str], wanted: KeyWish) -> Steps[NewKey]:
    """A new key. Raises TypeError for a wish that is none."""
    if unknown := wanted.keys() - KeyWish.__annotations__.keys():
        raise TypeError(f"a key has no {', '.join(sorted(unknown))}; expected {', '.join(KeyWish.__annotations__)}")
    said = {wish: value for wish, value in wanted.items() if value is not None}
    body = {"name": name, "scopes": [*scopes], **said}
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
