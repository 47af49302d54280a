"""How every process of ours talks to Redis: bounded waits, a few retries, and which faults mean "try again later"."""

import re

import redis
from redis import exceptions as faults
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from jobs.errors import RedisTooOld
from jobs.silence import HeedingConnection, HeedingTlsConnection, Silence

SOCKET_TIMEOUT_S = 2.0  # with the retry, a frozen Redis is reported in under 5 s
CONNECT_TIMEOUT_S = 2.0
RETRIES = 1  # every transition may be repeated

OLDEST_REDIS = (6, 2)

_UNAVAILABLE = (
    faults.ConnectionError,  # BusyLoadingError is one
    faults.TimeoutError,
    faults.OutOfMemoryError,
    faults.ReadOnlyError,
    faults.NoScriptError,  # lost again between redis-py's loading a script and calling it
)
_UNAVAILABLE_CODES = ("OOM command not allowed", "MISCONF", "BUSY ", "READONLY", "LOADING", "NOREPLICAS", "MASTERDOWN")


def connect(
    url: str, *, socket_timeout_s: float = SOCKET_TIMEOUT_S, retries: int = RETRIES, heed_silence: bool = False
) -> redis.Redis:
    """A pooled client for ``url`` that answers in text. Connects at the first command, not here.

    With ``heed_silence`` a Redis that does not answer is asked by one thread at a time (see ``jobs.silence``).
    """
    heeding = HeedingTlsConnection if url.startswith("rediss:") else HeedingConnection
    return redis.Redis.from_url(
        url,
        **({"connection_class": heeding, "silence": Silence()} if heed_silence else {}),
        decode_responses=True,
        socket_timeout=socket_timeout_s,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries),
    )


def check_version(client: redis.Redis) -> None:
    """Raise RedisTooOld for a server that does not know all commands of our scripts; for an entry point's start.

    Redis' own faults pass through.
    """
    try:
        told = str(client.info("server").get("redis_version", ""))  # other servers tell here whom they are like
    except faults.NoPermissionError:
        return  # the operator keeps INFO from us, and knows the version
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    if version and version < OLDEST_REDIS:
        raise RedisTooOld(f"PACKSHOT_REDIS_URL leads to a Redis {told}; Packshot needs 6.2 or newer")


def is_unavailable(error: BaseException) -> bool:
    """True when Redis is down, starting, full or read-only: the request may succeed later (503)."""
    if isinstance(error, _UNAVAILABLE):
        return True
    # Inside a script these arrive as a plain ResponseError with the code within the text (Redis 6.2).
    return isinstance(error, faults.ResponseError) and any(code in str(error) for code in _UNAVAILABLE_CODES)
