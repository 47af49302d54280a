"""The sender's side of webhooks: take the next message that is due, say what became of it."""

import json
from dataclasses import dataclass
from typing import Literal

from jobs.store.base import RecordBase
from jobs.tokens import new_token
from jobs.webhooks.records import ClaimedDelivery, Delivery

DISABLE_AFTER_MS = 5 * 86_400 * 1000
DISABLE_FAILURES = 12
"""An endpoint that failed so often, and for so long without a success, is disabled."""

_LOOKED_AT = 50

Outcome = Literal["delivered", "again", "failed", "gone", "released"]


@dataclass(frozen=True)
class Sent:
    """What became of an attempt. ``again`` after ``delay_ms``; ``gone`` disables the endpoint; ``released`` is no
    attempt at all: the worker leaves.
    """

    outcome: Outcome
    status: int | None = None
    took_ms: int = 0
    error: str | None = None
    delay_ms: int = 0


class DeliveringStore(RecordBase):
    """What workers call. Any number of them share the messages; each is leased to one at a time."""

    def claim_delivery(self, lease_ms: int) -> ClaimedDelivery | None:
        """The next message that is due, leased to the caller for ``lease_ms``; None when nothing is due."""
        token = new_token()
        answer = self.run_script(
            "claim_delivery", token=token, lease_ms=lease_ms, limit=_LOOKED_AT, silence_ms=self.silence_ms
        )
        if not answer:
            return None
        fields, of_endpoint, now_ms = answer
        record = dict(zip(fields[::2], fields[1::2], strict=True))
        endpoint = dict(zip(of_endpoint[::2], of_endpoint[1::2], strict=True))
        secrets = [endpoint["secret"]]
        if int(endpoint.get("previous_until_ms", 0)) > int(now_ms):
            secrets.append(endpoint["previous_secret"])
        return ClaimedDelivery(
            message=Delivery.read(record),
            token=token,
            tenant=record["tenant"],
            url=endpoint["url"],
            base_url=record["base_url"],
            tries=int(record["tries"]),
            now_ms=int(now_ms),
            about=json.loads(record["about"]),
            secrets=tuple(secrets),
        )

    def end_delivery(self, claimed: ClaimedDelivery, sent: Sent) -> bool:
        """Say what became of it; False where it is another's by now, or its endpoint is gone. May be repeated."""
        answer = self.run_script(
            "end_delivery",
            message=claimed.message.id,
            token=claimed.token,
            outcome=sent.outcome,
            status=sent.status,
            took_ms=sent.took_ms,
            error=sent.error,
            delay_ms=sent.delay_ms,
            disable_after_ms=DISABLE_AFTER_MS,
            disable_failures=DISABLE_FAILURES,
        )
        return bool(answer)
