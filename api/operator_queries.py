"""The query strings of the operator's routes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jobs.states import State
from jobs.tokens import TENANT


class PageQuery(BaseModel):
    """``cursor`` comes from the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class OperatorListQuery(PageQuery):
    """Whose jobs, and in which state."""

    state: State | None = None
    tenant: Annotated[str, StringConstraints(pattern=TENANT.pattern)] | None = None
