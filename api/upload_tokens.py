"""Upload tokens, ``put_<id>.<secret>``: what a shop's page in a browser has in place of a key.

A token lives for minutes in Redis, as its SHA-256; it takes so many photos of such a size, from pages of some origins,
and, if it was made with a spec, has exactly that done to them. It ends with the key that made it. Its requests are
counted for itself: a visitor cannot use up the shop's. Its jobs are counted as its key's.

    upload-token:<id>        hash  the record       upload-token:<id>:made   set  the uploads and jobs made with it
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis

from api.admission import Shown, admit, digest
from api.key_records import Principal, UploadToken
from api.keys import KeyRing, NewKey, what_is_off
from jobs.problems import ProblemError, being_erased
from jobs.store.base import PREFIX, call_script

TOKEN_ID = re.compile(r"[0-9a-f]{16}")
TOKEN = re.compile(r"put_([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")
REQUESTS_PER_MINUTE = 120
MAX_TOKENS = 10_000  # of one tenant that open something; so many more are remembered after their end
KEPT_S = 3600  # after its end: so long it is told that it has expired, and what it made can be counted


@dataclass(frozen=True)
class TokenWish:
    """What a new token is to allow, whose key makes it, and where that reached the API."""

    maker: Principal
    expires_in_s: int
    max_uploads: int
    max_bytes: int
    origins: tuple[str, ...]
    spec: Mapping[str, Any] | None
    base_url: str = ""


class UploadTokens:
    """The tokens of one installation. Thread-safe; Redis' own faults pass through."""

    def __init__(self, redis: redis.Redis, keys: KeyRing) -> None:
        self._redis = redis
        self._keys = keys

    def make(self, wish: TokenWish) -> tuple[NewKey, int]:
        """A token, and when it expires (Unix seconds); what the page sends is ``token_text``.

        Raises ProblemError: rate-limited where the tenant has as many as allowed, being-erased.
        """
        token = NewKey.draw()
        record: dict[str, Any] = {
            "sha256": digest(token.secret),
            "tenant": wish.maker.tenant,
            "key": wish.maker.key_id,
            "payer": wish.maker.account,
            "uploads_left": wish.max_uploads,
            "jobs_left": wish.max_uploads if wish.spec is not None else 0,
            "max_bytes": wish.max_bytes,
            "origins": json.dumps(wish.origins),
            "spec": json.dumps(wish.spec),
            "base_url": wish.base_url,
        }
        terms = {"expires_in_s": wish.expires_in_s, "kept_s": KEPT_S, "most": MAX_TOKENS}
        expires_at, wait_s = call_script(self._redis, "put_upload_token", id=token.id, record=record, **terms)
        if wait_s == -1:
            raise being_erased()
        if not expires_at:
            detail = f"{MAX_TOKENS} upload tokens of yours are valid, the most allowed; one ends in {wait_s} s"
            raise ProblemError("rate-limited", detail, retry_after_s=max(1, wait_s))
        return token, expires_at

    def revoke(self, tenant: str, token_id: str) -> bool:
        """Refuse the tenant's token from now on; False when it has none of that id."""
        return bool(call_script(self._redis, "revoke_upload_token", id=token_id, tenant=tenant))

    def authenticate(self, text: str, address: str = "") -> Principal:
        """Who shows this token. Raises ProblemError: unauthorized, key-revoked (or expired), rate-limited."""
        match = TOKEN.fullmatch(text)
        if match is None:
            raise ProblemError(
                "unauthorized", f"the upload token is malformed{what_is_off(text)}; expected put_<id>.<secret>"
            )
        fields, usage = admit(self._redis, Shown("upload-token", match[1], match[2], address, REQUESTS_PER_MINUTE))
        spec, origins = json.loads(fields["spec"]), tuple(json.loads(fields["origins"]))
        base_url = fields.get("base_url", "")  # which earlier versions did not note
        maker = self._keys.get(fields["key"])
        return Principal(
            key_id=fields["key"],
            tenant=fields["tenant"],
            scopes=frozenset({"uploads:write"} | ({"jobs:read", "jobs:write"} if spec is not None else set())),
            expires_at=int(fields["expires_at"]),
            limits=maker.limits.over(self._keys.defaults) if maker else self._keys.defaults,
            account=fields["payer"],
            usage=usage,
            upload_token=UploadToken(match[1], origins, int(fields["max_bytes"]), spec, base_url),
        )

    def opens(self, token_id: str) -> bool:
        """Whether the token is good now, as far as it is not its key that ended."""
        revoked, expires = cast("list[str | None]", self._redis.hmget(_record(token_id), ["revoked_at", "expires_at"]))
        return revoked is None and expires is not None and self._keys.now() < int(expires)

    def take_upload(self, token_id: str) -> bool:
        """Take one of the uploads that the token has left; False when there is none."""
        return bool(call_script(self._redis, "take_upload", id=token_id))

    def give_back_upload(self, token_id: str) -> None:
        """What was taken was not used."""
        call_script(self._redis, "take_upload", id=token_id, back=True)

    def note_upload(self, token_id: str, upload_id: str) -> None:
        """The upload was made with the token; of a job the script says so that makes it (``jobs/lua/quotas.lua``)."""
        life_s = self._redis.ttl(_record(token_id))
        with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.sadd(_made(token_id), upload_id)
            pipeline.expire(_made(token_id), max(1, life_s))
            pipeline.execute()

    def has_made(self, token_id: str, name: str) -> bool:
        """Whether that upload or job was made with the token."""
        return bool(self._redis.sismember(_made(token_id), name))


def token_text(token: NewKey) -> str:
    """``put_<id>.<secret>``."""
    return f"put_{token.id}.{token.secret}"


def _record(token_id: str) -> str:
    return f"{PREFIX}upload-token:{token_id}"


def _made(token_id: str) -> str:
    return f"{_record(token_id)}:made"
