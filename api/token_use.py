"""How uploads and submissions differ when a page's upload token makes them; of a key's they change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.access import principal
from api.services import services
from api.views import absolute_url
from jobs.problems import ProblemError
from jobs.spec import JobSpec, validate_spec

FREE_FIELDS = ("input", "external_id", "metadata")


@contextmanager
def upload_allowance() -> Iterator[int]:
    """How many bytes the photo may have. Of a token one upload is used up, whether the photo is taken or refused.

    Raises ProblemError forbidden when none is left.
    """
    most, token = services().settings.max_upload_bytes, principal().upload_token
    if token is None:
        yield most
        return
    tokens = services().upload_tokens
    if not tokens.take_upload(token.id):
        raise ProblemError("forbidden", "the uploads of this upload token are used up; the page needs a new token")
    try:
        yield min(most, token.max_bytes)
    except ProblemError:
        raise
    except Exception:  # the fault is ours, and the page will try again
        tokens.give_back_upload(token.id)
        raise


def note_upload(upload_id: str) -> None:
    """The photo was stored: a token may submit it from now on."""
    if (token := principal().upload_token) is not None:
        services().upload_tokens.note_upload(token.id, upload_id)


def sent_spec(document: Any) -> JobSpec:
    """The spec in the request's JSON. Raises ProblemError as ``validate_spec`` does."""
    return validate_spec(document) if principal().upload_token is None else _token_spec(document)


def own_idempotency_key(key: str | None) -> str | None:
    """A token's keys are its own: one that the shop's server uses too leads to no job of the shop's."""
    token = principal().upload_token
    return key if key is None or token is None else f"{token.id} {key}"


def told_base_url() -> str:
    """Where a job's webhook says that the API is. A page's Host header is no word for the shop's server to trust."""
    token = principal().upload_token
    return absolute_url("") if token is None else token.base_url


def _token_spec(document: Any) -> JobSpec:
    """The token's spec with the input from the body, and the few fields that a page may choose.

    Raises ProblemError invalid-parameter.
    """
    token = principal().upload_token
    assert token is not None
    assert token.spec is not None
    if not isinstance(document, dict):
        raise _mistake("", "the body is not an object")
    for name in document:
        if name not in FREE_FIELDS or (name == "external_id" and name in token.spec):
            raise _mistake(f"/{name}", f"the token's spec settles {name}; a page gives {', '.join(FREE_FIELDS)} alone")
    _check_own_upload(document.get("input"))
    metadata = document.get("metadata", {})
    if isinstance(metadata, dict):
        document["metadata"] = metadata | token.spec.get("metadata", {})
    return validate_spec({**token.spec, **document})


def _check_own_upload(given: Any) -> None:
    token = principal().upload_token
    assert token is not None
    upload = given.get("upload") if isinstance(given, dict) and set(given) == {"upload"} else None
    if not isinstance(upload, str) or not services().upload_tokens.has_made(token.id, upload):
        raise _mistake("/input", 'a page\'s input is {"upload": the id of a photo that it sent with this token}')


def _mistake(pointer: str, detail: str) -> ProblemError:
    return ProblemError("invalid-parameter", detail, errors=[{"pointer": pointer, "detail": detail}])
