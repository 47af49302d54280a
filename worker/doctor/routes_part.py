"""What living workers tell that is not well: routes that none serves, versions refused, photos kept apart."""

import json
from collections.abc import Iterator

import redis

from jobs.presence import living_owners, worker_key
from jobs.routes import ANY, parts_of_lane, serves
from jobs.store.base import PREFIX
from worker.doctor.findings import Finding

_TOLD = ["can", "refused", "host", "blobs"]

# What to do where nobody has a word of a route (jobs/routes.py): `gpu` and `cpu` are words themselves, "=" stands for
# all of the form `<model>=<version>`, "~" for all of `<operation>~<version>`.
_OF_A_WORD = {
    "gpu": (
        "start a worker on a machine with a GPU (`packshot worker --gpus all`, with the same PACKSHOT_REDIS_URL "
        "and PACKSHOT_BLOB_URL; `packshot doctor` there says whether it would use it)"
    ),
    "cpu": "start a worker without a GPU (`PACKSHOT_BACKEND=onnxruntime packshot worker`)",
    "=": "have that version served (copy its folder, `packshot models share MODEL VERSION 0%`)",
    "~": "start a worker of a release that knows that operation",
}


def look_at_routes(client: redis.Redis) -> Iterator[Finding]:
    """One finding for each route that nobody living serves, and for each version refused. Raises Redis' own faults."""
    owners, _ = living_owners(client)
    told = [[str(value or "") for value in client.hmget(worker_key(owner), _TOLD)] for owner in owners]
    waiting: dict[str, int] = {}
    for lane, jobs in client.hgetall(f"{PREFIX}depth").items():
        route = parts_of_lane(str(lane))[1]
        waiting[route] = waiting.get(route, 0) + int(jobs)
    for route, many in sorted(waiting.items()):
        if many and route != ANY and not any(serves(can, route) for can, *_ in told):
            wait = "1 job waits" if many == 1 else f"{many} jobs wait"
            yield Finding("routes", "warning", f"{wait} for a worker that has {route}; none lives", _to_serve(route))
    places = sorted({blobs.rstrip("/") for *_, blobs in told if blobs})
    if len(places) > 1:
        remedy = "give all the same PACKSHOT_BLOB_URL (or PACKSHOT_DATA_DIR), unless these are one and the same store"
        yield Finding("workers' storage", "warning", f"workers keep photos in {' and in '.join(places)}", remedy)
    for _, refused, host, _ in told:
        for version, reason in sorted(json.loads(refused or "{}").items()):
            remedy = "mend the folder, then `packshot models reload`; what was served before serves on"
            yield Finding("model versions", "warning", f"{version} was refused on {host}: {reason}", remedy)


def _to_serve(route: str) -> str:
    """What to do so that a worker has all the words of a route."""
    kinds = [next((sign for sign in "=~" if sign in word), word) for word in route.split("+")]
    steps = [_OF_A_WORD[kind] for kind in dict.fromkeys(kinds) if kind in _OF_A_WORD]
    return f"{'; '.join(steps) or 'start a worker that has it'}; until then they wait"
