"""About the service itself: what can be asked, which models answer, and whether it is alive and ready."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue

from api.access import requires
from api.descriptions import meta as described
from api.docs_page.pages import problem_type_page
from api.docs_page.problem_pages import explanations
from api.presence import WorkerPresence, living_workers
from api.problems import STATUSES
from api.services import services
from api.views import absolute_url
from jobs.presets import Preset
from jobs.problems import PROBLEM_TYPES, ProblemError
from jobs.showing import shown_time
from jobs.spec import OPERATION_MODELS

meta = Blueprint("meta", __name__)

MAX_ACCEPT = 1000  # characters of the header Accept; who sends more is told as a program is


@meta.get("/v1/operations")
@described.OPERATIONS
@requires("jobs:read")
def operations() -> ResponseReturnValue:
    """The JSON Schema of each operation, by its name in a spec."""
    return {name: model.model_json_schema() for name, model in OPERATION_MODELS.items()}


@meta.get("/v1/presets")
@described.PRESETS
@requires("jobs:read")
def presets() -> ResponseReturnValue:
    """The sales channels that renditions can be asked for, by name, each with its rules."""
    return {"presets": {name: _shown(preset) for name, preset in services().presets.items()}}


@meta.get("/v1/models")
@described.MODELS
@requires("jobs:read")
def models() -> ResponseReturnValue:
    """The models that living workers serve, by name, and the backends that run them."""
    workers = living_workers(services().redis)
    return {
        "models": {name: card for worker in workers for name, card in worker.models.items()},
        "backends": sorted({worker.backend for worker in workers}),
        "workers": len(workers),
    }


@meta.get("/healthz")
@described.HEALTHZ
def healthz() -> ResponseReturnValue:
    """This process answers; asks nobody else."""
    return {"status": "ok"}


@meta.get("/readyz")
@described.READYZ
def readyz() -> ResponseReturnValue:
    """Jobs get done: Redis answers and a worker lives. Otherwise 503 ``unavailable``, which says what is missing.

    Where the blob store answers no worker, jobs are taken and wait: ``degraded``, since polls go on, and since all
    processes have the same store: nobody gains if a balancer that asks here lets go of every one of them.
    """
    pending = services().store.pending()
    workers = living_workers(services().redis)
    if not workers:
        raise ProblemError("unavailable", "no worker is alive", redis="ok", workers=0, pending=pending)
    backends = sorted({worker.backend for worker in workers})
    blobs = _blobs_of(workers)
    return {
        "status": "degraded" if blobs == "away" else "ready",
        "redis": "ok",
        "blobs": blobs,
        "workers": len(workers),
        "backends": backends,
        "pending": pending,
        "lost_at": shown_time(services().store.lost_ms()),
    }


def _blobs_of(workers: Sequence[WorkerPresence]) -> str:
    away = sum(bool(worker.blobs_fault) for worker in workers)
    if not away:
        return "ok"
    return "away" if away == len(workers) else "partial"


@meta.get("/problems/<slug>")
@described.PROBLEM
def problem_type(slug: str) -> ResponseReturnValue:
    """What a problem's ``type`` points to: a page for people who come with a browser, JSON for programs."""
    if slug not in PROBLEM_TYPES:
        raise ProblemError("not-found", "there is no such problem type")
    answer = problem_type_page(slug).answer() if _asks_for_a_page() else make_response(_told(slug))
    answer.vary.add("Accept")
    return answer


def _asks_for_a_page() -> bool:
    """Browsers do, in a few words. Werkzeug 3.1 reads a header with many spaces in the square of its length."""
    if len(request.headers.get("Accept", "")) > MAX_ACCEPT:
        return False
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def _told(slug: str) -> dict[str, Any]:
    kind, explained = PROBLEM_TYPES[slug], explanations()[slug]
    return {
        "type": f"/problems/{slug}",
        "title": kind.title,
        "status": STATUSES[slug],
        "retryable": kind.retryable,
        "cause": explained.why,
        "remedy": explained.do,
        "page": absolute_url(f"/problems/{slug}"),
    }


def _shown(preset: Preset) -> dict[str, Any]:
    return preset.model_dump(mode="json", exclude_none=True)
