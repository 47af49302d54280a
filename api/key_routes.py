"""The routes about keys: who am I, list, make, rotate, change, revoke; and the secret of signed links.

Who may give what is ``api/giving.py``.
"""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import any_key, principal, requires
from api.bodies import read_body
from api.descriptions import access as described
from api.dev_key import replace_dev_key
from api.documents.access import ChangeKeyBody, NewKeyBody, RotateBody
from api.giving import check_changed, check_rotated, handled, may_look_at, wished
from api.key_lists import KeyLists
from api.key_queries import KeyListQuery
from api.key_records import KeyLimits, KeyRecord
from api.keys import MAX_KEYS, NewKey
from api.queries import NoQuery, read_query
from api.services import services
from jobs.problems import ProblemError
from jobs.showing import shown_time

keys = Blueprint("keys", __name__, url_prefix="/v1")
log = structlog.get_logger("api")


@keys.get("/me")
@described.ME
@any_key
def me() -> ResponseReturnValue:
    """Whose key this is, what it may do, and how much of it is left."""
    read_query(NoQuery)
    who = principal()
    return {
        "tenant": who.tenant,
        "key": {
            "id": who.key_id,
            "name": who.name,
            "scopes": sorted(who.scopes),
            "expires_at": _time(who.expires_at),
        },
        "limits": {
            "requests_per_minute": who.limits.requests_per_minute or None,
            "jobs_per_day": who.limits.jobs_per_day or None,
            "jobs_today": who.usage.jobs_today,
        },
    }


@keys.get("/keys")
@described.LIST
@requires("keys:manage")
def list_keys() -> ResponseReturnValue:
    """The tenant's keys, newest first, with those that ended in the last 30 days; an operator sees everybody's."""
    query = read_query(KeyListQuery)
    page = KeyLists(services().keys).page(may_look_at(query.tenant), query.cursor, query.limit)
    return {"items": [_document(record, jobs) for record, jobs in page.items], "cursor": page.cursor}


@keys.post("/keys")
@described.MAKE
@requires("keys:manage")
def make() -> ResponseReturnValue:
    """Make a key that may do no more than the one shown; its text is told this once."""
    read_query(NoQuery)
    wish = wished(read_body(NewKeyBody))
    KeyLists(services().keys).forget_ended(wish.tenant)
    return _made(services().keys.make(wish, MAX_KEYS))


@keys.post("/keys/<key_id>/rotate")
@described.ROTATE
@requires("keys:manage")
def rotate(key_id: str) -> ResponseReturnValue:
    """Make a key in place of another, which goes on for a while beside it."""
    read_query(NoQuery)
    body = read_body(RotateBody) if request.mimetype or request.content_length else RotateBody()
    old = handled(key_id)
    life_s = check_rotated(old)
    KeyLists(services().keys).forget_ended(old.tenant)
    key = services().keys.rotate(key_id, body.overlap_s, life_s, MAX_KEYS)
    _replace_dev_key(key_id, key)
    return _made(key)


@keys.patch("/keys/<key_id>")
@described.CHANGE
@requires("keys:manage")
def change(key_id: str) -> ResponseReturnValue:
    """Give the key another name, or other limits of its own."""
    read_query(NoQuery)
    body, record = read_body(ChangeKeyBody), handled(key_id)
    told = body.model_fields_set
    limits = KeyLimits(
        body.requests_per_minute if "requests_per_minute" in told else record.limits.requests_per_minute,
        body.jobs_per_day if "jobs_per_day" in told else record.limits.jobs_per_day,
    )
    check_changed(record, limits)
    if not services().keys.change(key_id, limits, body.name if "name" in told else record.name):
        raise ProblemError("not-found", "there is no such key")  # any more: it was forgotten meanwhile
    return _shown(key_id)


@keys.delete("/keys/<key_id>")
@described.REVOKE
@requires("keys:manage")
def revoke(key_id: str) -> ResponseReturnValue:
    """Refuse the key, and the upload tokens that it made, from now on; again is no mistake."""
    read_query(NoQuery)
    services().keys.revoke(handled(key_id).id)
    _replace_dev_key(key_id)
    return Response(status=HTTPStatus.NO_CONTENT)


@keys.post("/links/rotate")
@described.ROTATE_LINKS
@requires("operator")
def rotate_links() -> ResponseReturnValue:
    """Sign links with a new secret from now on; those signed before stay good until they expire."""
    read_query(NoQuery)
    rotation = services().links.rotate()
    return {"previous_valid_until": _time(rotation.previous_good_until), "secrets": rotation.secrets}


def _replace_dev_key(key_id: str, successor: NewKey | None = None) -> None:
    """Without the file's folder at hand the rest is done all the same, and an operator hears of it."""
    try:
        replace_dev_key(key_id, services().settings.data_dir, successor)
    except OSError as error:
        log.warning("the development key's file could not be changed; remove it", error=str(error))


def _made(key: NewKey) -> ResponseReturnValue:
    return {**_shown(key.id), "key": key.text}, HTTPStatus.CREATED


def _shown(key_id: str) -> dict[str, Any]:
    lists = KeyLists(services().keys)
    records = lists.records([key_id])
    return _document(records[0], lists.jobs_today(records)[0])


def _document(record: KeyRecord, jobs_today: int) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "tenant": record.tenant,
        "scopes": list(record.scopes),
        "created_at": _time(record.created_at),
        "expires_at": _time(record.expires_at),
        "revoked_at": _time(record.revoked_at),
        "last_used_at": _time(record.last_used_at),
        "limits": vars(record.limits),
        "jobs_today": jobs_today,
    }


def _time(seconds: int | None) -> str | None:
    return shown_time(None if seconds is None else seconds * 1000)
