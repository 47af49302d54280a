"""Drawn requests against real processes: whatever is sent, the answer is a success or a problem, soon, and never a 500.

A spec that a dry run accepts is shown back; what is shown is submitted again, and must mean the same.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.badinput.drawing import ANYTHING, CONTENT_TYPES, HEADERS, QUERIES, TEXTS, catalogues, sound, specs, written
from tests.badinput.place import Place
from tests.badinput.rows import Cost
from tests.badinput.wire import Answer

LISTS = ("jobs", "batches", "webhooks", "keys", "jobs/archive", "audit", "me", "presets")


@dataclass(frozen=True)
class Drawn:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()


@dataclass
class Tally:
    """What came of all: answers by route and status, the longest, the largest processes, and what was not right."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    longest_s: float = 0.0
    most_cpu_s: float = 0.0
    api_bytes: int = 0
    worker_bytes: int = 0
    again: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many requests."""
        return sum(self.answers.values())


@dataclass(frozen=True)
class Known:
    """What drawn requests are about: an upload, a finished job, an endpoint and a key of the shop's."""

    upload: str
    job: str
    endpoint: str
    key: str

    @classmethod
    def of(cls, place: Place) -> "Known":
        """Made in that place."""
        endpoint = place.call("POST", "/v1/webhooks", json={"url": "https://93.184.216.34/"}).document["id"]
        return cls(place.good_photo(), place.done()["id"], endpoint, place.ring.create("shop").id)


@st.composite
def requests(draw: st.DrawFn, known: Known) -> Drawn:
    """Every kind of request that carries something drawn."""
    return draw(_requests(known))


def _requests(known: Known) -> st.SearchStrategy[Drawn]:
    wishes = st.dictionaries(st.sampled_from(_WISHES) | TEXTS, ANYTHING | _SENSIBLE, max_size=5)
    job = f"jobs/{known.job}"
    bodied = [(method, f"/v1/{path.format(**vars(known))}") for method, path in _BODIED]
    return st.one_of(
        st.builds(Drawn, st.just("POST"), st.just("/v1/jobs"), sound(known.upload)),
        st.builds(Drawn, st.just("POST"), st.just("/v1/jobs"), written(specs(known.upload)), headers=HEADERS),
        st.builds(Drawn, st.just("POST"), st.just("/v1/jobs"), written(specs(known.upload)), CONTENT_TYPES, HEADERS),
        st.builds(_batch, catalogues(known.upload), HEADERS, QUERIES),
        st.builds(
            lambda where, body, headers: Drawn(*where, body, "application/json", headers),
            st.sampled_from(bodied),
            written(wishes | ANYTHING),
            HEADERS,
        ),
        st.builds(
            lambda path, headers, query: Drawn("GET", path, b"", "", headers, tuple(query)),
            st.sampled_from([f"/v1/{path}" for path in (*LISTS, job, f"{job}/outputs/0", f"uploads/{known.upload}")]),
            HEADERS,
            QUERIES,
        ),
    )


def run(place: Place, seed_: int, count: int) -> Tally:
    """Send ``count`` drawn requests, the same for the same seed; what is not right is shrunk and kept as a fault."""
    tally, known = Tally(), Known.of(place)

    @seed(seed_)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=True,
    )
    @given(requests(known))
    def each(drawn: Drawn) -> None:
        _send(drawn, place, tally)

    try:
        each()
    except Exception as error:  # noqa: BLE001  (hypothesis' own, of the smallest request that shows the fault)
        tally.faults += [f"{one}\n{''.join(getattr(one, '__notes__', []))}" for one in _each(error)]
    seen = place.seen()
    tally.api_bytes, tally.worker_bytes, tally.lost = seen.api_bytes, seen.worker_bytes, place.lost
    return tally


_BODIED = (
    ("POST", "webhooks"),
    ("PATCH", "webhooks/{endpoint}"),
    ("POST", "webhooks/{endpoint}/rotate"),
    ("POST", "keys"),
    ("PATCH", "keys/{key}"),
    ("POST", "upload-tokens"),
    ("POST", "jobs/{job}/outputs/0/decision"),
    ("POST", "jobs/archive"),
    ("PATCH", "tenant"),
)
_WISHES = (
    "url", "events", "description", "state", "overlap_s", "name", "scopes", "expires_in_s", "requests_per_minute",
    "jobs_per_day", "max_uploads", "max_mb", "origins", "spec", "verdict", "note", "ids",
)  # fmt: skip
_SENSIBLE = st.sampled_from(
    [
        "approved",
        "https://93.184.216.34/hook",
        ["job.*"],
        ["jobs:read"],
        600,
        {"operations": "auto"},
        ["https://a.example"],
    ]
)


def _batch(manifest: tuple[str, bytes], headers: dict[str, str], query: list[tuple[str, str]]) -> Drawn:
    return Drawn("POST", "/v1/batches", manifest[1], manifest[0], headers, tuple(query))


def _send(drawn: Drawn, place: Place, tally: Tally) -> None:
    path = f"{drawn.path}?{urlencode(drawn.query, errors='surrogatepass')}" if drawn.query else drawn.path
    headers = {**drawn.headers, **({"Content-Type": drawn.content_type} if drawn.content_type else {})}
    cost = Cost(place)
    answer = place.call(drawn.method, path, content=drawn.body, headers=headers)
    took_s, cpu_s = cost.took_s(), cost.cpu_s()
    tally.answers[_route(drawn), answer.status] += 1
    tally.longest_s, tally.most_cpu_s = max(tally.longest_s, took_s), max(tally.most_cpu_s, cpu_s)
    _judge(answer)
    if answer.status == 200 and drawn.path == "/v1/jobs" and drawn.method == "POST" and "valid" in answer.document:
        _submit_again(answer.document["spec"], place, tally)


def _judge(answer: Answer) -> None:
    assert answer.status < 500 or answer.status == 503, answer.text
    if answer.status >= 400 and answer.status != 416:  # of a range, as Werkzeug answers it
        assert answer.slug, answer.text


def _submit_again(shown: dict[str, Any], place: Place, tally: Tally) -> None:
    tally.again += 1
    again = place.call("POST", "/v1/jobs?validate_only=true", json=shown)
    assert again.status == 200, f"what was shown is refused: {again.text} for {json.dumps(shown)[:500]}"
    assert again.document["spec"] == shown, f"{again.document['spec']} is not {shown}"


def _route(drawn: Drawn) -> str:
    parts = [part if len(part) < 16 or not any(map(str.isdigit, part)) else "{id}" for part in drawn.path.split("/")]
    return f"{drawn.method} {'/'.join(parts)}"


def _each(error: BaseException) -> list[BaseException]:
    return list(error.exceptions) if isinstance(error, BaseExceptionGroup) else [error]
