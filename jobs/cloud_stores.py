"""S3, GCS and Azure as blob stores: how they are opened, how long they are waited for, and what their answers mean.

Credentials and addresses come from the providers' own variables (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL …).
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from jobs.errors import BlobError

PATIENCE_S = 60.0
"""How long a worker tries one request again: a store that starts anew costs a job none of its attempts."""
HASTY_S = 5.0
"""The same, for who serves a client or must come back soon."""

_REQUEST_S = 20  # for one request with its answer's bytes; what takes longer to read goes on with another
_CONNECT_S = 2
_FIRST_PAUSE = timedelta(milliseconds=100)
_LONGEST_PAUSE = timedelta(seconds=5)
_MOST_TRIES = 30  # the time ends them
_SHOWN_AFTER_S = (0.05, 0.2, 0.75)
_FRUITLESS = 3  # requests in a row that brought no byte of a blob
_MISSING_PLACE = ("nosuchbucket", "containernotfound", "the specified bucket does not exist")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ADDRESS = re.compile(r"https?://\S+")


def open_cloud_store(url: str, patience_s: float) -> ObjectStore:
    """The store at ``s3://bucket/prefix`` or its like. Connects at the first request; ValueError, obstore's errors."""
    return from_url(
        url,
        client_options={
            "timeout": f"{_REQUEST_S}s",
            "connect_timeout": f"{_CONNECT_S}s",
            "allow_http": _is_plain(),
        },
        retry_config={
            "max_retries": _MOST_TRIES,
            "retry_timeout": timedelta(seconds=patience_s),
            "backoff": {"init_backoff": _FIRST_PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
        },
    )


def check_cloud_store(store: ObjectStore, shown: str) -> None:
    """Raise BlobError where the bucket itself is missing; a store that does not answer is waited for later."""
    try:
        next(iter(obstore.list(store, chunk_size=1)), None)
    except (BaseError, OSError) as error:
        if is_missing_place(error):
            raise BlobError(f"PACKSHOT_BLOB_URL leads to a bucket that is not there; got {shown!r}") from None


def check_kept(path: str, size: int, ask: Callable[[], int | None]) -> None:
    """Raise BlobError where what was just stored does not lie there, by what ``ask`` tells of its size in bytes.

    S3, GCS and Azure show at once what they took; another store may need a moment, and gets some.
    """
    found = ask()
    for pause_s in _SHOWN_AFTER_S:
        if found == size:
            return
        time.sleep(pause_s)
        found = ask()
    if found != size:
        raise BlobError(f"{path}: the store took {size} bytes, and has {'none' if found is None else found}")


def is_missing_place(error: BaseException) -> bool:
    """True when not the blob is missing, but the bucket that it would lie in."""
    told = str(error).lower()
    return any(sign in told for sign in _MISSING_PLACE)


def without_address(message: str) -> str:
    """An error's text as a client may read it: where the store stands is the operator's matter."""
    return _ADDRESS.sub("the store", message)


def chunks_of_cloud(store: ObjectStore, path: str, size: int, first: Iterator[bytes], least: int) -> Iterator[bytes]:
    """A blob's bytes, however slowly they are taken: a request that ends too soon is followed by one for the rest.

    ``first`` are those of the request already made, ``least`` the bytes in a chunk. obstore (0.12.1) ends an answer
    that is not read to its end in time, though it was the reader who took it. Raises its errors, or BlobError for
    answers that end too soon without one, after three in a row that brought nothing.
    """
    done, fruitless, stream = 0, 0, first
    while True:
        before = done
        failure: Exception | None = None
        try:
            for chunk in stream:
                done += len(chunk)
                yield bytes(chunk)
        except (BaseError, OSError) as error:
            failure = error
        if done >= size:
            return  # what breaks off behind the last byte has cost none
        fruitless = 0 if done > before else fruitless + 1
        if fruitless == _FRUITLESS:
            raise failure or BlobError(f"of {path} came {done} bytes of {size}, and no more")
        stream = _rest(store, path, done, least)


def _rest(store: ObjectStore, path: str, offset: int, least: int) -> Iterator[bytes]:
    """From there to the end; asks at the first chunk."""
    for chunk in obstore.get(store, path, options={"range": {"offset": offset}}).stream(min_chunk_size=least):
        yield bytes(chunk)


def _is_plain() -> bool:
    """Whether the operator wrote an address without TLS, or allowed it by AWS_ALLOW_HTTP, as obstore calls it."""
    address = (
        os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT")
    )
    return (address or "").startswith("http://") or os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true"}
