"""Whose key it is, which keys there are, and tokens for browsers, as frozen values."""

from dataclasses import dataclass, field
from typing import Any

from packshot.reading import Document, take, take_optional


@dataclass(frozen=True)
class KeyLimits:
    """What a key may do; None is without a limit. `jobs_today` were begun since midnight UTC, where it is told."""

    requests_per_minute: int | None = None
    jobs_per_day: int | None = None
    jobs_today: int = 0

    @classmethod
    def parse(cls, document: Document, jobs_today: int | None = None) -> "KeyLimits":
        """Raises MalformedAnswer."""
        return cls(
            requests_per_minute=take_optional(document, "requests_per_minute", int),
            jobs_per_day=take_optional(document, "jobs_per_day", int),
            jobs_today=jobs_today if jobs_today is not None else take_optional(document, "jobs_today", int) or 0,
        )


@dataclass(frozen=True)
class Key:
    """A key of the server, without its secret. Times as RFC 3339 has them; None where there is none."""

    id: str
    name: str = ""
    tenant: str = ""
    scopes: tuple[str, ...] = ()
    created_at: str | None = None
    expires_at: str | None = None
    revoked_at: str | None = None
    last_used_at: str | None = None
    limits: KeyLimits = field(default_factory=KeyLimits)

    @classmethod
    def parse(cls, document: Document) -> "Key":
        """Raises MalformedAnswer."""
        return cls(**_fields_of_key(document))


@dataclass(frozen=True)
class NewKey(Key):
    """A key that was just made. `secret`, told this once, is what PACKSHOT_API_KEY and Authorization headers have."""

    secret: str = field(default="", repr=False)

    @classmethod
    def parse(cls, document: Document) -> "NewKey":
        """Raises MalformedAnswer."""
        return cls(**_fields_of_key(document), secret=take(document, "key", str))


@dataclass(frozen=True)
class Account:
    """Whose key the client has, and what it may do."""

    tenant: str
    key: Key
    limits: KeyLimits

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the key may do, such as `jobs:write`."""
        return self.key.scopes

    @classmethod
    def parse(cls, document: Document) -> "Account":
        """Raises MalformedAnswer."""
        return cls(
            tenant=take(document, "tenant", str),
            key=Key.parse(take(document, "key", dict)),
            limits=KeyLimits.parse(take_optional(document, "limits", dict) or {}),
        )


@dataclass(frozen=True)
class UploadToken:
    """A short-lived token for a page in a browser, which never sees a key.

    `upload_url`: where the page sends photos to, `jobs_url`: where it starts jobs, None without a spec.
    """

    token: str = field(repr=False)
    expires_at: str
    uploads_left: int
    upload_url: str
    jobs_url: str | None = None
    id: str = ""

    @classmethod
    def parse(cls, document: Document) -> "UploadToken":
        """Raises MalformedAnswer."""
        return cls(
            token=take(document, "token", str),
            expires_at=take(document, "expires_at", str),
            uploads_left=take(document, "uploads_left", int),
            upload_url=take(document, "upload_url", str),
            jobs_url=take_optional(document, "jobs_url", str),
            id=take_optional(document, "id", str) or "",
        )


def _fields_of_key(document: Document) -> dict[str, Any]:
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    today = take_optional(document, "jobs_today", int)
    return {
        "id": take(document, "id", str),
        "name": take_optional(document, "name", str) or "",
        "tenant": take_optional(document, "tenant", str) or "",
        "scopes": tuple(map(str, take_optional(document, "scopes", list) or [])),
        "limits": KeyLimits.parse(take_optional(document, "limits", dict) or {}, today),
        **{name: take_optional(document, name, str) for name in times},
    }
