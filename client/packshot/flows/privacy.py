"""A tenant's own data: how long it is kept, an export, erasure, and the audit log. In steps."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import quote

from packshot.errors import Unauthorized, WaitTimedOut
from packshot.flows.asking import moment
from packshot.flows.downloads import fetched
from packshot.flows.steps import Feed, Pause, Request, Steps, Tell
from packshot.privacy_models import AuditEntry, Erasure, TenantData
from packshot.wire import Wire

PATH = "/v1/tenant"
LOOK_EVERY_S = 1.0
EXPORT_SILENCE_S = 300.0

Life = int | Literal["default"] | None


class AuditFilter(TypedDict, total=False):
    """Which entries; None and what is not said let all through. `action` may end in `*`; `actor` is a key's id.

    `since` and `until` are datetimes with a zone, or text as RFC 3339 has it.
    """

    since: datetime | str | None
    until: datetime | str | None
    action: str | None
    actor: str | None


def audit(wire: Wire, asked: AuditFilter, path: str = "/v1/audit", tenant: str | None = None) -> Feed[AuditEntry]:
    """Who did what, newest first. Raises ValueError for a time without a zone, TypeError for a filter that is none."""
    if unknown := asked.keys() - AuditFilter.__annotations__.keys():
        raise TypeError(f"no filter is called {', '.join(sorted(unknown))}")
    params: dict[str, Any] = {"action": asked.get("action"), "actor": asked.get("actor"), "tenant": tenant}
    params |= {"since": moment("since", asked.get("since")), "until": moment("until", asked.get("until"))}
    return wire.pages(Request("GET", path, params), AuditEntry.parse)


def tenant(wire: Wire) -> Steps[TenantData]:
    """What is held, and how long."""
    return TenantData.parse((yield from wire.document(Request("GET", PATH))))


def set_retention(wire: Wire, retention_s: Life, uploads_retention_s: Life) -> Steps[TenantData]:
    """Changes what is not None; "default" goes back to the installation's own."""
    told = {"retention_s": retention_s, "uploads_retention_s": uploads_retention_s}
    body = {name: None if life == "default" else life for name, life in told.items() if life is not None}
    return TenantData.parse((yield from wire.document(Request("PATCH", PATH, json=body))))


def exported(wire: Wire, to: str | os.PathLike[str]) -> Steps[Path]:
    """All that is held, in a ZIP."""
    request = Request("GET", f"{PATH}/export", read_timeout_s=EXPORT_SILENCE_S)
    return fetched(wire, lambda: request, Path(to))


def started(wire: Wire, confirm: str, *, keys: bool) -> Steps[Erasure]:
    """Begins an erasure; one that is under way is that one."""
    body = {"confirm": confirm, "keys": keys}
    return Erasure.parse((yield from wire.document(Request("POST", f"{PATH}/erasure", json=body))))


def erasure(wire: Wire, erasure_id: str) -> Steps[Erasure]:
    """How far it is."""
    path = f"{PATH}/erasure/{quote(erasure_id, safe='')}"
    return Erasure.parse((yield from wire.document(Request("GET", path))))


def erased(
    wire: Wire,
    confirm: str,
    *,
    keys: bool,
    timeout_s: float | None,
    on_progress: Callable[[Erasure], object] | None,
) -> Steps[Erasure]:
    """Erases everything, and returns the receipt. Raises WaitTimedOut; the erasure goes on."""
    begun, found = wire.policy.clock(), (yield from started(wire, confirm, keys=keys))
    while not found.done:
        if timeout_s is not None and wire.policy.clock() - begun >= timeout_s:
            raise WaitTimedOut(f"the erasure {found.id} is at {found.step or 'its beginning'} after {timeout_s:g} s")
        yield Pause(LOOK_EVERY_S)
        try:
            found = yield from erasure(wire, found.id)
        except Unauthorized:
            if not keys:
                raise
            return replace(found, state="done")  # the keys go last, this client's own among them
        if on_progress is not None:
            yield Tell(on_progress, found)
    return found
