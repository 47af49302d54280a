"""Query strings and headers that carry parameters, checked as strictly as bodies are."""

import math
import re
from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeVar

from flask import request
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from jobs.problems import ProblemError
from jobs.selections import Filters
from jobs.spec.fields import JobId
from jobs.spec.guesses import unknown
from jobs.spec.mistakes import MAX_TOLD, shown
from jobs.states import State

MAX_WAIT_S = 60
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

MAX_ARCHIVED = 500
MAX_ARCHIVED_BY_ADDRESS = 200  # more ids do not go into an address of 8,190 bytes; a body takes them all
MAX_PAIRS = 5
_IN_DETAIL = 3  # mistakes that the sentence names; the list has them up to MAX_TOLD


def _true_or_false(text: object) -> object:
    """Of all that pydantic takes for a truth value, the two words that JSON has for it."""
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _in_rfc_3339(text: object) -> object:
    if isinstance(text, str) and not RFC_3339.fullmatch(text):
        raise ValueError("should be a time as RFC 3339 writes it, such as 2026-02-03T04:05:06Z ('+' is %2B in a URL)")
    return text


def _in_two_parts(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"[^:]{1,100}:[\s\S]{0,500}", text):
        raise ValueError(
            "should be key:value, with 1 to 100 characters before the first colon and at most 500 behind it"
        )
    return text


Flag = Annotated[bool, BeforeValidator(_true_or_false), Field(strict=True)]
Moment = Annotated[AwareDatetime, BeforeValidator(_in_rfc_3339)]
MetadataPair = Annotated[str, StringConstraints(pattern=r"^[^:]{1,100}:[\s\S]{0,500}$"), BeforeValidator(_in_two_parts)]

Q = TypeVar("Q", bound=BaseModel)


class _Query(BaseModel):
    """``repeatable`` parameters may be given several times, any other once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repeatable: ClassVar[frozenset[str]] = frozenset()


class NoQuery(_Query):
    """Of a route that takes no parameters."""


class PollQuery(_Query):
    """``wait``: how many seconds to hold the answer until the job ends, or changes (with If-None-Match)."""

    wait: Annotated[float, Field(ge=0, le=MAX_WAIT_S, allow_inf_nan=False)] = 0


class SubmitQuery(PollQuery):
    """``wait``: how many seconds to hold the answer until the job has ended. ``validate_only``: tell what would come of
    the job, and store nothing.
    """

    validate_only: Flag = False


class ListQuery(_Query):
    """Which jobs to list, newest first; ``cursor`` comes from the page before.

    ``created_after`` is the first moment that counts, ``created_before`` the first that does not. ``metadata`` is
    ``key:value``, and may be given several times; ``parent`` is the job of ``spec.parent``.
    """

    repeatable: ClassVar[frozenset[str]] = frozenset({"metadata"})

    state: State | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    parent: JobId | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    metadata: Annotated[tuple[MetadataPair, ...], Field(max_length=MAX_PAIRS)] = ()
    needs_review: Flag | None = None
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def filters(self) -> Filters:
        """As the store takes them."""
        return Filters(
            state=self.state,
            external_id=self.external_id,
            parent=self.parent,
            created_after_ms=_milliseconds(self.created_after),
            created_before_ms=_milliseconds(self.created_before),
            metadata=dict(pair.split(":", 1) for pair in self.metadata),
            needs_review=self.needs_review,
        )


class ArchiveQuery(_Query):
    """The pictures of which jobs, all or those with one verdict."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"id"})

    id: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=MAX_ARCHIVED_BY_ADDRESS)]
    verdict: Literal["approved", "rejected"] | None = None


def read_query(kind: type[Q]) -> Q:
    """The current request's query as ``kind``. Raises ProblemError invalid-parameter naming each parameter at fault."""
    repeatable: frozenset[str] = getattr(kind, "repeatable", frozenset())
    given = {name: values if name in repeatable else values[0] for name, values in request.args.lists()}
    twice = [name for name, values in request.args.lists() if len(values) > 1 and name not in repeatable]
    mistakes = [{"parameter": name, "detail": "is given more than once"} for name in twice]
    try:
        found = kind.model_validate(given)
    except ValidationError as error:
        raise _refusal([*mistakes, *_mistakes(kind, error)]) from error
    if mistakes:
        raise _refusal(mistakes)
    return found


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else math.ceil(moment.timestamp() * 1000)


def _mistakes(kind: type[BaseModel], error: ValidationError) -> list[dict[str, str]]:
    return [
        {"parameter": str(item["loc"][0]) if item["loc"] else "", "detail": _told(kind, item)}
        for item in error.errors(include_url=False, include_context=False)
    ]


def _told(kind: type[BaseModel], item: ErrorDetails) -> str:
    """What is wrong, and with which value."""
    detail, value = item["msg"].removeprefix("Value error, "), item["input"]
    if item["type"] == "extra_forbidden":
        return unknown("parameter", str(item["loc"][0]), list(kind.model_fields))
    return f"{detail}; got {shown(value)}" if isinstance(value, str) else detail


def _refusal(mistakes: list[dict[str, str]]) -> ProblemError:
    detail = "; ".join(f"{mistake['parameter']}: {mistake['detail']}" for mistake in mistakes[:_IN_DETAIL])
    return ProblemError("invalid-parameter", detail, errors=mistakes[:MAX_TOLD])


def idempotency_key() -> str | None:
    """The header Idempotency-Key, None when absent. Raises ProblemError bad-idempotency-key."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise ProblemError(
            "bad-idempotency-key",
            f"the Idempotency-Key has {len(key)} characters; expected 1 to 255, printable ASCII without spaces",
        )
    return key
