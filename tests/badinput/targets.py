"""What reads a client's text, one function each: it may return, or raise a ProblemError; anything else is a find.

Each also holds what it accepted against a second opinion: a spec against itself, read again; an address against the
standard library; a link against the one that was signed.
"""

import contextlib
import ipaddress
import json
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from flask import Flask

from api.batch_queries import BatchQuery, ItemQuery
from api.keys import KEY, NewKey, what_is_off
from api.prefer import wait_wish
from api.queries import ArchiveQuery, ListQuery, PollQuery, idempotency_key, read_query
from jobs.batches.checking import check_manifest
from jobs.batches.manifests import Kind, read_manifest
from jobs.links import LinkSigner
from jobs.problems import ProblemError
from jobs.spec import canonical_body, parse_spec, validate_spec
from jobs.strict_json import parse_json
from jobs.urls import parse_url
from jobs.webhooks.urls import read_webhook_url

SLOW_S = 2.0
"""Of processor time, for an input of 64 kB at most."""

_APP = Flask("targets")
_PATH = "/v1/jobs/job_0/outputs/0"


class _Secrets:
    """In place of Redis: the one hash that a signer reads."""

    def hgetall(self, _: str) -> dict[str, str]:
        return {"current": "a1", "a1": "00" * 32, "b2": "11" * 32 + " 5"}


_SIGNER = LinkSigner(_Secrets(), 900)  # type: ignore[arg-type]


def spec(data: bytes) -> None:
    """A spec that was accepted means the same as what is shown of it, submitted again."""
    accepted = parse_spec(data)
    again = parse_spec(json.dumps(accepted.model_dump(mode="json", exclude_none=True)).encode())
    assert again == accepted
    assert canonical_body(again, "shop") == canonical_body(accepted, "shop")
    assert validate_spec(accepted.model_dump(mode="json")) == accepted


def strict_json(data: bytes) -> None:
    """What is accepted, the standard library reads alike."""
    assert parse_json(data) == json.loads(data)


def manifest(data: bytes) -> None:
    """A catalogue, in one of its three forms."""
    kinds: tuple[Kind, ...] = ("csv", "jsonl", "json")
    for kind in kinds:
        with contextlib.suppress(ProblemError):
            checked = check_manifest(read_manifest(data, kind, 100), lambda _: frozenset(), lambda _: None)
            json.dumps(checked.errors).encode()
            for item in checked.items:
                item.pack("work", 60).encode()


def table(data: bytes) -> None:
    """Rows under a header that we know."""
    manifest(b"sku,upload,url,preset,color,operations,seed,metadata\n" + data)


def url(data: bytes) -> None:
    """A photo's address: whom we think it names, the standard library names too."""
    text = data.decode("utf-8", "surrogateescape")
    found = parse_url(text)
    _agrees(text, found.host, 443)
    with contextlib.suppress(ValueError):
        assert ipaddress.ip_address(found.host).is_global


def webhook_url(data: bytes) -> None:
    """A webhook's address, as strict as a photo's, and as lax as a developer's."""
    text = data.decode("utf-8", "surrogateescape")
    lax = read_webhook_url(text, private=True)
    _agrees(text, lax.host, lax.port)
    strict = read_webhook_url(text, private=False)
    assert (strict.host, strict.port, strict.tls) == (lax.host.lower(), lax.port, lax.tls)


def link(data: bytes) -> None:
    """No query opens a path but one that was signed, and nobody can guess that."""
    query = dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
    raise AssertionError(f"opened for {_SIGNER.tenant_of(_PATH, query)!r}")


def key(data: bytes) -> None:
    """A key that is one is written as it was read; of any other something is told, and none of it shown."""
    text = data.decode("utf-8", "surrogateescape")
    found = NewKey.parse(text)
    assert (found is None) == (KEY.fullmatch(text) is None)
    assert found is None or found.text == text
    assert len(what_is_off(text)) < 100


def headers(data: bytes) -> None:
    """Preferences and idempotency keys."""
    text = data.decode("latin-1").replace("\r", "").replace("\n", "")
    with _APP.test_request_context(headers={"Prefer": text, "Idempotency-Key": text}):
        assert 0 <= wait_wish(PollQuery()).seconds <= 60
        found = idempotency_key()
        assert found is not None
        assert found.isascii()


def queries(data: bytes) -> None:
    """Query strings of every kind of list."""
    with _APP.test_request_context(query_string=data.decode("latin-1")):
        for kind in (ListQuery, BatchQuery, ItemQuery, ArchiveQuery, PollQuery):
            with contextlib.suppress(ProblemError):
                found = read_query(kind)
                if isinstance(found, ListQuery):
                    found.filters()


TARGETS: tuple[Callable[[bytes], None], ...] = (
    spec,
    strict_json,
    manifest,
    table,
    url,
    webhook_url,
    link,
    key,
    headers,
    queries,
)


def attempt(data: bytes) -> None:
    """The first byte chooses the target, the rest is its input. Raises whatever a client could cause but must not."""
    if not data:
        return
    target = TARGETS[data[0] % len(TARGETS)]
    began = time.process_time()
    try:
        target(data[1:])
    except ProblemError as error:
        json.dumps(error.problem.to_json()).encode()
    took_s = time.process_time() - began
    assert took_s < SLOW_S, f"{target.__name__} took {took_s:.1f} s for {len(data)} bytes"


def _agrees(text: str, host: str, port: int) -> None:
    parts = urlsplit(text)
    own = 443 if parts.scheme == "https" else 80
    assert (parts.hostname, parts.port or own) == (host.lower(), port), (parts.hostname, parts.port, host, port)
    assert parts.username is None
    assert parts.password is None
