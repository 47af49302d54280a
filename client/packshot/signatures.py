"""Standard Webhooks signatures: what a message must carry so that it is believed. Knows no event."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from packshot.errors import WebhookForged, WebhookTooOld, WebhookUnsigned

PREFIX = "whsec_"
VERSION = "v1"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class Headers(Protocol):
    """A request's headers, as every framework has them; a dict will do."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and values."""


@dataclass(frozen=True)
class Signed:
    """The headers of a message: its id, the Unix second at which it was signed, and the signatures that it carries."""

    id: str
    timestamp: int
    signatures: tuple[bytes, ...]

    @classmethod
    def of(cls, headers: Headers) -> "Signed":
        """Names are taken in any case. Raises WebhookUnsigned."""
        found = {str(name).lower(): str(value).strip() for name, value in headers.items()}
        for name in (ID, TIMESTAMP, SIGNATURE):
            if not found.get(name):
                raise WebhookUnsigned(f"there is no header {name}; expected {ID}, {TIMESTAMP} and {SIGNATURE}")
        told = found[TIMESTAMP]
        if not (told.isascii() and told.isdigit() and len(told) < 16):
            raise WebhookUnsigned(f"{TIMESTAMP} is {told[:40]!r}; expected a Unix time in seconds")
        return cls(found[ID], int(told), tuple(_signatures(found[SIGNATURE])))

    def require(
        self, body: bytes, keys: Iterable[bytes], tolerance_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises WebhookForged where no signature fits, WebhookTooOld where one does but its time is off."""
        content = b"%b.%d.%b" % (self.id.encode("utf-8", "replace"), self.timestamp, body)
        wanted = [hmac.digest(key, content, hashlib.sha256) for key in keys]
        # every pair is compared, so that time tells nothing of which one fits
        fits = [hmac.compare_digest(one, other) for one in wanted for other in self.signatures]
        if not any(fits):
            raise WebhookForged(f"no signature of message {self.id[:80]!r} fits its body and the secret")
        off_s = clock() - self.timestamp
        if abs(off_s) > tolerance_s:
            when = "ago" if off_s > 0 else "ahead"
            told = f"signed {abs(off_s):.0f} s {when}; {tolerance_s:g} s is allowed"
            raise WebhookTooOld(f"message {self.id[:80]!r} was {told}")


def key_of(secret: str) -> bytes:
    """The bytes to sign with, of a secret such as `whsec_MfKQ…`. Raises ValueError, which does not tell the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the webhook's secret is not Base64; expected whsec_… as the server told it") from error
    if not key:
        raise ValueError("the webhook's secret is empty; expected whsec_… as the server told it")
    return key


def _signatures(told: str) -> Iterable[bytes]:
    """Those of our version; what cannot be read fits nothing."""
    for one in told.split():
        version, _, text = one.partition(",")
        if version == VERSION:
            try:
                yield base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                continue
