"""The operator's models: what is served, look for new versions, choose one, give one a share of the jobs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.access import requires
from api.bodies import read_body
from api.descriptions import models as described
from api.presence import WorkerPresence, living_workers
from api.queries import NoQuery, read_query
from api.services import services
from jobs.model_wishes import ModelWishes, Share
from jobs.problems import ProblemError
from jobs.showing import shown_time
from jobs.store.wishing import NEWEST

models = Blueprint("models", __name__, url_prefix="/v1/operator/models")

log = structlog.get_logger("api")


@models.get("")
@described.MODELS
@requires("operator")
def show() -> ResponseReturnValue:
    """Of living workers, as each told within the last seconds."""
    read_query(NoQuery)
    return _document(services().store.model_wishes(), living_workers(services().redis))


@models.post("")
@described.RELOAD
@requires("operator")
def reload() -> ResponseReturnValue:
    """Each worker looks into its own folder of weights; what is newer takes the old one's place once it is warm."""
    read_query(NoQuery)
    wishes = services().store.look_for_models()
    log.info("workers are to look for new models")
    return _document(wishes, living_workers(services().redis))


@models.patch("/<model>")
@described.WISH
@requires("operator")
def wish(model: str) -> ResponseReturnValue:
    """Kept for every worker, those that start later too. A share's other jobs take the version in use."""
    read_query(NoQuery)
    wished = read_body(described.ModelWish)
    store, workers = services().store, living_workers(services().redis)
    if model not in _served(workers) and model not in _wished(store.model_wishes()):
        raise ProblemError("not-found", "no living worker serves such a model")
    wishes = store.model_wishes()
    if wished.use is not None:
        wishes = store.use_version(model, wished.use)
    if "share" in wished.model_fields_set:
        share = None if wished.share is None else Share(wished.share.version, wished.share.share)
        others = _in_use(workers, model) if wished.use is None else None  # "newest" named beside a share is meant
        wishes = store.share_version(model, share, others)
    log.info("a model's version was wished for", model=model, **wished.model_dump(exclude_unset=True))
    return _document(wishes, workers)


def _document(wishes: ModelWishes, workers: Sequence[WorkerPresence]) -> dict[str, Any]:
    refused = [
        {"worker": worker.owner, "host": worker.host, "version": version, "reason": reason}
        for worker in workers
        for version, reason in sorted(worker.refused.items())
    ]
    names = sorted(_served(workers) | _wished(wishes))
    return {
        "models": {name: _state(name, wishes, workers) for name in names},
        "refused": refused,
        "looking": sum(worker.looked is not None and worker.looked < wishes.looks for worker in workers),
        "changed_at": shown_time(wishes.changed_ms),
    }


def _state(name: str, wishes: ModelWishes, workers: Sequence[WorkerPresence]) -> dict[str, Any]:
    share = wishes.shares.get(name)
    serving, using = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for worker in workers:
        if told := worker.models.get(name):
            current = str(told.get("version", "")), str(told.get("digest", ""))
            using[current] += 1
            serving.update([current, *dict(told.get("others", {})).items()])
    versions = [
        {"version": version, "digest": digest, "workers": many, "in_use": using[version, digest]}
        for (version, digest), many in sorted(serving.items())
    ]
    return {
        "use": wishes.use.get(name, NEWEST),
        "share": share and {"version": share.version, "share": share.share},
        "versions": versions,
    }


def _in_use(workers: Sequence[WorkerPresence], model: str) -> str | None:
    """The version that most living workers give to what asks for none."""
    used = Counter(str(worker.models[model]["version"]) for worker in workers if model in worker.models)
    return used.most_common(1)[0][0] if used else None


def _served(workers: Sequence[WorkerPresence]) -> set[str]:
    return {name for worker in workers for name in worker.models}


def _wished(wishes: ModelWishes) -> set[str]:
    return {*wishes.use, *wishes.shares}
