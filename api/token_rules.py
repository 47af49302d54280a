"""What a page's upload token opens: these few routes, from its own origins, and there only what was made with it."""

from flask import request

from api.key_records import UploadToken
from api.services import services
from jobs.problems import ProblemError

UPLOAD = ("POST", "/v1/uploads")
WITH_SPEC = frozenset(
    {
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs/<job_id>"),
        ("GET", "/v1/jobs/<job_id>/events"),
        ("GET", "/v1/jobs/<job_id>/outputs/<index>"),
    }
)


def check_use(token: UploadToken) -> None:
    """Raises ProblemError: forbidden (route, origin), not-found (a job that was not made with the token)."""
    method = "GET" if request.method == "HEAD" else request.method
    rule = request.url_rule.rule if request.url_rule else ""
    if (method, rule) != UPLOAD and not (token.spec is not None and (method, rule) in WITH_SPEC):
        allowed = "to upload, to submit, and to read what it made" if token.spec is not None else "to upload photos"
        raise ProblemError("forbidden", f"an upload token is good {allowed}, not for {request.method} {request.path}")
    _check_origin(token)
    if request.mimetype == "multipart/form-data" and (method, rule) != UPLOAD:
        raise ProblemError("forbidden", "with an upload token a photo is uploaded first, and the job then sent as JSON")
    job_id = (request.view_args or {}).get("job_id")
    if job_id is not None and not services().upload_tokens.has_made(token.id, job_id):
        raise ProblemError("not-found", "there is no such job")


def _check_origin(token: UploadToken) -> None:
    """A browser names the origin with every POST, and with every GET that crosses origins."""
    origin = request.headers.get("Origin")
    if origin is None and request.method in {"GET", "HEAD"}:
        return
    if origin not in token.origins:
        shown = "none" if origin is None else repr(origin[:200])
        detail = f"the upload token does not allow this origin: the page's is {shown}, the token is for "
        raise ProblemError("forbidden", detail + ", ".join(token.origins))
