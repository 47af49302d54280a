"""``POST /v1/upload-tokens``: a short-lived token for a page in a browser, so that no key gets there."""

from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import principal, requires, tenant
from api.bodies import read_body
from api.descriptions import access as described
from api.documents.access import NewTokenBody
from api.queries import NoQuery, read_query
from api.services import services
from api.upload_tokens import TOKEN_ID, TokenWish, token_text
from api.views import absolute_url
from jobs.presets import check_renditions
from jobs.problems import ProblemError
from jobs.showing import shown_time
from jobs.spec import validate_spec

upload_tokens = Blueprint("upload_tokens", __name__, url_prefix="/v1/upload-tokens")

ANY_PHOTO = "sha256:" + "0" * 64  # in place of the photo that the page is going to send


@upload_tokens.post("")
@described.MAKE_TOKEN
@requires("uploads:write")
def make() -> ResponseReturnValue:
    """Make a token for a page; with ``spec``, for which ``jobs:write`` is needed, the page submits that as well."""
    read_query(NoQuery)
    body, most = read_body(NewTokenBody), services().settings.max_upload_bytes
    _check_origins(body.origins)
    if body.spec is not None:
        _check_spec(body.spec)
    if body.max_bytes is not None and body.max_bytes > most:
        raise _mistake("/max_bytes", f"photos have at most {most} bytes here; got {body.max_bytes}")
    origins = tuple(dict.fromkeys(origin.lower() for origin in body.origins))
    max_bytes = body.max_bytes or most
    wish = TokenWish(
        principal(), body.expires_in_s, body.max_uploads, max_bytes, origins, body.spec, base_url=absolute_url("")
    )
    token, expires_at = services().upload_tokens.make(wish)
    document = {
        "id": token.id,
        "token": token_text(token),
        "expires_at": shown_time(expires_at * 1000),
        "uploads_left": body.max_uploads,
        "max_bytes": max_bytes,
        "origins": list(origins),
        "upload_url": absolute_url("/v1/uploads"),
        "jobs_url": None if body.spec is None else absolute_url("/v1/jobs"),
    }
    return document, HTTPStatus.CREATED


@upload_tokens.delete("/<token_id>")
@described.REVOKE_TOKEN
@requires("uploads:write")
def revoke(token_id: str) -> ResponseReturnValue:
    """Refuse the token from now on; again is no mistake while it is remembered, an hour beyond its end."""
    read_query(NoQuery)
    if not TOKEN_ID.fullmatch(token_id) or not services().upload_tokens.revoke(tenant(), token_id):
        raise ProblemError("not-found", "there is no such upload token")
    return Response(status=HTTPStatus.NO_CONTENT)


def _check_origins(origins: list[str]) -> None:
    """A browser would keep the page's requests from us, and tell nobody why: so it is told here."""
    settings = services().settings
    own = {settings.public_url, request.host_url.rstrip("/")}
    for index, origin in enumerate(origins):
        if origin.lower() not in own and not settings.allows_origin(origin.lower()):
            allowed = settings.cors_origins.replace(",", ", ") or "none"
            detail = f"browsers keep pages of {origin} from this API; PACKSHOT_CORS_ORIGINS allows {allowed}"
            raise _mistake(f"/origins/{index}", detail)


def _check_spec(spec: dict[str, object]) -> None:
    """Raises ProblemError: forbidden (the key itself may not submit), invalid-parameter, webhook-url-forbidden."""
    if "jobs:write" not in principal().scopes:
        detail = "a token with a spec submits jobs, and the API key lacks the scope 'jobs:write'"
        raise ProblemError("forbidden", detail)
    if "input" in spec:
        raise _mistake("/spec/input", "the input is the photo that the page sends; leave it out")
    whole = validate_spec({**spec, "input": {"upload": ANY_PHOTO}})
    check_renditions(whole, services().presets)
    services().store.check_addresses(whole)


def _mistake(pointer: str, detail: str) -> ProblemError:
    return ProblemError("invalid-parameter", detail, errors=[{"pointer": pointer, "detail": detail}])
