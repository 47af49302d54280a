"""The query strings of the keys' routes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.documents.access import Tenant


class KeyListQuery(BaseModel):
    """Whose keys; ``cursor`` comes from the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Tenant | None = None
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
