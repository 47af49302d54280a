"""What API, queue and store add to a photo's way: the whole service beside a bare call in one process, in turns.

The bare call decodes with Pillow, runs the operation on an engine of its own and encodes, all in the caller's thread.
The service's trip is one `POST /v1/jobs?wait=30` with photo and spec on a kept connection (so: key, photo stored and
synced, record, hint, claim, guarded decode, operation, encode, fidelity report, result stored and synced, fenced end,
woken answer), and once more with the result fetched by its link. The added time is the difference of both in a turn;
`of which` steps are those that the job's manifest tells. API, queue and store are what is left of it without the
fidelity report and what decoding in a guarded child takes more. Photos differ by a byte each turn, so that none is
known.
"""

import http.client
import io
import json
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
from PIL import Image, ImageOps

from benchmarks.photos import merchant_photos, tiny_photo
from benchmarks.service import Service
from engine import Engine, Ticket
from engine.settings import EngineSettings
from jobs.spec import JobSpec, validate_spec
from worker.encoding import encode
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture

_TURNS = 60
_WARM_UP = 8
_SHA256 = "0" * 64
_NOTHING, _RELIGHT = [{"op": "rotate", "angle": 0}], [{"op": "relight"}]
_STEPS = ("fetch", "decode", "fidelity", "encode", "store")


@dataclass(frozen=True)
class _Trip:
    """One job through the service: until it is told, until its picture is there (ms), and its manifest's steps."""

    told_ms: float
    fetched_ms: float
    steps_ms: dict[str, float]


def measure(folder: Path) -> list[dict[str, str | float]]:
    """A row for each kind of job: medians of both ways, p50 and p95 of what is added, and of its steps (ms)."""
    photo = merchant_photos()[0]
    with Service(folder, settings=_SETTINGS) as service, closing(Engine.start(EngineSettings.from_env())) as engine:
        rows: list[dict[str, str | float]] = []
        for name, each, operations in (
            ("nothing, 16x16 px", tiny_photo(), _NOTHING),
            ("nothing, 400x533 px", photo, _NOTHING),
            ("relight, 400x533 px", photo, _RELIGHT),
        ):
            rows.append({"job": name, **_in_turns(service, _Bare(engine, operations), each, operations)})
    return rows


_SETTINGS = {"PACKSHOT_REQUESTS_PER_MINUTE": "0"}


class _Bare:
    """Decode, operate, encode in the calling thread."""

    def __init__(self, engine: Engine, operations: list[dict[str, Any]]) -> None:
        self._engine = engine
        self.decode_ms = 0.0
        self._spec: JobSpec = validate_spec({"input": {"upload": f"sha256:{_SHA256}"}, "operations": operations})

    def __call__(self, photo: bytes) -> bytes:
        begun = time.perf_counter()
        with Image.open(io.BytesIO(photo)) as opened:
            upright = ImageOps.exif_transpose(opened)
            picture = Picture(np.asarray(upright.convert("RGB")), None)
        self.decode_ms = (time.perf_counter() - begun) * 1000
        for params in self._spec.operations:
            ticket = Ticket(tenant="bench", cancelled=threading.Event())
            with closing(OperationContext(self._engine, ticket, _nothing)) as context:
                made = OPERATIONS[params.op].run(picture, params, context)
                picture = made[0] if isinstance(made, list) else made
        assert self._spec.written is not None
        return encode(picture, self._spec.written, None).data


def _nothing() -> None:
    pass


def _in_turns(service: Service, bare: _Bare, photo: bytes, operations: list[dict[str, Any]]) -> dict[str, str | float]:
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=60)
    bare_ms: list[float] = []
    trips: list[_Trip] = []
    guards_ms: list[float] = []
    cpu_ms = 0.0
    for turn in range(_WARM_UP + _TURNS):
        sent = _made_new(photo)
        taken_ms = _timed(lambda sent=sent: bare(sent))  # type: ignore[misc]
        before_ms = _cpu_ms(service)
        trip = _through(connection, service.key(), sent, operations)
        if turn >= _WARM_UP:
            cpu_ms += _cpu_ms(service) - before_ms
            bare_ms.append(taken_ms)
            trips.append(trip)
            guards_ms.append(trip.steps_ms["fidelity"] + trip.steps_ms["decode"] - bare.decode_ms)
    connection.close()
    told = [trip.told_ms - alone for trip, alone in zip(trips, bare_ms, strict=True)]
    fetched = [trip.fetched_ms - alone for trip, alone in zip(trips, bare_ms, strict=True)]
    return {
        "bare_p50_ms": statistics.median(bare_ms),
        "service_p50_ms": statistics.median(trip.told_ms for trip in trips),
        "added_p50_ms": statistics.median(told),
        "api_queue_store_p50_ms": statistics.median(
            all_of_it - of_guards for all_of_it, of_guards in zip(told, guards_ms, strict=True)
        ),
        "added_p95_ms": sorted(told)[round(0.95 * (len(told) - 1))],
        "with_result_p50_ms": statistics.median(fetched),
        **{f"of which {step}": _median_step(trips, step) for step in _STEPS},
        "service_cpu_ms": cpu_ms / _TURNS,
    }


def _through(connection: http.client.HTTPConnection, key: str, photo: bytes, operations: list[dict[str, Any]]) -> _Trip:
    boundary, spec = uuid4().hex, json.dumps({"operations": operations}).encode()
    body = b"".join(
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="spec"\r\n\r\n'.encode(),
            spec,
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo"\r\n\r\n'.encode(),
            photo,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    headers = {"Authorization": f"Bearer {key}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    begun = time.perf_counter()
    job = json.loads(_asked(connection, "POST", "/v1/jobs?wait=30", body, headers))
    told_ms = (time.perf_counter() - begun) * 1000
    assert job["state"] == "succeeded", job
    link = urlsplit(job["outputs"][0]["url"])
    assert _asked(connection, "GET", f"{link.path}?{link.query}", None, {})
    fetched_ms = (time.perf_counter() - begun) * 1000
    path = f"/v1/jobs/{job['id']}/manifest"
    steps = json.loads(_asked(connection, "GET", path, None, {"Authorization": headers["Authorization"]}))["timings_ms"]
    return _Trip(told_ms, fetched_ms, steps)


def _asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> bytes:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    told = answer.read()
    assert answer.status == http.HTTPStatus.OK, (answer.status, told[:500])
    return told


def _made_new(photo: bytes) -> bytes:
    """The same pixels in a file of its own: bytes behind a picture's end count for its name alone."""
    return photo + uuid4().bytes


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _cpu_ms(service: Service) -> float:
    """Processor time of API, workers and Redis until now, with the decoding children that have ended."""
    times = [process.cpu_times() for process in service.family()]
    return 1000 * float(sum(each.user + each.system + each.children_user + each.children_system for each in times))


def _median_step(trips: list[_Trip], step: str) -> float:
    return statistics.median(trip.steps_ms.get(step, 0.0) for trip in trips)
