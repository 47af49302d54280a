"""API keys, ``psk_<id>.<secret>``: made, checked, rotated and revoked. Of a secret Redis holds the SHA-256 alone.

Redis' own clock says when a key ends. What is checked at a request is one script, ``jobs/lua/admit.lua``.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

import redis

from api.admission import Shown, admit, digest
from api.key_records import NO_LIMITS, SCOPES, SHOP_SCOPES, KeyLimits, KeyRecord, Principal
from jobs.problems import ProblemError
from jobs.store.base import PREFIX, call_script
from jobs.tokens import TENANT

__all__ = ["SCOPES", "SHOP_SCOPES", "KeyRing", "KeyWish", "NewKey", "Principal"]

ALL_KEYS = f"{PREFIX}keys"  # a set of the ids of all keys, revoked ones too
MAX_KEYS = 100  # of one tenant, that open something
KEY_ID = re.compile(r"[0-9a-f]{16}")
PREFIX_CHARS, ID_CHARS, SECRET_CHARS = 4, 16, 43  # of psk_<id>.<secret>, and of put_ as well
KEY = re.compile(r"psk_([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")


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
class KeyWish:
    """What a new key is to be."""

    tenant: str
    scopes: Collection[str] = SHOP_SCOPES
    name: str = ""
    expires_in_s: int | None = None
    limits: KeyLimits = NO_LIMITS
    account: str = ""

    def record(self, key: NewKey) -> dict[str, str | int]:
        """The fields to keep. Raises ValueError for a tenant or scope that cannot be."""
        if not TENANT.fullmatch(self.tenant):
            raise ValueError(f"a tenant is 1 to 64 letters, digits, '-' or '_'; got {self.tenant!r}")
        if unknown := set(self.scopes) - set(SCOPES):
            raise ValueError(f"scopes are {', '.join(SCOPES)}; got {', '.join(sorted(unknown))}")
        scopes = " ".join(scope for scope in SCOPES if scope in self.scopes)
        told = {"tenant": self.tenant, "sha256": digest(key.secret), "scopes": scopes, "name": self.name}
        return {**told, "account": self.account or key.id, **self.limits.fields()}


class KeyRing:
    """The keys of one installation; ``defaults`` limit those that say nothing else. Thread-safe.

    Redis' own faults pass through.
    """

    def __init__(self, redis: redis.Redis, defaults: KeyLimits = NO_LIMITS) -> None:
        self.redis = redis
        self.defaults = defaults

    def create(self, tenant: str, *, scopes: Collection[str] = SHOP_SCOPES, **more: Any) -> NewKey:
        """Make a key; ``more`` are a ``KeyWish``'s. Raises ValueError for a tenant or scope that cannot be."""
        return self.make(KeyWish(tenant, scopes, **more))

    def make(self, wish: KeyWish, most: int | None = None) -> NewKey:
        """Make a key as wished, unless the tenant has ``most`` that are valid.

        Raises ValueError as ``create``, ProblemError rate-limited.
        """
        key = NewKey.draw()
        _check_room(self._put(key, wish, most=most), most)
        return key

    def add_first(self, key: NewKey, tenant: str) -> bool:
        """Take ``key``, with every scope, if there is no key at all yet; True for the one caller that was first."""
        return self._put(key, KeyWish(tenant, SCOPES), first=1) == "made"

    def rotate(self, key_id: str, overlap_s: int, expires_in_s: int | None = None, most: int | None = None) -> NewKey:
        """A key like that one, in its place, on its account; the old one ends after ``overlap_s``.

        It lasts as long as the old one was made for, unless ``expires_in_s`` says otherwise. Raises ProblemError:
        not-found, already-terminal (revoked or past its time), rate-limited (as ``make``).
        """
        old, key = self.get(key_id), NewKey.draw()
        if old is None:
            raise ProblemError("not-found", "there is no such key")
        wish = KeyWish(old.tenant, old.scopes, old.name, expires_in_s or old.lasts_s, old.limits, old.account)
        answer = self._put(key, wish, replaces=key_id, overlap_s=overlap_s, most=most)
        _check_room(answer, most)
        if answer != "made":
            raise ProblemError("already-terminal", "the key was revoked or has expired; make a new one", state="ended")
        return key

    def widen(self, key: NewKey, known: Collection[str]) -> bool:
        """Give ``key`` every scope where it has exactly those ``known``; False where it is another, or has others."""
        fields = cast("dict[str, str]", self.redis.hgetall(record_name(key.id)))
        if fields.get("sha256") != digest(key.secret) or set(fields["scopes"].split()) != set(known):
            return False
        return self._change(key.id, {"scopes": " ".join(SCOPES)})

    def opens(self, key_id: str) -> bool:
        """Whether the key is good now: of one that was admitted a while ago."""
        record = self.get(key_id)
        return record is not None and record.is_valid(self.now())

    def has_any(self) -> bool:
        """Whether any key was ever made."""
        return bool(self.redis.exists(ALL_KEYS))

    def were_erased(self) -> bool:
        """Whether there is no key because the last ones went with all of their tenant's, and not by a loss."""
        return bool(self.redis.exists(f"{PREFIX}keys-erased"))

    def has(self, key_id: str) -> bool:
        """Whether there is a key of that id, revoked or not."""
        return bool(self.redis.exists(record_name(key_id)))

    def tenant_of(self, key_id: str) -> str | None:
        """Whose the key is, None where there is none: all that may be read of one that is perhaps another's."""
        return cast("str | None", self.redis.hget(record_name(key_id), "tenant"))

    def get(self, key_id: str) -> KeyRecord | None:
        """The key's record, None where there is none."""
        fields = cast("dict[str, str]", self.redis.hgetall(record_name(key_id)))
        return KeyRecord.read(key_id, fields) if fields else None

    def change(self, key_id: str, limits: KeyLimits, name: str | None = None) -> bool:
        """Set the key's own limits (None: the installation's), and its name if told; False when there is no such."""
        told: dict[str, Any] = {**limits.fields(), **({} if name is None else {"name": name})}
        return self._change(key_id, told, [name for name, value in vars(limits).items() if value is None])

    def revoke(self, key_id: str) -> bool:
        """Refuse the key from now on; False when there is none of that id."""
        return self._change(key_id, revoke=True)

    def now(self) -> int:
        """Redis' clock, in whole Unix seconds."""
        return int(self.redis.time()[0])

    def authenticate(self, text: str, address: str = "") -> Principal:
        """Who shows this key, and what is left of its limits once this request is counted: ``usage``.

        Raises ProblemError: unauthorized (malformed or unknown), key-revoked (or expired), rate-limited (too many
        wrong keys from ``address``). Whether the key itself asked too often is in ``usage``.
        """
        key = NewKey.parse(text)
        if key is None:
            raise ProblemError(
                "unauthorized", f"the API key is malformed{what_is_off(text)}; expected psk_<id>.<secret>"
            )
        shown = Shown("key", key.id, key.secret, address, self.defaults.requests_per_minute or 0)
        fields, usage = admit(self.redis, shown)
        kept = KeyRecord.read(key.id, fields)
        limits = kept.limits.over(self.defaults)
        return Principal(
            key_id=key.id,
            tenant=kept.tenant,
            scopes=frozenset(kept.scopes),
            name=kept.name,
            expires_at=kept.expires_at,
            limits=limits,
            own_limits=kept.limits,
            account=kept.account,
            usage=replace(usage, jobs=limits.jobs_per_day or None),
        )

    def _change(
        self, key_id: str, fields: Mapping[str, Any] = MappingProxyType({}), unset: Collection[str] = (), **how: Any
    ) -> bool:
        """In one step with the look whether there is such a key: none comes back in part."""
        told = {"set": dict(fields), "unset": list(unset), **how}
        return bool(call_script(self.redis, "change_key", id=key_id, **told))

    def _put(self, key: NewKey, wish: KeyWish, **how: Any) -> str:
        record = wish.record(key)
        return str(call_script(self.redis, "put_key", id=key.id, record=record, expires_in_s=wish.expires_in_s, **how))


def what_is_off(text: str) -> str:
    """Say which part of a malformed key or token has a wrong length, and show nothing of it."""
    if not text.startswith(("psk_", "put_")):
        return ": it does not begin with psk_"
    name, dot, secret = text.partition(".")
    digits = len(name) - PREFIX_CHARS
    if not dot:
        return ": it has no dot between its id and its secret (cut off?)"
    if digits != ID_CHARS:
        return f": its id has {max(0, digits)} characters instead of {ID_CHARS}"
    if len(secret) != SECRET_CHARS:
        cut_off = " (cut off?)" if len(secret) < SECRET_CHARS else ""
        return f": its secret has {len(secret)} characters instead of {SECRET_CHARS}{cut_off}"
    return ""


def _check_room(answer: str, most: int | None) -> None:
    if answer == "full":
        raise ProblemError("rate-limited", f"{most} keys are valid, the most allowed; revoke one first")


def record_name(key_id: str) -> str:
    """The key of a key's record."""
    return f"{PREFIX}key:{key_id}"
