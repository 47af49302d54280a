"""Whether who shows a key or a token is let in, and counted: what ``jobs/lua/admit.lua`` says, as values and problems.

Guessing is limited by the address it comes from: for each key there is, and in all. Whoever shows a right key is let in
however many wrong ones its address has sent, but for guesses at that very key.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import Literal

import redis

from api.key_records import Usage
from jobs.problems import ProblemError
from jobs.store.base import call_script

MAX_FAILURES = 300  # wrong secrets from one address in a minute, until it hears 429 instead of 401
MAX_GUESSES = 30  # of those at one key or token, which is not even looked at for the rest of that minute

NAMES = {"key": "API key", "upload-token": "upload token"}


@dataclass(frozen=True)
class Shown:
    """What a client shows, from where, and how often a minute it may ask unless its record says otherwise (0: any)."""

    kind: Literal["key", "upload-token"]
    id: str
    secret: str
    address: str
    requests_per_minute: int


def admit(redis: redis.Redis, shown: Shown) -> tuple[dict[str, str], Usage]:
    """The record's fields, and what is left once this request is counted.

    Raises ProblemError: unauthorized, key-revoked, rate-limited (too many wrong secrets). Redis' faults pass through.
    """
    verdict, (limit, left, wait_ms), jobs_today, told = call_script(
        redis,
        "admit",
        kind=shown.kind,
        id=shown.id,
        sha256=digest(shown.secret),
        address=shown.address,
        requests_per_minute=shown.requests_per_minute,
        max_failures=MAX_FAILURES,
        max_guesses=MAX_GUESSES,
    )
    fields: dict[str, str] = dict(zip(told[::2], told[1::2], strict=True))
    reset_s = max(1, math.ceil(wait_ms / 1000))
    if verdict not in {"ok", "limited"}:
        raise _refusal(verdict, NAMES[shown.kind], reset_s)
    if not hmac.compare_digest(digest(shown.secret), fields["sha256"]):
        raise _refusal("unknown", NAMES[shown.kind], 0)
    return fields, Usage(limit, left, reset_s, refused=verdict == "limited", jobs_today=jobs_today)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 (hex)."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _refusal(verdict: str, name: str, wait_s: int) -> ProblemError:
    if verdict == "blocked":
        detail = f"too many wrong keys came from this address; try again in {wait_s} s"
        return ProblemError("rate-limited", detail, retry_after_s=wait_s)
    if verdict == "revoked":
        return ProblemError("key-revoked", f"the {name} was revoked")
    if verdict == "ended":
        return ProblemError("key-revoked", f"the {name} has expired")
    assert verdict == "unknown", verdict
    return ProblemError("unauthorized", f"the {name} is unknown")
