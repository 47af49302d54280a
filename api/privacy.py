"""A tenant's own data: how long it is kept, all of it in one archive, all of it erased; and who did what with it."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from api.access import principal, requires, tenant
from api.auditing import note_nothing
from api.bodies import read_body
from api.descriptions import privacy as described
from api.dev_key import dev_key_id, replace_dev_key
from api.documents.privacy import ErasureBody, TenantChanges
from api.exporting import Export
from api.key_lists import KeyLists
from api.privacy_queries import AuditQuery, OperatorAuditQuery
from api.queries import NoQuery, read_query
from api.services import services
from api.views import absolute_url
from jobs.audit import AuditPage, Entry
from jobs.erasures import Erasure
from jobs.problems import ProblemError
from jobs.showing import shown_time
from jobs.store.auditing import AuditQuery as Wanted

privacy = Blueprint("privacy", __name__, url_prefix="/v1")

log = structlog.get_logger("api.privacy")

EXPORT_RETRY_S = 60


@privacy.get("/audit")
@described.AUDIT
@requires("keys:manage")
def audit() -> ResponseReturnValue:
    """Who did what with the tenant's things, operators and the service itself among them."""
    query = read_query(AuditQuery)
    return _page(services().store.audit([tenant()], _wanted(query)))


@privacy.get("/operator/audit")
@described.AUDIT_OF_ALL
@requires("operator")
def audit_of_all() -> ResponseReturnValue:
    """As a tenant's own, of one tenant or of all; `*` is what concerns the installation as a whole."""
    query, store = read_query(OperatorAuditQuery), services().store
    tenants = store.audited_tenants() if query.tenant is None else [query.tenant]
    return _page(store.audit(tenants, _wanted(query)))


@privacy.get("/tenant")
@described.SHOW
@requires("keys:manage")
def show() -> ResponseReturnValue:
    """How long the tenant's jobs and photos are kept, and how much there is of them."""
    read_query(NoQuery)
    return _state()


@privacy.patch("/tenant")
@described.CHANGE
@requires("keys:manage")
def change() -> ResponseReturnValue:
    """Keep what ends from now on for so long. What ended before goes earlier where that is less, never later.

    A job's own `expires_in_s` still holds where it is less. Photos go that long after their last use, and those that
    are there already that long after this call at the latest.
    """
    read_query(NoQuery)
    body, longest = read_body(TenantChanges), services().settings.longest_retention_s
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    for name, seconds in changes.items():
        if seconds is not None and seconds > longest:
            detail = f"here things are kept {longest} s at most; got {seconds}"
            raise ProblemError("invalid-parameter", detail, errors=[{"pointer": f"/{name}", "detail": detail}])
    if changes:
        services().store.set_retention(tenant(), changes)
    else:
        note_nothing()
    return _state()


@privacy.get("/tenant/export")
@described.EXPORT
@requires("keys:manage")
def export() -> ResponseReturnValue:
    """Records as JSON lines, photos, pictures, batches' rows, webhooks and keys without secrets, and the audit log.

    A `README.txt` says what is what. It is written while it is sent, so what changes meanwhile may be missing.
    """
    read_query(NoQuery)
    known, places, owner = services(), services().exports, tenant()
    if not places.take(owner):
        detail = "another export of yours, or many of others, are being written; try again in a minute"
        raise ProblemError("overloaded", detail, retry_after_s=EXPORT_RETRY_S)
    chunks = Export(owner, known.store, known.checked_blobs, known.keys).chunks()
    answer = Response(chunks, content_type="application/zip")
    answer.call_on_close(lambda: places.give_back(owner))
    answer.headers["Content-Disposition"] = f'attachment; filename="packshot-{tenant()}.zip"'
    return answer


