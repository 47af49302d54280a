"""The query strings of the keys' routes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.batch_queries import Cursor
from api.documents.access import Tenant


class KeyListQuery(BaseModel):
    """Whose keys; ``cursor`` comes from the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Tenant | None = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
