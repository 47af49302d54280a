"""Signed links: whoever holds one may fetch that one path, for that tenant, until it expires. No key needed.

It expires by Redis' clock, whichever machine signed it.

Several secrets are good at once, each with its id (``kid``): a new one signs from its rotation on, and those before it
open what they have signed until that expires.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import urlencode

import redis

from jobs.clock import RedisClock
from jobs.problems import ProblemError
from jobs.store.base import PREFIX, call_script

SECRETS = f"{PREFIX}link-secrets"
FIRST = "0"  # the id of the first secret; links of earlier versions name none, and were signed with it
PERIODS = 3  # a link's life is counted in thirds, so that a poller sees the same links for a while (ETag)
_EXPIRES = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Rotation:
    """What a rotation did: until when (Unix seconds) links by the secret before it are good, and how many are kept."""

    previous_good_until: int
    secrets: int


class LinkSigner:
    """HMAC-SHA256 over path, expiry and tenant, with secrets that all API processes share through Redis."""

    def __init__(self, redis: redis.Redis, ttl_s: int) -> None:
        self._redis = redis
        self._clock = RedisClock(redis)
        self._period_s = ttl_s // PERIODS

    def expiry(self) -> int:
        """When a link signed now expires (Unix seconds): in two thirds to three thirds of the time to live."""
        return (int(self._clock.now()) // self._period_s + PERIODS) * self._period_s

    def sign(self, path: str, tenant: str) -> str:
        """``path`` with the query that opens it."""
        return self.sign_all([path], tenant)[0]

    def sign_all(self, paths: Sequence[str], tenant: str) -> list[str]:
        """As ``sign``, for many: the secrets are read once."""
        known = self._secrets()
        expires, kid = str(self.expiry()), known["current"]
        secret, _ = _parsed(known[kid])
        signed = ((path, _signature(secret, path, expires, tenant)) for path in paths)
        return [
            f"{path}?{urlencode({'tenant': tenant, 'expires': expires, 'kid': kid, 'signature': signature})}"
            for path, signature in signed
        ]

    def tenant_of(self, path: str, query: Mapping[str, str]) -> str:
        """The tenant for whom ``path`` was signed. Raises ProblemError: bad-signature, link-expired."""
        tenant, expires, kid = query.get("tenant", ""), query.get("expires", ""), query.get("kid", FIRST)
        told = self._secrets().get(kid) if kid != "current" else None
        secret, good_until = _parsed(told or secrets.token_hex(32))
        expected = _signature(secret, path, expires, tenant)
        if not hmac.compare_digest(expected.encode(), query.get("signature", "").encode()) or not told:
            raise ProblemError("bad-signature", "the link was changed, or not made by this server")
        # A secret that was replaced, perhaps since somebody else knows it, opens no more than it had signed by then.
        if not _EXPIRES.fullmatch(expires) or self._clock.now() >= int(expires) or int(expires) > good_until:
            raise ProblemError("link-expired", "the link has expired; the job's answer holds a fresh one")
        return tenant

    def rotate(self) -> Rotation:
        """Sign with a new secret from now on; links signed before stay good until they expire."""
        good_until = self.expiry()
        self._secrets()  # where there was none yet, the first is what is replaced
        fresh = {"id": secrets.token_hex(4), "secret": secrets.token_hex(32)}
        found = call_script(self._redis, "link_secrets", **fresh, rotate=1, good_until=good_until)
        return Rotation(good_until, len(found) // 2 - 1)

    def _secrets(self) -> dict[str, str]:
        """Read each time, since another process may have rotated, or Redis may have lost them."""
        read = partial(self._redis.hgetall, SECRETS)
        found = cast("dict[str, str]", read())
        if not found:
            call_script(self._redis, "link_secrets", secret=secrets.token_hex(32))
            found = cast("dict[str, str]", read())
        return found


def _parsed(told: str) -> tuple[bytes, float]:
    """The secret, and the Unix second that nothing it signed may outlive."""
    secret, _, good_until = told.partition(" ")
    return bytes.fromhex(secret), float(good_until or "inf")


def _signature(secret: bytes, path: str, expires: str, tenant: str) -> str:
    message = "\n".join((path, expires, tenant)).encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