@privacy.post("/tenant/erasure")
@described.ERASE
@requires("keys:manage")
def erase() -> ResponseReturnValue:
    """Erase all jobs, photos, pictures, batches, webhooks and upload tokens: 202; the workers do it, piece by piece.

    Nothing new is taken of the tenant meanwhile (409 `being-erased`). Running jobs are stopped. Keys stay unless `keys`
    is set, and so does the audit log, which holds ids alone. Operators' keys go only where an operator asks.
    Asked again while it is under way, it is the same erasure.
    """
    read_query(NoQuery)
    body = read_body(ErasureBody)
    if body.confirm != tenant():
        detail = "is not the name of this key's tenant, which GET /v1/me tells; nothing was erased"
        raise ProblemError("invalid-parameter", f"confirm {detail}", errors=[{"pointer": "/confirm", "detail": detail}])
    known = services()
    erasure_id = known.store.start_erasure(tenant(), keys=body.keys, operators=principal().is_operator)
    found = known.store.erasure(tenant(), erasure_id)
    if found is not None and found.keys:
        _drop_dev_key(of_operators=found.operators)
    headers = {"Location": absolute_url(f"/v1/tenant/erasure/{erasure_id}")}
    return {"id": erasure_id, "state": "running"}, HTTPStatus.ACCEPTED, headers


@privacy.get("/tenant/erasure/<erasure_id>")
@described.FOLLOW
@requires("keys:manage")
def follow(erasure_id: str) -> ResponseReturnValue:
    """How far the erasure is, what it waits for, and in the end its receipt, kept as long as the audit log."""
    read_query(NoQuery)
    found = services().store.erasure(tenant(), erasure_id)
    if found is None:
        raise ProblemError("not-found", "there is no such erasure")
    return _erasure(found)


def _drop_dev_key(*, of_operators: bool) -> None:
    """What the erasure takes from Redis must not come back from the file, once Redis loses its data."""
    known = services()
    folder = known.settings.data_dir
    key_id = dev_key_id(folder)
    record = known.keys.get(key_id) if key_id else None
    if record is None or record.tenant != tenant() or ("operator" in record.scopes and not of_operators):
        return
    try:
        replace_dev_key(record.id, folder)
    except OSError as error:
        log.warning("the file of the development key could not be removed; remove it", reason=repr(error))


def _wanted(query: AuditQuery) -> Wanted:
    return Wanted(
        since_ms=_milliseconds(query.since),
        until_ms=_milliseconds(query.until),
        action=query.action,
        actor=query.actor,
        cursor=query.cursor,
        limit=query.limit,
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, round(moment.timestamp() * 1000))


def _page(page: AuditPage) -> dict[str, Any]:
    named = {entry.note.actor.id for entry in page.items if entry.note.actor.kind in {"key", "operator"}}
    records = {record.id: record for record in KeyLists(services().keys).records(sorted(named))}
    who = principal()
    names = {known: record.name for known, record in records.items() if who.is_operator or record.tenant == who.tenant}
    return {"items": [_entry(entry, names) for entry in page.items], "cursor": page.cursor}


def _entry(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    note = entry.note
    return {
        "id": entry.id,
        "at": shown_time(entry.place[0]),
        "tenant": entry.tenant,
        "actor": {**vars(note.actor), "name": names.get(note.actor.id)},
        **{name: getattr(note, name) for name in ("action", "subject", "outcome", "problem", "count")},
        **{name: getattr(note, name) for name in ("address", "request_id")},
        "hash": entry.hash,
    }


def _state() -> dict[str, Any]:
    store, settings = services().store, services().settings
    kept, held = store.retention(tenant()), store.held(tenant())
    return {
        "tenant": tenant(),
        "retention_s": kept.ended_s,
        "uploads_retention_s": kept.uploads_s,
        "default_s": settings.retention_s,
        "longest_s": settings.longest_retention_s,
        "held": {
            **{name: getattr(held, name) for name in ("jobs", "uploads", "batches", "bytes")},
            "counted_at": shown_time(held.counted_ms),
        },
        "erasure": kept.erasure,
    }


def _erasure(found: Erasure) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("id", "tenant", "state", "step", "keys")},
        "started_at": shown_time(found.started_ms),
        "finished_at": shown_time(found.finished_ms),
        "counts": dict(found.counts),
        "left": list(found.left),
        "journal_rewritten_at": shown_time(found.journal_ms),
    }
