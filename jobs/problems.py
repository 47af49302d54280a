"""The problems that a client can meet, by slug (RFC 9457 ``type``). HTTP statuses live in ``api/problems.py`` alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.errors import JobsError


@dataclass(frozen=True)
class ProblemType:
    """What all problems of one slug share."""

    title: str
    retryable: bool = False


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    # who is asking
    "unauthorized": ProblemType("The API key is missing or unknown"),
    "key-revoked": ProblemType("The API key is no longer valid"),
    "forbidden": ProblemType("The API key does not allow this"),
    "not-found": ProblemType("There is no such thing"),
    "bad-signature": ProblemType("The link's signature does not match"),
    "link-expired": ProblemType("The link has expired"),
    # the job's life
    "not-ready": ProblemType("The result is not ready yet", retryable=True),
    "no-result": ProblemType("There is no result, and will be none"),
    "expired": ProblemType("It is no longer there"),
    "already-terminal": ProblemType("It has already ended"),
    "in-use": ProblemType("It is still needed", retryable=True),
    "being-erased": ProblemType("All of the tenant's data is being erased", retryable=True),
    "upload-gone": ProblemType("A photo that the job needs is no longer there"),
    "gave-up": ProblemType("Every attempt at the job failed"),
    "deadline-exceeded": ProblemType("The job's deadline passed before it was done"),
    # the request
    "body-too-large": ProblemType("The request body is too large"),
    "address-too-long": ProblemType("The address is too long"),
    "headers-too-large": ProblemType("The request's headers are too large"),
    "too-many-parts": ProblemType("The form has too many parts"),
    "malformed-body": ProblemType("The request body cannot be read"),
    "missing-image": ProblemType("The request carries no image"),
    "duplicate-part": ProblemType("A part of the form occurs twice"),
    "malformed-json": ProblemType("The JSON cannot be read"),
    "precondition-failed": ProblemType("It is not as the request wants it to be"),
    "unsupported-media-type": ProblemType("The content type is not supported"),
    "method-not-allowed": ProblemType("The method is not allowed here"),
    "invalid-parameter": ProblemType("A parameter is not valid"),
    "unknown-model": ProblemType("There is no such model"),
    "bad-idempotency-key": ProblemType("The idempotency key is not valid"),
    "idempotency-mismatch": ProblemType("The idempotency key was used with another request"),
    "idempotency-in-flight": ProblemType("A request with this idempotency key is still under way", retryable=True),
    # the photo
    "image-empty": ProblemType("The image is empty"),
    "unsupported-image": ProblemType("The image format is not supported"),
    "type-mismatch": ProblemType("The image is not of the declared type"),
    "image-animated": ProblemType("Animated images are not supported"),
    "image-dimensions": ProblemType("The image's dimensions are outside the limits"),
    "image-corrupt": ProblemType("The image is damaged"),
    "no-product-found": ProblemType("No product was found in the image"),
    "output-dimensions": ProblemType("The result would be larger than allowed"),
    # addresses given by clients
    "url-forbidden": ProblemType("The URL is not allowed"),
    "fetch-failed": ProblemType("The URL could not be fetched"),
    "webhook-url-forbidden": ProblemType("The webhook URL is not allowed"),
    # our side
    "rate-limited": ProblemType("Too many requests or jobs", retryable=True),
    "overloaded": ProblemType("The queue is full", retryable=True),
    "unavailable": ProblemType("The service cannot answer right now", retryable=True),
    "storage": ProblemType("The store for pictures failed", retryable=True),
    "processing-failed": ProblemType("The operation failed", retryable=True),
    "internal": ProblemType("Something went wrong on our side", retryable=True),
}


@dataclass(frozen=True)
class Problem:
    """One problem: ``type`` is a slug of PROBLEM_TYPES, ``extra`` has further members (``errors``, ``state``…)."""

    type: str
    title: str
    detail: str
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def retryable(self) -> bool:
        """True when the same request can succeed later."""
        return PROBLEM_TYPES[self.type].retryable

    def to_json(self) -> dict[str, Any]:
        """The members as stored in the job's record and shown to clients: type, title, detail and the extras."""
        return {**self.extra, "type": self.type, "title": self.title, "detail": self.detail}

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> "Problem":
        """Read back what ``to_json`` (or a script) wrote; an absent title is the type's own."""
        extra = {name: value for name, value in members.items() if name not in {"type", "title", "detail"}}
        slug = members["type"]
        return cls(slug, members.get("title", PROBLEM_TYPES[slug].title), members.get("detail", ""), extra)


class ProblemError(JobsError):
    """Raised wherever a request or a job cannot go on; the edge turns ``problem`` into an answer or a job's end."""

    def __init__(self, slug: str, detail: str, **extra: Any) -> None:
        super().__init__(f"{slug}: {detail}")
        self.problem = make_problem(slug, detail, **extra)


def another_request(made: str) -> ProblemError:
    """An idempotency key of the tenant's own stands for what an earlier, different request made: its id."""
    return ProblemError(
        "idempotency-mismatch", f"this idempotency key was used with another request, which made {made}"
    )


def being_erased() -> ProblemError:
    """Nothing new is taken of a tenant while all of its own is being erased."""
    detail = "all of this tenant's data is being erased; send it again once that is done"
    return ProblemError("being-erased", detail)


def make_problem(slug: str, detail: str, **extra: Any) -> Problem:
    """Build a problem with its type's title; an unknown slug is our own mistake (KeyError)."""
    return Problem(slug, PROBLEM_TYPES[slug].title, detail, extra)
