"""Who may call a route: an API key with the right scope, or an upload token where those are let in."""

from collections.abc import Callable
from functools import wraps

import structlog
from flask import g, request
from flask.typing import ResponseReturnValue

from api.addresses import client_address
from api.dev_key import ensure_dev_key
from api.key_records import Principal
from api.limits import count
from api.services import services
from api.token_rules import check_use
from api.tracing import trace_for_client
from jobs.problems import ProblemError

Route = Callable[..., ResponseReturnValue]


def requires(scope: str) -> Callable[[Route], Route]:
    """A route that needs an API key with ``scope``; it finds the key's tenant through ``tenant()``."""

    def decorate(route: Route) -> Route:
        guarded = _guarded(route, scope)
        guarded.__scope__ = scope  # type: ignore[attr-defined]  # for the OpenAPI description
        return guarded

    return decorate


def any_key(route: Route) -> Route:
    """A route that needs an API key, whatever its scopes."""
    return _guarded(route, None)


def authorize(scope: str | None) -> None:
    """Check the request's key, and count the request; a key that asks too often is refused.

    Raises ProblemError: unauthorized, key-revoked, rate-limited, forbidden; not-found where an upload token asks for a
    job that was not made with it.
    """
    found = g.principal = _authenticated()
    act_for(found.tenant)
    count(found.usage)
    trace_for_client()
    if found.upload_token is not None:
        check_use(found.upload_token)
    if scope is not None and scope not in found.scopes:
        raise ProblemError("forbidden", f"the API key lacks the scope {scope!r}")


def act_for(tenant: str) -> None:
    """Serve the current request on behalf of ``tenant``, whose name also goes into the log."""
    g.tenant = tenant
    structlog.contextvars.bind_contextvars(tenant=tenant)


def tenant() -> str:
    """The tenant for whom the current request is served."""
    return str(g.tenant)


def principal() -> Principal:
    """Whose key the current request shows; only behind ``authorize``."""
    found = g.principal
    assert isinstance(found, Principal)
    return found


def admission() -> Callable[[], bool]:
    """Tells, beyond the current request, whether its key or token is still good: for answers that go on for long."""
    who, known = principal(), services()
    token = who.upload_token
    return lambda: known.keys.opens(who.key_id) and (token is None or known.upload_tokens.opens(token.id))


def _guarded(route: Route, scope: str | None) -> Route:
    @wraps(route)
    def guarded(**arguments: str) -> ResponseReturnValue:
        authorize(scope)
        return route(**arguments)

    return guarded


def _authenticated() -> Principal:
    shown, address = _shown_key(), client_address()
    if shown.startswith("put_"):
        return services().upload_tokens.authenticate(shown, address)
    keys = services().keys
    try:
        return keys.authenticate(shown, address)
    except ProblemError:
        # A Redis that lost everything lost the keys as well: the development key comes back from its file.
        # Where their tenant erased them, nothing was lost; the next start makes another.
        if keys.has_any() or keys.were_erased():
            raise
        ensure_dev_key(keys, services().settings.data_dir)
        return keys.authenticate(shown, address)


def _shown_key() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise ProblemError("unauthorized", f"the authorization scheme is {scheme[:20]!r}; expected Bearer")
        return token.strip()
    if key := request.headers.get("X-Api-Key", ""):
        return key.strip()
    raise ProblemError("unauthorized", "no API key; send the header Authorization: Bearer psk_<id>.<secret>")
