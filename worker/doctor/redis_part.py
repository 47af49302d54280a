"""Redis: is it there, new enough, and set so that it loses and evicts nothing?"""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import redis
from redis import exceptions as faults

from jobs.connection import OLDEST_REDIS, connect
from jobs.errors import RedisServerError
from jobs.names import KEY_PREFIX
from jobs.redis_server import find_binary
from jobs.settings import JobsSettings
from worker.doctor.durability_part import look_at_durability
from worker.doctor.findings import Finding
from worker.doctor.routes_part import look_at_routes

_FULL_FROM = 0.8
_SLOW_MS = 20.0
_TRIPS = 5
_PROBE_LIFE_MS = 1_000

_REFUSALS: tuple[tuple[type[faults.RedisError] | str, str, str], ...] = (
    (
        "MISCONF",
        "refuses writes, since it cannot bring them to its disk",
        "make room on the disk of its folder (`CONFIG GET dir`), or mend that disk; it then goes on by itself",
    ),
    (
        faults.OutOfMemoryError,
        "refuses writes, since its memory is used up",
        "raise maxmemory (CONFIG SET maxmemory …), or let jobs end: what runs is finished, and frees some",
    ),
    (
        faults.ReadOnlyError,
        "is a replica, which takes no writes",
        "point PACKSHOT_REDIS_URL to the primary, or promote this one: REPLICAOF NO ONE",
    ),
    (faults.BusyLoadingError, "is still loading its data", "wait: it answers once that is done"),
    (
        faults.NoPermissionError,
        "its account may not write our keys",
        "give it what docker/redis.acl gives the account packshot, or use another in PACKSHOT_REDIS_URL",
    ),
    ("NOREPLICAS", "refuses writes while too few replicas follow", "start them, or lower min-replicas-to-write"),
)
"""What Redis says, by kind or words; what that means; and what to do."""


def look_at_redis(url: str | None, settings: JobsSettings | None = None) -> Iterator[Finding]:
    """The server at ``url``; without one, whether `packshot up` would find a server to start.

    ``settings`` say which level of durability is wanted; None where they cannot be read.
    """
    if not url:
        yield _startable()
        return
    with closing(connect(url, retries=0)) as client:
        try:
            refused = list(_refusal(client))
            yield from refused
            told = client.info()
        except faults.NoPermissionError:
            yield Finding("redis", "ok", "answers; its account may not ask INFO, so nothing more is known")
            return
        except (faults.RedisError, ValueError) as error:
            remedy = "start it, or mend PACKSHOT_REDIS_URL (rediss:// for TLS, redis://:password@host:port/0)"
            yield Finding("redis", "fault", f"does not answer: {error}", remedy)
            return
        yield _version(told)
        yield from _memory(told)
        yield from look_at_durability(client, told, settings)
        if not refused:  # it may refuse what these ask, too
            yield _speed(client)
            yield from look_at_routes(client)


def _refusal(client: redis.Redis) -> Iterator[Finding]:
    """Where Redis runs, and yet does not do what our scripts ask of it: write. Other faults pass through."""
    try:
        client.set(f"{KEY_PREFIX}doctor", "1", px=_PROBE_LIFE_MS)
    except faults.RedisError as error:
        means, remedy = next((told for sign, *told in _REFUSALS if _is(error, sign)), (None, ""))
        if means is None:
            raise
        yield Finding("redis writes", "fault", f"it runs, but {means}: {error}", remedy)


def _is(error: faults.RedisError, sign: type[faults.RedisError] | str) -> bool:
    return sign in str(error) if isinstance(sign, str) else isinstance(error, sign)


def _startable() -> Finding:
    try:
        return Finding("redis", "ok", f"none runs; `packshot up` would start {find_binary()}")
    except RedisServerError as error:
        return Finding("redis", "fault", str(error), "apt install redis-server, or set PACKSHOT_REDIS_URL")


def _version(told: dict[str, Any]) -> Finding:
    version = str(told.get("redis_version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if numbers and numbers < OLDEST_REDIS:
        oldest = ".".join(map(str, OLDEST_REDIS))
        return Finding("redis", "fault", f"is version {version}", f"Packshot needs {oldest} or newer")
    return Finding("redis", "ok", f"answers; version {version or 'unknown'}")


def _memory(told: dict[str, Any]) -> Iterator[Finding]:
    policy, most, used = (
        str(told.get("maxmemory_policy", "")),
        int(told.get("maxmemory", 0)),
        told.get("used_memory", 0),
    )
    if policy and policy != "noeviction" and most:
        remedy = "CONFIG SET maxmemory-policy noeviction: jobs that are evicted are lost"
        yield Finding("redis memory", "fault", f"its policy is {policy}", remedy)
    elif most and used > most * _FULL_FROM:
        text = f"{used / 1e6:.0f} of {most / 1e6:.0f} MB used"
        yield Finding("redis memory", "warning", text, "a full Redis refuses new jobs (503): raise maxmemory")
    else:
        limit = f"of {most / 1e6:.0f} MB" if most else "without a limit of its own"
        yield Finding("redis memory", "ok", f"{used / 1e6:.0f} MB used, {limit}; {policy or 'noeviction'}")


def _speed(client: redis.Redis) -> Finding:
    started = time.perf_counter()
    for _ in range(_TRIPS):
        client.ping()
    took_ms = (time.perf_counter() - started) * 1000 / _TRIPS
    if took_ms > _SLOW_MS:
        remedy = "API and workers make several such trips for each job: bring Redis nearer"
        return Finding("redis speed", "warning", f"a round trip takes {took_ms:.0f} ms", remedy)
    return Finding("redis speed", "ok", f"a round trip takes {took_ms:.1f} ms")
