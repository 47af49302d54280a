"""What a key's record in Redis holds, and who shows a key. Knows no HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.quotas import Charge

SCOPES = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage", "operator")
"""What a key may be allowed; ``operator`` alone looks beyond its own tenant."""

SHOP_SCOPES = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage")
"""What a storefront's server needs."""

MINUTE_S = 60
DAY_S = 86_400


@dataclass(frozen=True)
class KeyLimits:
    """How much a key may ask for; 0 is no limit, None what the installation sets."""

    requests_per_minute: int | None = None
    jobs_per_day: int | None = None

    def over(self, defaults: "KeyLimits") -> "KeyLimits":
        """These, and of ``defaults`` what these leave open."""
        requests = self.requests_per_minute if self.requests_per_minute is not None else defaults.requests_per_minute
        jobs = self.jobs_per_day if self.jobs_per_day is not None else defaults.jobs_per_day
        return KeyLimits(requests, jobs)

    def fields(self) -> dict[str, int]:
        """Those that are set, as the record keeps them."""
        return {name: value for name, value in vars(self).items() if value is not None}


NO_LIMITS = KeyLimits()


@dataclass(frozen=True)
class KeyRecord:
    """A key as it is kept, but for its secret's hash. Times are Unix seconds; ``account`` counts its requests and jobs.

    A key that was rotated and the one that took its place share an account. ``lasts_s`` is how long it was made for,
    whatever a rotation made of its ``expires_at``.
    """

    id: str
    tenant: str
    scopes: tuple[str, ...]
    name: str
    account: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    lasts_s: int | None
    limits: KeyLimits

    @classmethod
    def read(cls, key_id: str, fields: Mapping[str, str]) -> "KeyRecord":
        """From the fields of ``packshot:key:<id>``; earlier versions wrote neither name, account nor limits."""

        def number(name: str) -> int | None:
            return int(fields[name]) if name in fields else None

        return cls(
            id=key_id,
            tenant=fields["tenant"],
            scopes=tuple(fields["scopes"].split()),
            name=fields.get("name", ""),
            account=fields.get("account", key_id),
            created_at=int(fields["created_at"]),
            expires_at=number("expires_at"),
            revoked_at=number("revoked_at"),
            last_used_at=number("last_used_at"),
            lasts_s=_lifetime(number),
            limits=KeyLimits(number("requests_per_minute"), number("jobs_per_day")),
        )

    def is_valid(self, now: float) -> bool:
        """Whether it opens anything at that Unix second."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def _lifetime(number: Callable[[str], int | None]) -> int | None:
    told, expires_at, created_at = number("lasts_s"), number("expires_at"), number("created_at")
    if told is not None or expires_at is None or created_at is None:
        return told or None
    return expires_at - created_at


@dataclass(frozen=True)
class Usage:
    """What is left of a key's limits after the present request. ``requests`` of 0: requests are not limited.

    ``reset_s`` is when there is more again; ``refused``: this request was one too many.
    """

    requests: int = 0
    requests_left: int = 0
    reset_s: int = 0
    refused: bool = False
    jobs: int | None = None
    jobs_today: int = 0


@dataclass(frozen=True)
class UploadToken:
    """What a page in a browser may do with its token: ``spec``, a job's without its input, or upload alone.

    ``base_url`` is where the token's maker reached the API.
    """

    id: str
    origins: tuple[str, ...]
    max_bytes: int
    spec: Mapping[str, Any] | None
    base_url: str = ""


@dataclass(frozen=True)
class Principal:
    """Who is asking: the key's tenant, what the key may do, and how much of it is left.

    ``own_limits`` are those of ``limits`` that are not the installation's. Of an upload token ``key_id`` and
    ``account`` are those of the key that made it.
    """

    key_id: str
    tenant: str
    scopes: frozenset[str]
    name: str = ""
    expires_at: int | None = None
    limits: KeyLimits = NO_LIMITS
    own_limits: KeyLimits = NO_LIMITS
    account: str = ""
    usage: Usage = Usage()
    upload_token: UploadToken | None = None

    @property
    def is_operator(self) -> bool:
        """Whether it looks beyond its own tenant."""
        return "operator" in self.scopes

    @property
    def charge(self) -> Charge | None:
        """On whose account jobs are counted, and how many a day are allowed."""
        token = self.upload_token.id if self.upload_token else None
        return Charge(self.account, self.limits.jobs_per_day or None, token) if self.account else None
