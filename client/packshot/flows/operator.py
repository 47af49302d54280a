"""The operator's questions and deeds. In steps."""

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from packshot.flows.steps import Feed, Request, Steps
from packshot.model_versions import OperatorModels
from packshot.operator_models import Failure, Overview, TenantLoad, Worker
from packshot.reading import Document, as_document, take, take_optional
from packshot.wire import Wire

PATH = "/v1/operator"


def overview(wire: Wire) -> Steps[Overview]:
    """All of the queue."""
    return Overview.parse((yield from wire.document(Request("GET", f"{PATH}/overview"))))


def workers(wire: Wire) -> Steps[tuple[Worker, ...]]:
    """All living workers."""
    told = yield from wire.document(Request("GET", f"{PATH}/workers"))
    return tuple(Worker.parse(as_document(one)) for one in take(told, "items", list))


def tenants(wire: Wire, limit: int) -> Steps[tuple[TenantLoad, ...]]:
    """Those with the most jobs under way."""
    told = yield from wire.document(Request("GET", f"{PATH}/tenants", {"limit": limit}))
    return tuple(TenantLoad.parse(as_document(one)) for one in take(told, "items", list))


def models(wire: Wire) -> Steps[OperatorModels]:
    """All models' versions."""
    return OperatorModels.parse((yield from wire.document(Request("GET", f"{PATH}/models"))))


def reload_models(wire: Wire) -> Steps[OperatorModels]:
    """Lets workers look for new versions."""
    return OperatorModels.parse((yield from wire.document(Request("POST", f"{PATH}/models"))))


def wish_model(wire: Wire, model: str, wish: Mapping[str, Any]) -> Steps[OperatorModels]:
    """Changes what is wished of a model."""
    request = Request("PATCH", f"{PATH}/models/{quote(model, safe='')}", json=dict(wish))
    return OperatorModels.parse((yield from wire.document(request)))


def job_listing(state: str | None, tenant: str | None) -> Request:
    """The first page of the jobs of all tenants, or of one."""
    return Request("GET", f"{PATH}/jobs", {"state": state, "tenant": tenant})


def failures(wire: Wire) -> Feed[Failure]:
    """What went wrong last."""
    return wire.pages(Request("GET", f"{PATH}/failures"), Failure.parse)


def dead(wire: Wire) -> Feed[Failure]:
    """Jobs that gave up."""
    return wire.pages(Request("GET", f"{PATH}/dead"), Failure.parse)


def requeue(wire: Wire, job_id: str | None) -> Steps[int]:
    """Queues one dead job again, or all; gives how many."""
    if job_id is None:
        return (yield from _requeue_all(wire))
    told = yield from wire.document(Request("POST", f"{PATH}/dead/{quote(job_id, safe='')}/requeue"))
    return take(told, "requeued", int)


def _requeue_all(wire: Wire) -> Steps[int]:
    """The server takes so many at a time. No more than were dead at first: some may die again meanwhile."""
    total, most = 0, math.inf
    while True:
        told: Document = yield from wire.document(Request("POST", f"{PATH}/dead/requeue"))
        requeued, left = take(told, "requeued", int), take_optional(told, "left", int) or 0
        most = min(most, total + requeued + left)
        total += requeued
        if not (requeued and left) or total >= most:  # those that stay have no photo any more
            return total


def discard(wire: Wire, job_id: str) -> Steps[None]:
    """Takes a dead job off the list."""
    yield from wire.sent(Request("DELETE", f"{PATH}/dead/{quote(job_id, safe='')}"))


def rotate_links(wire: Wire) -> Steps[str]:
    """A new secret for links; gives until when those signed before stay valid."""
    told = yield from wire.document(Request("POST", "/v1/links/rotate", once=True))
    return take(told, "previous_valid_until", str)
