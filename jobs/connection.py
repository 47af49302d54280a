"""How every process of ours talks to Redis: bounded waits, a few retries, and which faults mean "try again later"."""

import re
import socket
from typing import Any

import redis
from redis import exceptions as faults
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from jobs.errors import RedisIsCluster, RedisTooOld
from jobs.sentinel import is_sentinel, read_sentinel_url, sentinel_pool
from jobs.silence import HeedingConnection, HeedingTlsConnection, Silence

SOCKET_TIMEOUT_S = 2.0  # with the retry, a frozen Redis is reported in under 5 s
CONNECT_TIMEOUT_S = 2.0
RETRIES = 1  # every transition may be repeated

KEEPALIVE = (
    {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3} if hasattr(socket, "TCP_KEEPIDLE") else {}
)
"""Who only listens learns in 25 s that the other side is gone without a word, as behind a cable that was pulled."""

OLDEST_REDIS = (6, 2)

_UNAVAILABLE = (
    faults.ConnectionError,  # BusyLoadingError is one
    faults.TimeoutError,
    faults.OutOfMemoryError,
    faults.ReadOnlyError,
    faults.NoScriptError,  # lost again between redis-py's loading a script and calling it
    faults.NoPermissionError,  # while an operator changes our account; redis-py counts a wrong password as a lost one
)
_UNAVAILABLE_CODES = ("OOM command not allowed", "MISCONF", "BUSY ", "READONLY", "LOADING", "NOREPLICAS", "MASTERDOWN")
_FORBIDDEN_IN_SCRIPTS = ("The user executing the script can't", "ACL failure in script")  # Redis 6.2, and from 7 on


def connect(
    url: str, *, socket_timeout_s: float = SOCKET_TIMEOUT_S, retries: int = RETRIES, heed_silence: bool = False
) -> redis.Redis:
    """A pooled client for ``url`` that answers in text. Connects at the first command, not here.

    With ``heed_silence`` a Redis that does not answer is asked by one thread at a time (see ``jobs.silence``).
    """
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": socket_timeout_s,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_keepalive": True,
        "socket_keepalive_options": KEEPALIVE,
        "health_check_interval": 15,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries),
        **({"silence": Silence()} if heed_silence else {}),
    }
    if is_sentinel(url):
        return redis.Redis(connection_pool=sentinel_pool(read_sentinel_url(url), heeding=heed_silence, **options))
    if heed_silence:
        options["connection_class"] = HeedingTlsConnection if url.startswith("rediss:") else HeedingConnection
    return redis.Redis.from_url(url, **options)


def check_version(client: redis.Redis) -> None:
    """Raise RedisTooOld for a server that lacks commands of our scripts, RedisIsCluster; for an entry point's start.

    Redis' own faults pass through.
    """
    try:
        server = client.info("server")
    except faults.NoPermissionError:
        return  # the operator keeps INFO from us, and knows the version
    if server.get("redis_mode") == "cluster":
        raise RedisIsCluster(
            "PACKSHOT_REDIS_URL leads to a Redis Cluster, which spreads keys over machines; each of our transitions "
            "changes many keys at once, so they must lie on one: use one Redis with replicas, with Sentinel if wanted"
        )
    told = str(server.get("redis_version", ""))  # other servers tell here whom they are like
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    if version and version < OLDEST_REDIS:
        raise RedisTooOld(f"PACKSHOT_REDIS_URL leads to a Redis {told}; Packshot needs 6.2 or newer")


def is_unavailable(error: BaseException) -> bool:
    """True when Redis is down, starting, full, read-only, or forbids it: the request may succeed later (503)."""
    if isinstance(error, _UNAVAILABLE):
        return True
    # Inside a script these arrive as a plain ResponseError with the code within the text (Redis 6.2).
    signs = (*_UNAVAILABLE_CODES, *_FORBIDDEN_IN_SCRIPTS)
    return isinstance(error, faults.ResponseError) and any(sign in str(error) for sign in signs)
