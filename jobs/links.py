"""Signed links: whoever holds one may fetch that one path, for that tenant, until it expires. No key needed."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import urlencode

import redis

from jobs.problems import ProblemError

SECRET = "packshot:link-secret"  # noqa: S105 (the name of the Redis key, not the secret)
PERIODS = 3  # a link's life is counted in thirds, so that a poller sees the same links for a while (ETag)
_EXPIRES = re.compile(r"[0-9]{1,12}")


class LinkSigner:
    """HMAC-SHA256 over path, expiry and tenant, with a secret that all API processes share through Redis."""

    def __init__(self, redis: redis.Redis, ttl_s: int) -> None:
        self._redis = redis
        self._period_s = ttl_s // PERIODS

    def expiry(self) -> int:
        """When a link signed now expires (Unix seconds): in two thirds to three thirds of the time to live."""
        return (int(time.time()) // self._period_s + PERIODS) * self._period_s

    def sign(self, path: str, tenant: str) -> str:
        """``path`` with the query that opens it."""
        return self.sign_all([path], tenant)[0]

    def sign_all(self, paths: Sequence[str], tenant: str) -> list[str]:
        """As ``sign``, for many: the secret is read once."""
        expires, secret = str(self.expiry()), self._secret()
        signed = ((path, _signature(secret, path, expires, tenant)) for path in paths)
        return [
            f"{path}?{urlencode({'tenant': tenant, 'expires': expires, 'signature': signature})}"
            for path, signature in signed
        ]

    def tenant_of(self, path: str, query: Mapping[str, str]) -> str:
        """The tenant for whom ``path`` was signed. Raises ProblemError: bad-signature, link-expired."""
        tenant, expires = query.get("tenant", ""), query.get("expires", "")
        expected = _signature(self._secret(), path, expires, tenant)
        if not hmac.compare_digest(expected.encode(), query.get("signature", "").encode()):
            raise ProblemError("bad-signature", "the link was changed, or not made by this server")
        if not _EXPIRES.fullmatch(expires) or time.time() >= int(expires):
            raise ProblemError("link-expired", "the link has expired; the job's answer holds a fresh one")
        return tenant

    def _secret(self) -> bytes:
        """Read each time, since another process may have made it, or Redis may have lost it."""
        found = self._redis.get(SECRET)
        if found is None:
            self._redis.set(SECRET, secrets.token_hex(32), nx=True)
            found = self._redis.get(SECRET)
        return bytes.fromhex(cast("str", found))


def _signature(secret: bytes, path: str, expires: str, tenant: str) -> str:
    message = "\n".join((path, expires, tenant)).encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
