"""What the operator's routes take and answer."""

from api.describe import Answer, describes
from api.documents.operator import FailurePage, Overview, Requeued, TenantJobPage, TenantLoads, Workers
from api.operator_queries import DeadQuery, FailuresQuery, OperatorListQuery, TenantsQuery
from api.queries import NoQuery

_GONE = Answer("It is not on the list (any more).")

OVERVIEW = describes(
    "See how the service does",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("Backlog, speed and failures of all tenants.", Overview)},
)

WORKERS = describes(
    "List the workers",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("Those that announced themselves in the last 30 s.", Workers)},
)

TENANTS = describes(
    "List the busiest tenants",
    tag="operator",
    query=TenantsQuery,
    answers={200: Answer("Those with the most jobs that have not ended.", TenantLoads)},
)

JOBS = describes(
    "List all tenants' jobs",
    tag="operator",
    query=OperatorListQuery,
    answers={200: Answer("The last 10,000 of all tenants, or all of one, newest first.", TenantJobPage)},
)

FAILURES = describes(
    "List failures",
    tag="operator",
    query=FailuresQuery,
    answers={200: Answer("Of the last 1,000 jobs that failed or expired those that are still kept.", FailurePage)},
)

DEAD = describes(
    "List the jobs that gave up",
    tag="operator",
    query=DeadQuery,
    answers={200: Answer("Those whose every attempt failed, newest first.", FailurePage)},
)

REQUEUE = describes(
    "Let a dead job try again",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("It is queued.", Requeued)},
    problems=("upload-gone",),
)

REQUEUE_ALL = describes(
    "Let all dead jobs try again",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("The oldest 1,000 whose photos are still there are queued.", Requeued)},
)

STRIKE = describes(
    "Take a job off the list of the dead",
    tag="operator",
    query=NoQuery,
    answers={204: _GONE},
)
