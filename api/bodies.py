"""Request bodies, read in chunks: never more than a limit, declared or chunked, and never silently cut short."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from flask import request
from gunicorn.http.errors import ParseException
from pydantic import BaseModel
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from api.forms import FILE, SPEC, Form, read_form
from api.spool import Spool
from jobs.problems import ProblemError
from jobs.spec.parsing import validated
from jobs.strict_json import parse_json

M = TypeVar("M", bound=BaseModel)

CHUNK_BYTES = 64 * 1024
MAX_SPEC_BYTES = 256 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024  # boundaries and part headers
RAW_TYPES = ("", "application/octet-stream")


def read_chunks(limit_bytes: int) -> Iterator[bytes]:
    """The current request's body. Raises ProblemError: body-too-large, malformed-body (cut short, broken chunking),
    unsupported-media-type (packed).
    """
    _refuse_packed()
    # One byte more than we take: Werkzeug refuses the read after its limit even when the body ends exactly there.
    request.max_content_length = limit_bytes + 1
    received = 0
    while chunk := _read(limit_bytes):
        received += len(chunk)
        if received > limit_bytes:
            raise _too_large(limit_bytes)
        yield chunk
    if received < (request.content_length or 0):
        raise ProblemError(
            "malformed-body", f"the body ends after {received} of the {request.content_length} bytes announced"
        )


def read_json() -> bytes:
    """The bytes of a JSON body. Raises ProblemError: unsupported-media-type, and those of ``read_chunks``."""
    if request.mimetype != "application/json":
        raise _unsupported("application/json or multipart/form-data")
    return b"".join(read_chunks(MAX_SPEC_BYTES))


def read_body(kind: type[M]) -> M:
    """A JSON body as ``kind``. Raises ProblemError: malformed-json, invalid-parameter, those of ``read_json``."""
    return validated(kind, parse_json(read_json()), "body")


@contextmanager
def received_photo(max_bytes: int) -> Iterator[Spool]:
    """The photo of an upload, raw or as the form's ``file``, for as long as the context lasts.

    Raises ProblemError: unsupported-media-type, missing-image, those of ``read_chunks`` and of ``read_form``.
    """
    with ExitStack() as stack:
        if request.mimetype == "multipart/form-data":
            yield stack.enter_context(received_form(max_bytes, names=(FILE,))).file
        elif request.mimetype in RAW_TYPES or request.mimetype.startswith("image/"):
            spool = stack.enter_context(Spool(request.mimetype or None))
            for chunk in read_chunks(max_bytes):
                spool.write(chunk)
            spool.flush()
            yield spool
        else:
            raise _unsupported("image/*, application/octet-stream or multipart/form-data")


@contextmanager
def received_form(max_bytes: int, names: tuple[str, ...] = (FILE, SPEC)) -> Iterator[Form]:
    """The current request's form while the context lasts. Raises what ``read_form`` and ``read_chunks`` raise."""
    with ExitStack() as stack:
        limits = {FILE: max_bytes, SPEC: MAX_SPEC_BYTES}
        chunks = read_chunks(max_bytes + MAX_SPEC_BYTES + FORM_OVERHEAD_BYTES)
        boundary = request.mimetype_params.get("boundary")
        yield read_form(chunks, boundary, {name: limits[name] for name in names}, stack)


def _read(limit_bytes: int) -> bytes:
    try:
        return request.stream.read(CHUNK_BYTES)
    except RequestEntityTooLarge as error:
        raise _too_large(limit_bytes) from error
    except (ClientDisconnected, ParseException, BlockingIOError) as error:
        raise ProblemError("malformed-body", "the body is cut short or stalls, or its chunks are malformed") from error


def _refuse_packed() -> None:
    """A body in gzip or the like is not unpacked here: it would be read as broken JSON, or as no photo."""
    named = (request.headers.get(name, "") for name in ("Content-Encoding", "Transfer-Encoding"))
    packed = next((told for text in named if (told := text.lower().removesuffix("chunked").strip(" ,"))), "")
    if packed not in ("", "identity"):
        detail = f"the body is packed: {packed[:60]!r}; send it as it is, without Content-Encoding"
        raise ProblemError("unsupported-media-type", detail)


def _too_large(limit_bytes: int) -> ProblemError:
    return ProblemError("body-too-large", f"the body is larger than the {limit_bytes} bytes allowed here")


def _unsupported(expected: str) -> ProblemError:
    given = request.mimetype or "absent"
    return ProblemError("unsupported-media-type", f"the Content-Type is {given[:100]}; expected {expected}")
