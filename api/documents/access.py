"""Keys, their limits, tokens for a shop's page, and what the routes about them take."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.documents.parts import Changes, Document, Overlap, PageOf, Time, Url
from jobs.spec.fields import Shaped

MAX_KEY_LIFE_S = 10 * 366 * 86_400
MAX_REQUESTS = 1_000_000
MAX_JOBS = 100_000_000
TOKEN_LIFE_S = (60, 3600)
MAX_TOKEN_UPLOADS = 1000
MAX_ORIGINS = 10

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", examples=["9f86d081884c7d65"])]
Tenant = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["acme"])]
Scope = Literal["jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage", "operator"]
Limit = Annotated[int | None, Field(ge=0, description="null: what the installation sets; 0: none.")]
Requests = Annotated[
    int | None, Field(ge=0, le=MAX_REQUESTS, strict=True, description="null: as the installation sets; 0: no limit.")
]
Jobs = Annotated[
    int | None, Field(ge=0, le=MAX_JOBS, strict=True, description="null: as the installation sets; 0: no limit.")
]
_REPLACED = "null: no limit of its own any more, as the installation sets; 0: no limit; left out: as it was."
NewRequests = Annotated[int | None, Field(ge=0, le=MAX_REQUESTS, strict=True, description=_REPLACED)]
NewJobs = Annotated[int | None, Field(ge=0, le=MAX_JOBS, strict=True, description=_REPLACED)]
Origin = Annotated[
    str,
    StringConstraints(max_length=300),
    Shaped(
        r"^https?://[A-Za-z0-9.\[\]:_-]+$",
        "an origin is https:// (or http://), a host and perhaps a port, with nothing behind: https://shop.example",
    ),
]


class OwnKey(Document):
    """The key that is shown. ``expires_at`` is null of one that does not expire."""

    id: KeyId
    name: str
    scopes: list[Scope]
    expires_at: Time | None


class OwnLimits(Document):
    """What the key may ask for; null: as much as it likes. ``jobs_today`` counts since 00:00 UTC."""

    requests_per_minute: int | None
    jobs_per_day: int | None
    jobs_today: int


class Me(Document):
    """Whose key it is, what it may do, and how much."""

    tenant: Tenant
    key: OwnKey
    limits: OwnLimits


class KeyLimitsDocument(Document):
    """The key's own limits, where it has some."""

    requests_per_minute: Limit
    jobs_per_day: Limit


class Key(Document):
    """A key, without its secret, which nobody can read any more."""

    id: KeyId
    name: str
    tenant: Tenant
    scopes: list[Scope]
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None = Field(description="To the minute.")
    limits: KeyLimitsDocument
    jobs_today: int


class KeyPage(PageOf[Key]):
    """Keys, newest first."""


class MadeKey(Key):
    """A key with its text, which is told this once."""

    key: Annotated[str, Field(pattern=r"^psk_[0-9a-f]{16}\.[A-Za-z0-9_-]{43}$")]


KeyName = Annotated[
    str, StringConstraints(max_length=100), Shaped(r"^[^\x00-\x1f\x7f-\x9f]*$", "holds a control character")
]
"""Operators read it in their terminals."""


class Body(BaseModel):
    """What a client sends: nothing beyond the names here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewKeyBody(Body):
    """The key to make. Without ``expires_in_s`` it does not expire, unless the key that makes it does."""

    name: KeyName = ""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=6)]
    expires_in_s: Annotated[int, Field(ge=60, le=MAX_KEY_LIFE_S, strict=True)] | None = None
    requests_per_minute: Requests = None
    jobs_per_day: Jobs = None
    tenant: Tenant | None = Field(None, description="Another tenant's name: for operators alone.")


class RotateBody(Body):
    """How long the old key goes on beside the new one."""

    overlap_s: Overlap = 86_400


class ChangeKeyBody(Changes):
    """What is to be different; what is left out stays. A limit that is null is taken away: the installation's holds."""

    name: KeyName = ""
    requests_per_minute: NewRequests = None
    jobs_per_day: NewJobs = None


class RotatedLinks(Document):
    """Links signed before stay good until they expire, at the latest at ``previous_valid_until``."""

    previous_valid_until: Time
    secrets: Annotated[int, Field(ge=2, description="How many secrets open links now.")]


class NewTokenBody(Body):
    """What a page may do: send photos, and with ``spec`` have exactly that done to them.

    ``spec`` is a job's, without its input.
    """

    expires_in_s: Annotated[int, Field(ge=TOKEN_LIFE_S[0], le=TOKEN_LIFE_S[1], strict=True)] = 900
    max_uploads: Annotated[int, Field(ge=1, le=MAX_TOKEN_UPLOADS, strict=True)] = 20
    max_bytes: Annotated[int, Field(ge=1, strict=True)] | None = Field(None, description="Of each photo.")
    origins: Annotated[list[Origin], Field(min_length=1, max_length=MAX_ORIGINS)]
    spec: dict[str, Any] | None = None


class UploadToken(Document):
    """A token for a page in a browser, told this once."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    token: Annotated[str, Field(pattern=r"^put_[0-9a-f]{16}\.[A-Za-z0-9_-]{43}$")]
    expires_at: Time
    uploads_left: int
    max_bytes: int
    origins: list[str]
    upload_url: Url
    jobs_url: Url | None = Field(description="Where the page submits; null of a token without a spec.")
