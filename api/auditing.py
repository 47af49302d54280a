"""Who did what through the API, noted for the audit log once it is answered: the routes themselves know nothing of it.

What cannot be written down, since Redis does not take it, is in the process' own log all the same: the request was
answered by then, and an answer that was true is not taken back.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from flask import Flask, Response, g, request
from redis.exceptions import RedisError

from api.addresses import client_address
from api.envelope import request_id
from api.key_records import Principal
from api.outages import words_of
from api.services import services
from jobs.audit import INSTALLATION, Actor, Entry, Note, Outcome

log = structlog.get_logger("api.audit")

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "uploads.upload": "upload.create",
        "uploads.content": "upload.read",
        "uploads.erase": "upload.erase",
        "jobs.submit": "job.submit",
        "jobs.cancel": "job.cancel",
        "jobs.erase": "job.erase",
        "decisions.decide": "job.decide",
        "outputs.output": "output.read",
        "archives.archive": "archive.read",
        "archives.archive_of_many": "archive.read",
        "batches.create": "batch.submit",
        "batches.steer": "batch.steer",
        "batches.erase": "batch.erase",
        "batches.results": "archive.read",
        "batches.archive": "archive.read",
        "webhooks.create": "webhook.create",
        "webhooks.change": "webhook.change",
        "webhooks.remove": "webhook.remove",
        "webhooks.secret": "webhook.read_secret",
        "webhooks.rotate": "webhook.rotate",
        "webhooks.test": "webhook.test",
        "webhooks.redeliver": "webhook.redeliver",
        "keys.make": "key.create",
        "keys.rotate": "key.rotate",
        "keys.change": "key.change",
        "keys.revoke": "key.revoke",
        "keys.rotate_links": "links.rotate",
        "upload_tokens.make": "upload_token.create",
        "upload_tokens.revoke": "upload_token.revoke",
        "operator.requeue": "job.requeue",
        "operator.requeue_all": "job.requeue",
        "operator.strike": "job.strike",
        "models.reload": "models.reload",
        "models.wish": "model.change",
        "privacy.change": "tenant.change",
        "privacy.export": "tenant.export",
        "privacy.erase": "tenant.erase",
    }
)
"""What the views that are noted do, by their endpoint; all others only look."""

_MAKES = frozenset({"jobs.submit", "batches.create"})
"""Answer with an id where they made something; without it they only tried."""

_OF_ALL = frozenset({"keys.rotate_links", "operator.requeue_all"})
_ID = re.compile(
    r"(job|bat|whe|msg|ers)_[0-9a-v]{26}|sha256:[0-9a-f]{64}|[0-9a-f]{16}|[0-9]{1,4}|[a-z0-9]{1,12}(-[a-z0-9]{1,12}){0,4}"
)
_SHOWN = re.compile(r"(?:Bearer\s+)?(psk|put)_([0-9a-f]{16})\.", re.IGNORECASE)
_KINDS = {"psk": ("key", "key"), "put": ("upload_token", "upload-token")}


def audit_requests(app: Flask) -> None:
    """From now on what is done, and what is refused to a key that there is, goes into the audit log."""
    app.after_request(_close)


def note_of(action: str) -> Note:
    """What the current request does, for a script that writes it down in the same step; it is not noted once more."""
    g.audited = True
    return _note(action, "ok")


def note_nothing() -> None:
    """The current request changed nothing, so nothing is noted."""
    g.unchanged = True


def _close(response: Response) -> Response:
    try:
        _note_answer(response)
    except RedisError as error:
        log.warning("an audit entry could not be kept", reason=words_of(error))
    return response


def _note_answer(response: Response) -> None:
    action, status = ACTIONS.get(request.endpoint or ""), response.status_code
    if status in {401, 403}:
        _note_refusal(response, action or "request")
    elif action is None or request.method == "HEAD" or status == 304 or 400 <= status < 500 or "unchanged" in g:
        return
    elif status == 503 and _slug(response) == "overloaded":
        return  # that is said before anything is done
    elif status >= 500:
        _keep(_note(action, "unknown", problem=_slug(response)))
    elif "Idempotency-Replayed" not in response.headers:
        told = _told(response)
        if request.endpoint not in _MAKES or "id" in told:
            note = _note(action, "ok", **_about(told))
            _tell(note, None) if g.get("audited") else _keep(note)


def _note_refusal(response: Response, action: str) -> None:
    note = _note(action, "refused", problem=_slug(response))
    if note.actor.id:
        _keep(note)
    elif shown := _SHOWN.match(request.headers.get("Authorization") or request.headers.get("X-Api-Key", "")):
        kind, record = _KINDS[shown[1].lower()]
        actor = Actor("upload_token" if kind == "upload_token" else "key", shown[2])
        anonymous = Note("", actor, action, note.subject, "refused", note.problem, note.address, note.request_id)
        if (entry := services().store.note_shown(anonymous, record, shown[2])) is not None:
            _tell(entry.note, entry)


def _keep(note: Note) -> None:
    entry = None
    try:
        entry = services().store.note(note)
    finally:  # whatever Redis says, it is in this log
        if entry is not None or note.once is None:
            _tell(note, entry)


def _tell(note: Note, entry: Entry | None) -> None:
    told = note.document()
    told["actor"] = f"{note.actor.kind} {note.actor.id}".strip()
    told.setdefault("address", client_address())
    log.info("audit", tenant=note.tenant, entry=entry and entry.id, hash=entry and entry.hash, **told)


def _note(action: str, outcome: Outcome, **more: Any) -> Note:
    tenant = more.pop("tenant", None) or _owner() or g.get("tenant") or ""
    actor = _actor(tenant)
    return Note(
        tenant=tenant,
        actor=actor,
        action=action,
        subject=more.pop("subject", None) or _subject(),
        outcome=outcome,
        address="" if actor.kind == "operator" and tenant != INSTALLATION else client_address(),  # the tenant reads it
        request_id=request_id(),
        **more,
    )


def _actor(tenant: str) -> Actor:
    who = g.get("principal")
    if not isinstance(who, Principal):
        return Actor("link", "") if g.get("tenant") else Actor("key", "")
    if who.upload_token is not None:
        return Actor("upload_token", who.upload_token.id)
    return Actor("key" if who.tenant == tenant else "operator", who.key_id)


def _about(told: Mapping[str, Any]) -> dict[str, Any]:
    """The subject, its tenant and how many, as far as the answer says so."""
    found: dict[str, Any] = {}
    if not request.view_args and isinstance(told.get("id"), str):
        found["subject"] = told["id"]
    if request.blueprint == "keys" and isinstance(told.get("tenant"), str):
        found["tenant"] = told["tenant"]
    if request.endpoint == "operator.requeue_all":
        found["count"] = told.get("requeued")
    if request.blueprint == "archives":
        found["count"] = g.get("archived")
    return found


def _subject() -> str:
    """The ids in the path; what is none is the client's own word, and not written down."""
    return "/".join(value if _ID.fullmatch(value) else "?" for value in (request.view_args or {}).values())


def _owner() -> str | None:
    """Whose thing an operator handles, where it need not be the key's own tenant's."""
    if request.endpoint in _OF_ALL:
        return INSTALLATION
    find = _OWNERS.get(request.endpoint or "")
    return find(_subject()) if find and "principal" in g and g.principal.is_operator else None


def _owner_of_key(key_id: str) -> str | None:
    record = services().keys.get(key_id)
    return record.tenant if record else None


def _owner_of_job(job_id: str) -> str | None:
    return services().store.owner_of(job_id)


_OWNERS: Mapping[str, Callable[[str], str | None]] = {
    "keys.revoke": _owner_of_key,
    "operator.requeue": _owner_of_job,
    "operator.strike": _owner_of_job,
}


def _slug(response: Response) -> str | None:
    return str(_told(response).get("type", "")).removeprefix("/problems/") or None


def _told(response: Response) -> Mapping[str, Any]:
    """The answer's members, where it is an object that was not streamed."""
    if response.is_streamed or not response.is_json:
        return {}
    told = response.get_json(silent=True)
    return told if isinstance(told, dict) else {}
