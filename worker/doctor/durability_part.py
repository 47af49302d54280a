"""What of the record a crash, a loss of power and a lost machine would take, as Redis is set; docs/durability.md."""

from collections.abc import Iterator
from typing import Any

import redis
from redis import exceptions as faults

from jobs.settings import JobsSettings
from worker.doctor.findings import Finding

_LATE_S = 10
_FAR_BEHIND_BYTES = 16 << 20

_LEVELS = {
    "always": "every write is on the disk before it is answered: a loss of power takes none",
    "everysec": "a loss of power takes what was written in the last second or two",
}


def look_at_durability(client: redis.Redis, told: dict[str, Any], settings: JobsSettings | None) -> Iterator[Finding]:
    """``told`` is the server's INFO; ``settings`` say what is wanted, None where they cannot be read."""
    yield _file(client, told, settings)
    yield from _replicas(told, settings.wait_replicas if settings else 0)


def _file(client: redis.Redis, told: dict[str, Any], settings: JobsSettings | None) -> Finding:
    if not told.get("aof_enabled"):
        remedy = "CONFIG SET appendonly yes: without it a restart loses jobs that were accepted"
        return Finding("redis durability", "warning", "keeps no append-only file", remedy)
    if "ok" not in {told.get("aof_last_write_status"), None}:
        remedy = "it refuses all writes until its disk takes them: look at the disk's room and health"
        return Finding("redis durability", "fault", "could not write its append-only file", remedy)
    how = _appendfsync(client)
    if how == "no":
        remedy = "CONFIG SET appendfsync everysec: half a minute of jobs is lost with the power"
        return Finding("redis durability", "warning", "leaves its append-only file to the system's memory", remedy)
    wanted = settings.durability if settings else "everysec"
    if wanted == "always" and how == "everysec":
        remedy = "CONFIG SET appendfsync always; the one of `packshot up` does so by itself"
        return Finding("redis durability", "warning", f"PACKSHOT_DURABILITY is always, but {_LEVELS[how]}", remedy)
    if told.get("aof_last_bgrewrite_status") not in {"ok", None}:
        remedy = "room for a second copy of the file, and vm.overcommit_memory=1; until then it only grows"
        return Finding("redis durability", "warning", "could not write its append-only file anew", remedy)
    return Finding(
        "redis durability", "ok", f"appends to a file; {_LEVELS.get(how, 'how often it reaches the disk is not told')}"
    )


def _appendfsync(client: redis.Redis) -> str:
    try:
        return str(client.config_get("appendfsync").get("appendfsync", ""))
    except faults.ResponseError:  # many who run Redis for others keep CONFIG to themselves
        return ""


def _replicas(told: dict[str, Any], wanted: int) -> Iterator[Finding]:
    """Nothing where there is none and none is wanted."""
    if told.get("role") == "slave":
        remedy = "point PACKSHOT_REDIS_URL to the primary, or promote this one: REPLICAOF NO ONE"
        yield Finding("redis replicas", "fault", "this Redis is a replica and takes no jobs", remedy)
        return
    replicas = [value for name, value in told.items() if name.startswith("slave") and isinstance(value, dict)]
    behind = [one for one in replicas if _trails(one, int(told.get("master_repl_offset", 0)))]
    well = len(replicas) - len(behind)
    text = f"{well} of {len(replicas)} follow it closely"
    if well < wanted:
        remedy = "until so many have it, whatever changes something is answered with 503"
        yield Finding("redis replicas", "fault", f"{text}; PACKSHOT_WAIT_REPLICAS is {wanted}", remedy)
    elif behind:
        yield Finding("redis replicas", "warning", text, "what they lack goes with this machine: look at their links")
    elif replicas:
        more = "" if wanted else "; what is on its way to them is lost with this machine (PACKSHOT_WAIT_REPLICAS waits)"
        yield Finding("redis replicas", "ok", text + more)


def _trails(replica: dict[str, Any], offset: int) -> bool:
    late = int(replica.get("lag", 0)) > _LATE_S
    return replica.get("state") != "online" or late or offset - int(replica.get("offset", 0)) > _FAR_BEHIND_BYTES
