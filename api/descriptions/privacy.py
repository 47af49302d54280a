"""What the routes about a tenant's data and the audit log take and answer."""

from http import HTTPStatus

from api.describe import Answer, describes
from api.descriptions.parts import BINARY
from api.documents.privacy import AuditPage, Erasure, ErasureBody, ErasureStarted, TenantChanges, TenantState
from api.privacy_queries import AuditQuery, OperatorAuditQuery
from api.queries import NoQuery

_ERASURE = {"erasure_id": {"type": "string", "pattern": "^ers_[0-9a-v]{26}$"}}

AUDIT = describes(
    "Read the audit log",
    tag="privacy",
    query=AuditQuery,
    answers={200: Answer("Who did what, newest first.", AuditPage)},
)
AUDIT_OF_ALL = describes(
    "Read everybody's audit log",
    tag="operator",
    query=OperatorAuditQuery,
    answers={200: Answer("Who did what, newest first.", AuditPage)},
)
SHOW = describes(
    "See what is kept, and how long",
    tag="privacy",
    query=NoQuery,
    answers={200: Answer("The tenant's retention, and how much is held.", TenantState)},
)
CHANGE = describes(
    "Set how long things are kept",
    tag="privacy",
    query=NoQuery,
    body=TenantChanges,
    examples={"an hour": {"retention_s": 3600, "uploads_retention_s": 3600}},
    answers={200: Answer("As it is from now on.", TenantState)},
)
EXPORT = describes(
    "Export all that is held",
    tag="privacy",
    query=NoQuery,
    answers={
        200: Answer(
            "A ZIP, stored (not compressed), written while it is sent.",
            media_type="application/zip",
            headers={"Content-Disposition": ""},
            also={"application/zip": BINARY},
        )
    },
)
ERASE = describes(
    "Erase everything",
    tag="privacy",
    query=NoQuery,
    body=ErasureBody,
    examples={"the tenant's own name": {"confirm": "shop"}},
    answers={HTTPStatus.ACCEPTED: Answer("It is under way.", ErasureStarted, headers={"Location": ""})},
)
FOLLOW = describes(
    "Follow an erasure",
    tag="privacy",
    query=NoQuery,
    path=_ERASURE,
    answers={200: Answer("How far it is; in the end, the receipt.", Erasure)},
    problems=("not-found",),
)
