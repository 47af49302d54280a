"""Routes: which jobs wait for whom. A route's name is what its jobs need of a worker; any worker does those of none.

The rest of the program knows a route by its name alone: what a worker can do is a set of words, and it serves a route
whose words are among them. The words: ``gpu`` or ``cpu``; ``<model>=<version>``; ``<operation>~<version>`` of an
operation that workers of the version before this one did not know, or not as the spec has it.

A job of a route lies in lanes of its own (``<class>@<route>``, jobs/lua/prelude.lua), and what it needs beside its spec
in a field of its own: programs of the version before this one read its record, and find nothing of it to claim.
"""

from collections.abc import Iterable, Mapping

from jobs.spec import JobSpec
from jobs.spec.needs import Needs
from jobs.spec.operations import FOUNDING, OPERATION_MODELS

ANY = "any"
"""The name, for people, of the route of jobs that every worker does."""

DEVICES = ("gpu", "cpu")


def words_of(spec: JobSpec) -> list[str]:
    """What the job needs that not every worker can do; nothing of most."""
    newer = {f"{each.op}~{each.spec_version}" for each in spec.operations if _is_newer(each.op, each.spec_version)}
    if spec.needs is None:
        return sorted(newer)
    device = [spec.needs.device] if spec.needs.device else []
    return device + sorted(f"{model}={version}" for model, version in spec.needs.models.items()) + sorted(newer)


def lane_of(spec: JobSpec) -> str:
    """Where the job waits: its class, and its route if it has one."""
    words = words_of(spec)
    return f"{spec.priority}@{'+'.join(words)}" if words else spec.priority


def parts_of_lane(lane: str) -> tuple[str, str]:
    """The class and the route of a lane; `ANY` where it has none."""
    kind, _, route = lane.partition("@")
    return kind, route or ANY


def hint_queue(base: str, lane: str) -> str:
    """On which queue of hints a job of this lane is announced: a device's own, if the job needs that device."""
    device = parts_of_lane(lane)[1].partition("+")[0]
    return f"{base}.{device}" if device in DEVICES else base


def hint_queues(base: str, devices: Iterable[str] = DEVICES) -> list[str]:
    """The queues of hints: for every worker, and for those on each of these devices."""
    return [base, *(f"{base}.{device}" for device in devices)]


def abilities(device: str, models: Mapping[str, Iterable[str]]) -> str:
    """What a worker can do on such a device, with these versions of these models: all operations that we know."""
    known = [
        f"{name}~{version}"
        for name, kind in OPERATION_MODELS.items()
        for version in range(1, kind.newest + 1)
        if _is_newer(name, version)
    ]
    served = [f"{model}={version}" for model, versions in models.items() for version in versions]
    return " ".join([device, *sorted(served), *sorted(known)])


def serves(can: str, route: str) -> bool:
    """Whether a worker that can do this does the jobs of a route (as ``serves`` of jobs/lua/prelude.lua)."""
    return route == ANY or set(route.split("+")) <= set(can.split())


def missing(route: str, cans: Iterable[str]) -> dict[str, object] | None:
    """What a job of the route waits for where no worker can do it: the words as a document; None where one can.

    All that it needs, since it is one worker that must have it all.
    """
    if any(serves(can, route) for can in cans):
        return None
    words = [] if route == ANY else route.split("+")
    told: dict[str, object] = {"device": next((word for word in words if word in DEVICES), None)}
    told["models"] = dict(word.split("=", 1) for word in words if "=" in word)
    told["operations"] = dict(word.split("~", 1) for word in words if "~" in word)
    return told


def stored(spec: JobSpec) -> tuple[str, str | None]:
    """The spec as the record has it, and apart from it what it needs, which earlier versions would not know."""
    needs = spec.needs.model_dump_json(exclude_none=True) if spec.needs else None
    return spec.model_dump_json(exclude_none=True, exclude={"needs"}), needs


def read_stored(spec: str, needs: str | None, lane: str) -> JobSpec:
    """The spec as it was asked for.

    A catalogue's row that a program of before routes made a job of has the lane alone to say what it needs.
    """
    read = JobSpec.model_validate_json(spec)
    wanted = Needs.model_validate_json(needs) if needs else _needed_in(lane)
    return read.model_copy(update={"needs": wanted}) if wanted else read


def _needed_in(lane: str) -> Needs | None:
    """What `lane_of` was made of, but for the operations."""
    words = parts_of_lane(lane)[1].split("+")
    device = next((word for word in DEVICES if word in words), None)
    models = dict(word.split("=", 1) for word in words if "=" in word)
    return Needs.model_validate({"device": device, "models": models}) if device or models else None


def _is_newer(operation: str, version: int) -> bool:
    """Whether workers of before routes would not understand it."""
    return version > FOUNDING.get(operation, 0)
