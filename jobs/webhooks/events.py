"""What endpoints can be told of, and the filters that choose among it. The same matching is in ``lua/webhooks.lua``."""

import re
import secrets
from base64 import b64encode
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

JOB_EVENTS = ("job.succeeded", "job.failed", "job.canceled", "job.expired")
BATCH_FINISHED = "batch.finished"
TEST = "webhook.test"
EVENTS = (*JOB_EVENTS, BATCH_FINISHED)

MAX_FILTERS = 20
SECRET_BYTES = 32


def matches(filters: Sequence[str], event: str) -> bool:
    """Whether one of the filters, which may end in ``*``, lets the event through."""
    return any(
        event.startswith(chosen.removesuffix("*")) if chosen.endswith("*") else event == chosen for chosen in filters
    )


def new_secret() -> str:
    """A fresh secret to sign with, 256 random bits, written as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _lets_something_through(chosen: str) -> str:
    if not any(matches([chosen], event) for event in EVENTS):
        known = ", ".join(EVENTS)
        raise PydanticCustomError("event", f"lets no event through; there are {known}, and * at the end for any rest")
    return chosen


_NAMES = "|".join([*(rf"{re.escape(event)}\*?" for event in EVENTS), r"\*", r"job\.\*", r"batch\.\*"])
"""What makes sense, for descriptions; any beginning of a name with a ``*`` passes."""

EventFilter = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60),
    AfterValidator(_lets_something_through),
    Field(json_schema_extra={"pattern": f"^({_NAMES})$"}),
]
FILTER_LIST = f"^({_NAMES})(,({_NAMES}))*$"
"""The form of several in one text, as a query has them."""

EventFilters = Annotated[tuple[EventFilter, ...], Field(min_length=1, max_length=MAX_FILTERS)]
