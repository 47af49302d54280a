"""Which typed error a problem of the server (RFC 9457) becomes, and the end of a job that made no picture.

A problem type that this version does not know becomes the class of its HTTP status, at worst a plain ProblemError.
"""

from typing import TYPE_CHECKING, Any

from packshot.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidPhoto,
    InvalidRequest,
    JobCanceled,
    JobEnded,
    JobExpired,
    JobFailed,
    NotFound,
    ProblemError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from packshot.problems import Problem

if TYPE_CHECKING:
    from packshot.flows.job_record import JobRecord

_BY_SLUG: dict[str, type[ProblemError]] = {
    **dict.fromkeys(("unauthorized", "key-revoked"), Unauthorized),
    **dict.fromkeys(("forbidden", "bad-signature", "link-expired"), Forbidden),
    **dict.fromkeys(
        ("not-ready", "no-result", "already-terminal", "idempotency-mismatch", "idempotency-in-flight"), Conflict
    ),
    **dict.fromkeys(
        ("image-empty", "unsupported-image", "type-mismatch", "image-animated", "image-dimensions", "image-corrupt"),
        InvalidPhoto,
    ),
    "not-found": NotFound,
    "expired": Gone,
    "rate-limited": RateLimited,
    **dict.fromkeys(("overloaded", "unavailable"), Unavailable),
}
_BY_STATUS: dict[int, type[ProblemError]] = {
    **dict.fromkeys((400, 405, 413, 415, 422), InvalidRequest),
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: RateLimited,
    **dict.fromkeys((502, 503, 504), Unavailable),
}


def error_for(problem: Problem, *, retry_after_s: float | None = None, request_id: str | None = None) -> ProblemError:
    """The typed error of a problem: by its type, else by its status, else a plain ProblemError."""
    kind = _BY_SLUG.get(problem.slug) or _BY_STATUS.get(problem.status or 0, ProblemError)
    return kind(problem, retry_after_s=retry_after_s, request_id=request_id)


def ended_without_picture(job: "JobRecord[Any]") -> JobEnded:
    """The error of a job that ended in any state but `succeeded`."""
    return {"failed": JobFailed, "canceled": JobCanceled, "expired": JobExpired}.get(job.state, JobEnded)(job)
