"""API keys, ``psk_<id>.<secret>``: made, checked and revoked. Redis holds the secret's SHA-256, never the secret."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import redis

from jobs.problems import ProblemError
from jobs.tokens import TENANT

PREFIX = "packshot:"
ALL_KEYS = f"{PREFIX}keys"  # a set of the ids of all keys, revoked ones too
SCOPES = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage", "operator")
"""What a key may be allowed; ``operator`` alone looks beyond its own tenant."""

SHOP_SCOPES = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage")
"""What a storefront's server needs."""

KEY = re.compile(r"psk_([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")

# Adds the key: always, or only as the very first. One script, so that many processes starting at once make one key.
_ADD = """
if ARGV[1] == 'first' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('SADD', KEYS[1], ARGV[2])
return 1
"""


@dataclass(frozen=True)
class NewKey:
    """A key in clear text, to be told once: ``text`` is what the client sends, ``id`` what revokes it."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """``psk_<id>.<secret>``."""
        return f"psk_{self.id}.{self.secret}"

    @classmethod
    def draw(cls) -> "NewKey":
        """A fresh one with 256 random bits of secret."""
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "NewKey | None":
        """The key in ``text``, or None where it has not the shape of one."""
        match = KEY.fullmatch(text)
        return cls(match[1], match[2]) if match else None


@dataclass(frozen=True)
class Principal:
    """Who is asking: the key's tenant, and what the key may do."""

    key_id: str
    tenant: str
    scopes: frozenset[str]


class KeyRing:
    """The keys of one installation. Thread-safe; Redis' own faults pass through."""

    def __init__(self, redis: redis.Redis) -> None:
        self._redis = redis
        self._add = redis.register_script(_ADD)

    def create(self, tenant: str, *, scopes: Collection[str] = SHOP_SCOPES, expires_in_s: int | None = None) -> NewKey:
        """Make a key. Raises ValueError for a tenant or scope that cannot be."""
        key = NewKey.draw()
        self._put(key, tenant, scopes, expires_in_s, when="always")
        return key

    def add_first(self, key: NewKey, tenant: str) -> bool:
        """Take ``key``, with every scope, if there is no key at all yet; True for the one caller that was first."""
        return self._put(key, tenant, SCOPES, None, when="first")

    def has_any(self) -> bool:
        """Whether any key was ever made."""
        return bool(self._redis.exists(ALL_KEYS))

    def has(self, key_id: str) -> bool:
        """Whether there is a key of that id, revoked or not."""
        return bool(self._redis.exists(_name(key_id)))

    def revoke(self, key_id: str) -> bool:
        """Refuse the key from now on; False when there is none of that id."""
        if not self.has(key_id):
            return False
        self._redis.hset(_name(key_id), "revoked_at", str(int(time.time())))
        return True

    def authenticate(self, text: str) -> Principal:
        """Who shows this key. Raises ProblemError: unauthorized (malformed or unknown), key-revoked (or expired)."""
        key = NewKey.parse(text)
        if key is None:
            raise ProblemError("unauthorized", "the API key is malformed; expected psk_<id>.<secret>")
        record = cast("dict[str, str]", self._redis.hgetall(_name(key.id)))
        if not hmac.compare_digest(_digest(key.secret), record.get("sha256", "")) or not record:
            raise ProblemError("unauthorized", "the API key is unknown")
        if "revoked_at" in record:
            raise ProblemError("key-revoked", "the API key was revoked")
        if "expires_at" in record and time.time() >= int(record["expires_at"]):
            raise ProblemError("key-revoked", "the API key has expired")
        return Principal(key.id, record["tenant"], frozenset(record["scopes"].split()))

    def _put(self, key: NewKey, tenant: str, scopes: Collection[str], expires_in_s: int | None, *, when: str) -> bool:
        if not TENANT.fullmatch(tenant):
            raise ValueError(f"a tenant is 1 to 64 letters, digits, '-' or '_'; got {tenant!r}")
        if unknown := set(scopes) - set(SCOPES):
            raise ValueError(f"scopes are {', '.join(SCOPES)}; got {', '.join(sorted(unknown))}")
        now = int(time.time())
        record = {"tenant": tenant, "sha256": _digest(key.secret), "scopes": " ".join(scopes), "created_at": str(now)}
        if expires_in_s is not None:
            record["expires_at"] = str(now + expires_in_s)
        fields = [part for item in record.items() for part in item]
        return bool(self._add(keys=[ALL_KEYS, _name(key.id)], args=[when, key.id, *fields]))


def _name(key_id: str) -> str:
    return f"{PREFIX}key:{key_id}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
