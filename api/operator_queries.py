"""The query strings of the operator's routes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jobs.states import State
from jobs.tokens import TENANT

Limit = Annotated[int, Field(ge=1, le=200)]


class _PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = 50


class TenantsQuery(BaseModel):
    """How many tenants to tell at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 10


class FailuresQuery(_PageQuery):
    """``cursor`` comes from the page before."""

    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}\.job_[0-9a-v]{26}$")] | None = None


class DeadQuery(_PageQuery):
    """``cursor`` comes from the page before."""

    cursor: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")] | None = None


class OperatorListQuery(_PageQuery):
    """Whose jobs, and in which state; ``cursor`` comes from the page before."""

    state: State | None = None
    tenant: Annotated[str, StringConstraints(pattern=TENANT.pattern)] | None = None
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")] | None = None
