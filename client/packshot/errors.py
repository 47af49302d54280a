"""Everything the SDK raises.

    PackshotError
    ├── ServerNotFound         no server was named and none runs on this machine
    │   └── AddressMalformed   what was given as a server's address is none; nothing was sent
    ├── KeyMalformed           what was given as a key holds characters that none has; nothing was sent
    ├── DataFolderUnknown      PACKSHOT_DATA_DIR is not set and this user has no home folder
    ├── ServerUnreachable      no answer from the server, retries included
    ├── MalformedAnswer        an answer that is not Packshot's wire
    ├── WaitTimedOut           the job had not ended in the time given to `wait`; it goes on (also a TimeoutError)
    ├── JobLeft                the server was given up while a job was under way, which goes on; `.job_id` names it
    ├── NotSent                no server took a photo of a run while it was waited for; `.reason` says why
    ├── JobNotEnded            the job has no picture yet; `wait` for it first
    ├── DownloadDamaged        the bytes of an output do not match its SHA-256
    ├── FileKept               a file that Packshot is not known to have made stands where a command's result would go
    ├── CatalogBusy            another run of a catalogue is writing into the same folder
    ├── UnusableManifest       a job cannot be done again from this manifest
    ├── PhotoNeeded            a job's photo, or another of its files, is not on the server any more
    ├── WrongPhoto             the file that was given to do a job again is none that the job used
    ├── JobEnded               the job ended without a picture; `.job` has it, `.problem` says why
    │   ├── JobFailed
    │   ├── JobCanceled
    │   └── JobExpired
    ├── WebhookRejected        a webhook that is not to be believed: see `packshot.webhooks`
    │   ├── WebhookUnsigned    headers that a signed webhook has are missing, or no such headers
    │   ├── WebhookForged      no signature is right for these bytes and any of the secrets
    │   ├── WebhookTooOld      signed too long ago, or in the future: perhaps sent again by somebody else
    │   └── WebhookUnreadable  rightly signed, but no event of Packshot
    └── ProblemError           the server refused; `.problem` says why, `.request_id` is for whoever runs the server
        ├── Unauthorized       no key, an unknown one, or one that was revoked
        ├── Forbidden          a key without this right, or a link that was changed or is too old
        ├── NotFound           no such job, upload or output for this key
        ├── Gone               it was there; its time is over
        ├── Conflict           not in this state: not ready, already ended, key used for another body
        ├── InvalidPhoto       the bytes are no photo that Packshot takes
        ├── InvalidRequest     the request is at fault; `.problem.errors` points at the fields
        ├── RateLimited        too much at once; `.retry_after_s` says when again
        └── Unavailable        the server is full or its store is down; `.retry_after_s` says when again

Which of them a problem becomes is `packshot.refusals`'.
"""

# ruff: noqa: N818  a leaf says what happened; "Error" on each would only be noise

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packshot.problems import Problem

if TYPE_CHECKING:
    from packshot.flows.job_record import JobRecord


TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})


class PackshotError(Exception):
    """Root of the tree. `transient`: the same request may succeed a little later."""

    transient = False
    retry_after_s: float | None = None


class ServerNotFound(PackshotError):
    """No server was named and none runs on this machine."""


class AddressMalformed(ServerNotFound):
    """What was given as a server's address is none; nothing was sent."""


class KeyMalformed(PackshotError):
    """What was given as a key holds characters that none has; nothing was sent."""


class DataFolderUnknown(PackshotError):
    """PACKSHOT_DATA_DIR is not set, or starts with ~, and this user has no home folder."""


class ServerUnreachable(PackshotError):
    """No answer from the server, retries included.

    `unsent`: it was not reached at all, so that nothing was done. `never_answered`: nor was anything before it.
    """

    transient = True

    def __init__(self, text: str, *, unsent: bool = False, never_answered: bool = False) -> None:
        super().__init__(text)
        self.unsent = unsent
        self.never_answered = never_answered


class MalformedAnswer(PackshotError):
    """An answer that is not Packshot's wire: another service, or a proxy in between."""


class WaitTimedOut(PackshotError, TimeoutError):
    """The job had not ended in the time given to `wait`; it goes on."""


class JobLeft(PackshotError):
    """The server was given up while a job was under way: it was accepted, and goes on; `.job_id` names it."""

    def __init__(self, job_id: str, how: str, reason: str) -> None:
        super().__init__(f"accepted; fetch it with {how} ({reason})")
        self.job_id = job_id


class NotSent(PackshotError):
    """No server took a photo of a run while it was waited for: nothing is wrong with the photo."""

    def __init__(self, text: str, reason: PackshotError) -> None:
        super().__init__(f"not sent: {text}")
        self.reason = reason


class JobNotEnded(PackshotError):
    """The job has no picture yet: it is queued or running."""


class DownloadDamaged(PackshotError):
    """The bytes of an output do not match its SHA-256; the download starts over."""

    transient = True


class FileKept(PackshotError):
    """A file that Packshot is not known to have made stands where a command's result would go; it stays."""


class CatalogBusy(PackshotError):
    """Another run of a catalogue is writing into the same folder."""


class UnusableManifest(PackshotError):
    """A job cannot be done again from this manifest: it tells no spec."""


class PhotoNeeded(PackshotError):
    """A job's photo, or another of its files, is not on the server any more, and was not given."""


class WrongPhoto(PackshotError):
    """The file that was given to do a job again is none that the job used."""


class WebhookRejected(PackshotError):
    """A webhook that is not to be believed."""


class WebhookUnsigned(WebhookRejected):
    """Headers that a signed webhook has are missing or malformed."""


class WebhookForged(WebhookRejected):
    """No signature is right for these bytes and any of the secrets."""


class WebhookTooOld(WebhookRejected):
    """Signed too long ago, or in the future."""


class WebhookUnreadable(WebhookRejected):
    """Rightly signed, but no event of Packshot."""


class JobEnded(PackshotError):
    """The job ended without a picture."""

    def __init__(self, job: "JobRecord[Any]") -> None:
        self.job = job
        self.problem = job.problem
        super().__init__(f"job {job.id} {job.state}" + (f": {job.problem}" if job.problem else ""))


class JobFailed(JobEnded):
    """The job failed; `.problem` says why."""


class JobCanceled(JobEnded):
    """Somebody canceled the job."""


class JobExpired(JobEnded):
    """The job's deadline passed before it was done."""


class ProblemError(PackshotError):
    """The server refused the request."""

    def __init__(self, problem: Problem, *, retry_after_s: float | None = None, request_id: str | None = None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.request_id = request_id or problem.request_id
        self.retry_after_s = retry_after_s
        self.transient = problem.slug == "idempotency-in-flight" or problem.status in TRANSIENT_STATUSES


class Unauthorized(ProblemError):
    """No key, an unknown one, or one that was revoked."""


class Forbidden(ProblemError):
    """A key without this right, or a link that was changed or is too old."""


class NotFound(ProblemError):
    """No such job, upload or output for this key."""


class Gone(ProblemError):
    """It was there; its time is over."""


class Conflict(ProblemError):
    """Not in this state."""

    @classmethod
    def of(cls, told: "Conflict", detail: str) -> "Conflict":
        """The same, in other words."""
        return cls(replace(told.problem, detail=detail), request_id=told.request_id)


class InvalidPhoto(ProblemError):
    """The bytes are no photo that Packshot takes."""


class InvalidRequest(ProblemError):
    """The request is at fault."""


class RateLimited(ProblemError):
    """Too much at once."""


class Unavailable(ProblemError):
    """The server is full or its store is down."""
