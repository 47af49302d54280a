"""Query strings and headers that carry parameters, checked as strictly as bodies are."""

import re
from typing import Annotated, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from jobs.problems import ProblemError
from jobs.states import State

MAX_WAIT_S = 60
IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

Q = TypeVar("Q", bound=BaseModel)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


def read_query(kind: type[Q]) -> Q:
    """The current request's query as ``kind``. Raises ProblemError invalid-parameter naming each parameter at fault."""
    try:
        return kind.model_validate(request.args.to_dict())
    except ValidationError as error:
        mistakes = [
            {"parameter": str(item["loc"][0]) if item["loc"] else "", "detail": item["msg"]}
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        detail = "; ".join(f"{mistake['parameter']}: {mistake['detail']}" for mistake in mistakes)
        raise ProblemError("invalid-parameter", detail, errors=mistakes) from error


def idempotency_key() -> str | None:
    """The header Idempotency-Key, None when absent. Raises ProblemError bad-idempotency-key."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise ProblemError(
            "bad-idempotency-key",
            f"the Idempotency-Key has {len(key)} characters; expected 1 to 255, printable ASCII without spaces",
        )
    return key
