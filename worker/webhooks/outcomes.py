"""What follows from an answer: delivered, tried again and when, given up, or the end of the endpoint."""

import random
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from jobs.store.delivering import Sent
from worker.webhooks.sending import Answer

LONGEST_WISH_S = 6 * 3600
"""The longest that a receiver's own Retry-After puts an attempt off."""

_SPREAD = 0.1
_ASKS_TO_WAIT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def outcome(answer: Answer, tries: int, retries_s: Sequence[float], now_ms: int) -> Sent:
    """Any 2xx is a delivery, 410 the end of the endpoint, all else a failure, redirects among it.

    ``tries`` counts this attempt, from 1; after it comes ``retries_s[tries - 1]``, or the end where there is none.
    ``now_ms`` is Redis' clock, to which a date is held that the receiver names.
    """
    error = answer.error or _wrong(answer.status)
    if error is None:
        return Sent("delivered", answer.status, answer.took_ms)
    if answer.status == HTTPStatus.GONE:
        return Sent("gone", answer.status, answer.took_ms, error)
    if tries > len(retries_s):
        return Sent("failed", answer.status, answer.took_ms, error)
    delay_s = retries_s[tries - 1] * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311  (spreads retries)
    if answer.status in _ASKS_TO_WAIT:
        delay_s = max(delay_s, min(_wished_s(answer.retry_after, now_ms), LONGEST_WISH_S))
    return Sent("again", answer.status, answer.took_ms, error, round(delay_s * 1000))


def _wrong(status: int | None) -> str | None:
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    redirect = "; redirects are not followed" if status is not None and 300 <= status < 400 else ""
    return f"the receiver answered {status}{redirect}"


def _wished_s(retry_after: str | None, now_ms: int) -> float:
    """Seconds, told as such or as a date (RFC 9110); 0 where nothing can be read."""
    told = (retry_after or "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until = parsedate_to_datetime(told)
        return max(0.0, until.replace(tzinfo=until.tzinfo or UTC).timestamp() - now_ms / 1000)
    except (ValueError, OverflowError, TypeError, IndexError):  # all that the parser has ever said of no date
        return 0.0
