"""What can be asked of a server beside making jobs: listings, archives, what it offers, who one is. In steps."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

import httpx

from packshot.account import Account, UploadToken
from packshot.errors import Conflict
from packshot.flows.downloads import fetched
from packshot.flows.event_stream import events
from packshot.flows.steps import Feed, Request, Send, Steps
from packshot.job_events import JOB_ENDED, JobEvent
from packshot.reading import Document, take
from packshot.wire import Wire, read_document
from packshot.wishes import JobLike, id_of_job

MOST_ARCHIVED = 500
BATCHES = Request("GET", "/v1/batches")


class JobFilter(TypedDict, total=False):
    """Which jobs to list: all that is said must be so.

    `created_after` and `created_before` are datetimes with a time zone, or text as RFC 3339 has it. `parent`: made from
    that job. `metadata`: pairs that the job's own has.
    """

    state: str | None
    external_id: str | None
    created_after: datetime | str | None
    created_before: datetime | str | None
    parent: JobLike | None
    metadata: Mapping[str, str] | None
    needs_review: bool | None


def job_listing(path: str, asked: JobFilter) -> Request:
    """The first page of a listing. Raises ValueError for a time without a zone."""
    params: dict[str, Any] = {name: asked.get(name) for name in ("state", "external_id")}
    params["created_after"] = moment("created_after", asked.get("created_after"))
    params["created_before"] = moment("created_before", asked.get("created_before"))
    parent, metadata, review = asked.get("parent"), asked.get("metadata"), asked.get("needs_review")
    params["parent"] = None if parent is None else id_of_job(parent)
    params["metadata"] = [f"{key}:{value}" for key, value in metadata.items()] if metadata else None
    params["needs_review"] = None if review is None else str(review).lower()
    return Request("GET", path, params)


def archived(wire: Wire, jobs: Iterable[JobLike], to: str | os.PathLike[str], verdict: str | None) -> Steps[Path]:
    """The pictures of jobs as one ZIP. Raises ValueError for none, or too many."""
    ids = [id_of_job(job) for job in jobs]
    if not 1 <= len(ids) <= MOST_ARCHIVED:
        raise ValueError(f"an archive of {len(ids)} jobs was asked for; 1 to {MOST_ARCHIVED} can be had at once")
    asked = {"ids": ids, "verdict": verdict} if verdict else {"ids": ids}
    return fetched(wire, lambda: Request("POST", "/v1/jobs/archive", json=asked), Path(to))


def all_events(wire: Wire, after: str) -> Feed[JobEvent]:
    """What happens to all jobs of the key's owner, without end."""
    return events(wire, "/v1/events", JobEvent.of, lambda _: False, after=after)


def account(wire: Wire) -> Steps[Account]:
    """Whose key it is."""
    return Account.parse((yield from wire.document(Request("GET", "/v1/me"))))


@dataclass(frozen=True)
class TokenWish:
    """What an upload token is to be good for; None is left to the server."""

    origins: Sequence[str]
    expires_in_s: int
    max_uploads: int
    max_bytes: int | None
    spec: Mapping[str, Any] | None


def upload_token(wire: Wire, wish: TokenWish) -> Steps[UploadToken]:
    """A new token."""
    body = {name: value for name, value in vars(wish).items() if value is not None}
    return UploadToken.parse((yield from wire.document(Request("POST", "/v1/upload-tokens", json=body, once=True))))


def operations(wire: Wire) -> Steps[Document]:
    """The JSON Schema of each operation."""
    return wire.document(Request("GET", "/v1/operations"))


def presets(wire: Wire) -> Steps[Document]:
    """The sales channels by name."""
    channels: Document = take((yield from wire.document(Request("GET", "/v1/presets"))), "presets", dict)
    return channels


def models(wire: Wire) -> Steps[Document]:
    """What answers."""
    return wire.document(Request("GET", "/v1/models"))


def readiness() -> Steps[Document]:
    """Whether jobs get done; asked once, since a server that is not ready says so with what others mean by busy."""
    answer: httpx.Response = yield Send(Request("GET", "/readyz"))
    return read_document(answer)


def job(wire: Wire, job_id: str) -> Steps[Document]:
    """A job's document."""
    return wire.document(Request("GET", f"/v1/jobs/{job_id}"))


def batch(wire: Wire, batch_id: str) -> Steps[Document]:
    """A batch's document."""
    return wire.document(Request("GET", f"/v1/batches/{batch_id}"))


def canceled(wire: Wire, job_id: str) -> Steps[None]:
    """Stops a job. One that is canceled already is no conflict: it may be this call's, whose first answer was lost."""
    try:
        yield from wire.sent(Request("POST", f"/v1/jobs/{job_id}/cancel"))
    except Conflict as conflict:
        state = conflict.problem.extra.get("state")
        if state == "canceled":
            return
        if state in JOB_ENDED:
            raise Conflict.of(conflict, f"job {job_id} {state} before it could be canceled") from conflict
        raise


def moment(name: str, told: datetime | str | None) -> str | None:
    """A time as the server reads it. Raises ValueError for one without a zone."""
    if not isinstance(told, datetime):
        return told
    if told.tzinfo is None:
        raise ValueError(f"{name} is {told.isoformat()}, without a time zone; expected such as datetime.now(UTC)")
    return told.isoformat()
