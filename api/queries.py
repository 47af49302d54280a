"""Query strings and headers that carry parameters, checked as strictly as bodies are."""

import re
from typing import Annotated, ClassVar, Literal, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from jobs.problems import ProblemError
from jobs.states import State
from jobs.tokens import JOB_ID

MAX_WAIT_S = 60
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

MAX_ARCHIVED = 500
JobIdText = Annotated[str, StringConstraints(pattern=JOB_ID.pattern)]

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


class ListQuery(_Query):
    """Which jobs to list, newest first; ``cursor`` comes from the page before."""

    state: State | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ArchiveQuery(_Query):
    """The pictures of which jobs, all or those with one verdict."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"id"})

    id: Annotated[tuple[JobIdText, ...], Field(min_length=1, max_length=MAX_ARCHIVED)]
    verdict: Literal["approved", "rejected"] | None = None


def read_query(kind: type[Q]) -> Q:
    """The current request's query as ``kind``. Raises ProblemError invalid-parameter naming each parameter at fault."""
    repeatable = getattr(kind, "repeatable", frozenset())
    given = {name: values if name in repeatable else values[0] for name, values in request.args.lists()}
    twice = [name for name, values in request.args.lists() if len(values) > 1 and name not in repeatable]
    mistakes = [{"parameter": name, "detail": "is given more than once"} for name in twice]
    try:
        found = kind.model_validate(given)
    except ValidationError as error:
        raise _refusal([*mistakes, *_mistakes(error)]) from error
    if mistakes:
        raise _refusal(mistakes)
    return found


def _mistakes(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"parameter": str(item["loc"][0]) if item["loc"] else "", "detail": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _refusal(mistakes: list[dict[str, str]]) -> ProblemError:
    detail = "; ".join(f"{mistake['parameter']}: {mistake['detail']}" for mistake in mistakes[:3])
    return ProblemError("invalid-parameter", detail, errors=mistakes[:50])


def idempotency_key() -> str | None:
    """The header Idempotency-Key, None when absent. Raises ProblemError bad-idempotency-key."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise ProblemError(
            "bad-idempotency-key",
            f"the Idempotency-Key has {len(key)} characters; expected 1 to 255, printable ASCII without spaces",
        )
    return key
