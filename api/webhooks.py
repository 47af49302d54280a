"""The webhook routes: endpoints, their secrets, what was delivered to them, and once more."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from api.access import requires, tenant
from api.bodies import read_body
from api.descriptions import webhooks as described
from api.queries import NoQuery, idempotency_key, read_query
from api.services import services
from api.views import absolute_url
from jobs.showing import shown_time
from jobs.webhooks.records import Delivery, Endpoint, NewEndpoint

webhooks = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks")


@webhooks.post("")
@described.CREATE
@requires("webhooks:manage")
def create() -> ResponseReturnValue:
    """Add an address that is told of every job and batch of yours whose events its filters let through.

    A tenant has at most 50 of them, those of jobs' own webhooks among them. An Idempotency-Key names the same endpoint
    for as long as it lives.
    """
    key, _ = idempotency_key(), read_query(NoQuery)
    body = read_body(described.EndpointBody)
    new = NewEndpoint(body.url, body.events, body.description, absolute_url(""))
    endpoint, secret = services().store.add_endpoint(tenant(), new, key)
    answer = make_response(endpoint_document(endpoint) | {"secret": secret})
    answer.status_code = HTTPStatus.CREATED
    answer.headers["Location"] = absolute_url(f"/v1/webhooks/{endpoint.id}")
    return answer


@webhooks.get("")
@described.LIST
@requires("webhooks:manage")
def list_endpoints() -> ResponseReturnValue:
    """All endpoints, those that jobs named in their spec as well; never their secrets."""
    query = read_query(described.EndpointsQuery)
    page = services().store.list_endpoints(tenant(), cursor=query.cursor, limit=query.limit)
    return {"items": [endpoint_document(endpoint) for endpoint in page.items], "cursor": page.cursor}


@webhooks.get("/<endpoint_id>")
@described.SHOW
@requires("webhooks:manage")
def show(endpoint_id: str) -> ResponseReturnValue:
    """One endpoint, without its secret."""
    read_query(NoQuery)
    return endpoint_document(services().store.get_endpoint(tenant(), endpoint_id))


@webhooks.patch("/<endpoint_id>")
@described.CHANGE
@requires("webhooks:manage")
def change(endpoint_id: str) -> ResponseReturnValue:
    """Change what is named; enabled anew, an endpoint has no past failures. Of one of jobs, url and events stay."""
    read_query(NoQuery)
    body = read_body(described.EndpointChanges)
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if "state" in changes:
        changes["enabled"] = changes.pop("state") == "enabled"
    return endpoint_document(services().store.change_endpoint(tenant(), endpoint_id, changes))


@webhooks.delete("/<endpoint_id>")
@described.REMOVE
@requires("webhooks:manage")
def remove(endpoint_id: str) -> ResponseReturnValue:
    """Forget the endpoint, its log, and what was still to be sent to it."""
    read_query(NoQuery)
    services().store.remove_endpoint(tenant(), endpoint_id)
    return Response(status=HTTPStatus.NO_CONTENT)


@webhooks.get("/<endpoint_id>/secret")
@described.SECRET
@requires("webhooks:manage")
def secret(endpoint_id: str) -> ResponseReturnValue:
    """What signs the endpoint's messages; of an endpoint of jobs this is the one place to learn it."""
    read_query(NoQuery)
    return {"secret": services().store.endpoint_secret(tenant(), endpoint_id)}


@webhooks.post("/<endpoint_id>/rotate")
@described.ROTATE
@requires("webhooks:manage")
def rotate(endpoint_id: str) -> ResponseReturnValue:
    """Make a new secret. For a while each message carries two signatures, so that nothing is lost meanwhile."""
    read_query(NoQuery)
    body = read_body(described.RotationBody) if request.content_length or request.mimetype else described.RotationBody()
    made, until_ms = services().store.rotate_secret(tenant(), endpoint_id, body.overlap_s)
    return {"secret": made, "previous_valid_until": shown_time(until_ms)}


@webhooks.post("/<endpoint_id>/test")
@described.TEST
@requires("webhooks:manage")
def test(endpoint_id: str) -> ResponseReturnValue:
    """Send a ``webhook.test``, whatever the endpoint's filters are: signed, logged and tried again as any message."""
    read_query(NoQuery)
    return {"id": services().store.test_endpoint(tenant(), endpoint_id)}, HTTPStatus.ACCEPTED


@webhooks.get("/<endpoint_id>/deliveries")
@described.DELIVERIES
@requires("webhooks:manage")
def deliveries(endpoint_id: str) -> ResponseReturnValue:
    """What was sent, is being tried, or was given up: the last 1,000 that ended and all that wait, for seven days.

    A page may hold fewer messages than asked for, or none, and still have a cursor to go on: at most 2,000 are looked
    through for it.
    """
    query = read_query(described.DeliveriesQuery)
    page = services().store.deliveries(tenant(), endpoint_id, state=query.state, cursor=query.cursor, limit=query.limit)
    return {"items": [delivery_document(delivery) for delivery in page.items], "cursor": page.cursor}


@webhooks.post("/<endpoint_id>/deliveries/<message_id>/redeliver")
@described.REDELIVER
@requires("webhooks:manage")
def redeliver(endpoint_id: str, message_id: str) -> ResponseReturnValue:
    """Send it at once, whatever became of it: the id is the same, the links in it are fresh."""
    read_query(NoQuery)
    services().store.redeliver(tenant(), endpoint_id, message_id)
    return {"id": message_id}, HTTPStatus.ACCEPTED


def endpoint_document(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint as its owner sees it."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "state": "enabled" if endpoint.enabled else "disabled",
        "disabled_reason": endpoint.disabled_reason,
        "origin": endpoint.origin,
        "created_at": shown_time(endpoint.created_ms),
    }


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """The message and every attempt that is remembered."""
    return {
        "id": delivery.id,
        "type": delivery.type,
        "job": delivery.job_id,
        "batch": delivery.batch_id,
        "state": delivery.state.value,
        "created_at": shown_time(delivery.created_ms),
        "next_attempt_at": shown_time(delivery.next_ms),
        "attempts": [
            {
                "at": shown_time(attempt.at_ms),
                "status": attempt.status,
                "ms": attempt.took_ms,
                "error": attempt.error,
            }
            for attempt in delivery.attempts
        ],
    }
