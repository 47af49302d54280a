"""The query strings of the routes about a tenant's data and the audit log."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.queries import Moment
from jobs.tokens import TENANT

Limit = Annotated[int, Field(ge=1, le=200)]


class AuditQuery(BaseModel):
    """Which entries, newest first; ``cursor`` comes from the page before.

    ``since`` is the first moment that counts, ``until`` the first that does not. ``action`` may end in ``*``
    (``job.*``); ``actor`` is a key's or token's id.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Moment | None = None
    until: Moment | None = None
    action: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}(\.[a-z_]{1,20}|\.\*)?$")] | None = None
    actor: Annotated[str, StringConstraints(pattern=r"^[0-9a-z ]{1,20}$")] | None = None
    cursor: (
        Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}-[1-9][0-9]{0,15}\.[A-Za-z0-9_*-]{1,64}$")] | None
    ) = None
    limit: Limit = 50


class OperatorAuditQuery(AuditQuery):
    """As a tenant's own; ``tenant`` is whose entries, ``*`` those of the installation itself, absent everybody's."""

    tenant: Annotated[str, StringConstraints(pattern=rf"{TENANT.pattern}|^\*$")] | None = None
