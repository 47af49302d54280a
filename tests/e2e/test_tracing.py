"""A whole service with a collector of traces: one job is one trace over its processes, and its log one grep."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from benchmarks.photos import tiny_photo
from benchmarks.service import Service
from tests.collector import Collector, KeptSpan, collector
from tests.waiting import until

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PHOTO = tiny_photo()
OPERATIONS = [{"op": "resize", "width": 160}, {"op": "restore"}]


@dataclass
class Traced:
    service: Service
    kept: Collector
    hook: str
    hooked: list[dict[str, str]]
    running: ExitStack

    def lines(self) -> list[dict[str, Any]]:
        """What API and worker have logged."""
        logs = [self.service.folder / "service.log", *(self.service.folder / "data").rglob("*.log")]
        text = "\n".join(log.read_text() for log in logs)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    hooked: list[dict[str, str]] = []

    class Shop(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hooked.append({**self.headers, "body": self.rfile.read(int(self.headers["Content-Length"])).decode()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=shop.serve_forever, args=(0.02,), daemon=True).start()
    with collector() as kept:
        settings = {"PACKSHOT_TRACES_ENDPOINT": kept.url, "PACKSHOT_WEBHOOKS_PRIVATE": "true"}
        settings["PACKSHOT_BACKEND"] = "fake"
        with ExitStack() as running:
            service = running.enter_context(Service(tmp_path_factory.mktemp("traced"), settings=settings))
            yield Traced(service, kept, f"http://127.0.0.1:{shop.server_port}/hook?secret=hidden", hooked, running)
    shop.shutdown()
    shop.server_close()


@pytest.fixture(scope="module")
def job(traced: Traced) -> dict[str, Any]:
    """A job whose client has a trace of its own, and a catalogue, done and told of: the service has stopped since.

    Nobody waits for the spans to be sent now and then: what was not sent yet is sent as it stops.
    """
    own_trace = {"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Request-Id": "restock-7"}
    spec = {
        "operations": OPERATIONS,
        "metadata": {"note": "hidden too"},
        "webhook": {"url": traced.hook, "events": ["job.succeeded"]},
    }
    key = {"Authorization": f"Bearer {traced.service.key()}"}
    with httpx.Client(base_url=traced.service.url, headers=key, timeout=60) as client:
        parts = {"file": ("a.png", PHOTO), "spec": (None, json.dumps(spec))}
        answer = client.post("/v1/jobs?wait=60", files=parts, headers=own_trace)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "succeeded", answer.text
        _submit_catalogue(client)
        until(lambda: traced.hooked)
        assert client.delete(f"/v1/jobs/{answer.json()['id']}", headers=own_trace).status_code == 204
    traced.running.close()
    return dict(answer.json())


def _submit_catalogue(client: httpx.Client) -> None:
    """Of two jobs; returns once they are done."""
    photo = f"sha256:{hashlib.sha256(PHOTO).hexdigest()}"
    rows = [{"input": {"upload": photo}, "operations": [{"op": "resize", "width": width}]} for width in (40, 50)]
    answer = client.post("/v1/batches", json={"items": rows})
    assert answer.status_code == 202, answer.text
    batch = f"/v1/batches/{answer.json()['id']}"
    until(lambda: client.get(batch).json()["counts"]["succeeded"] == 2, "two jobs of the catalogue")


def test_one_job_is_one_trace_from_the_clients_span_to_the_webhook(traced: Traced, job: dict[str, Any]) -> None:
    spans = {span.name: span for span in traced.kept.spans if span.trace == TRACE}
    request, submitted, process = spans["POST /v1/jobs"], spans["submit job"], spans["process job"]
    assert request.parent == SPAN
    assert {spans[name].parent for name in ("submit job", "store photo")} == {request.id}
    assert {spans[name].parent for name in ("wait in queue", "process job", "webhook")} == {submitted.id}
    parts = {"fetch", "decode", "operation resize", "operation restore", "output", "finish"}
    assert {spans[name].parent for name in parts} == {process.id}
    assert {spans[name].parent for name in ("encode", "store")} == {spans["output"].id}
    assert {span.attributes.get("messaging.message.id", job["id"]) for span in spans.values()} == {job["id"]}
    assert {spans[name].service for name in ("POST /v1/jobs", "submit job", "store photo")} == {"packshot-api"}
    assert {spans[name].service for name in ("process job", "webhook", *parts)} == {"packshot-worker"}
    assert request.attributes["http.response.status_code"] == 200
    assert not any(span.failed for span in spans.values())
    assert process.began_ns <= spans["decode"].began_ns <= spans["output"].ended_ns <= process.ended_ns


def test_the_batches_link_the_operations_that_asked_for_them(traced: Traced, job: dict[str, Any]) -> None:
    (restore,) = [span for span in traced.kept.named("operation restore") if span.trace == TRACE]
    batches = [span for span in traced.kept.spans if (TRACE, restore.id) in span.links]
    assert batches
    assert {span.name for span in batches} == {"batch restore"}
    assert all(span.trace != TRACE and not span.parent for span in batches)


def test_the_receiver_of_a_webhook_can_go_on_with_the_trace_that_its_client_began(
    traced: Traced, job: dict[str, Any]
) -> None:
    (webhook,) = [span for span in traced.kept.named("webhook") if span.trace == TRACE]
    assert traced.hooked[0]["traceparent"] == f"00-{TRACE}-{webhook.id}-01"
    assert webhook.attributes["server.address"] == "127.0.0.1"


def test_no_span_holds_a_secret_a_query_or_what_the_client_wrote(traced: Traced, job: dict[str, Any]) -> None:
    key = traced.service.key().encode()
    for body in traced.kept.bodies:
        assert b"hidden" not in body
        assert key not in body


def test_one_grep_for_a_job_tells_its_way_through_api_and_worker(traced: Traced, job: dict[str, Any]) -> None:
    about = [line for line in traced.lines() if line.get("job") == job["id"]]
    assert {"api.access", "worker.tasks"} <= {line["logger"] for line in about}
    assert {(line["tenant"], line["request_id"], line["trace_id"]) for line in about} == {("dev", "restock-7", TRACE)}
    worked = [line for line in about if line["logger"].startswith("worker.tasks")]
    assert {(line["attempt"], len(line["token"])) for line in worked} == {(1, 8)}


def test_a_catalogues_jobs_are_traces_of_their_own_linked_to_the_request_that_brought_them(
    traced: Traced, job: dict[str, Any]
) -> None:
    submitted = traced.kept.one("submit batch")
    jobs = _linked(traced.kept, submitted)
    assert len({span.trace for span in jobs} | {submitted.trace}) == 3
    assert submitted.attributes["messaging.batch.message_count"] == 2


def test_what_was_not_sent_yet_is_sent_as_the_service_stops(traced: Traced, job: dict[str, Any]) -> None:
    assert traced.kept.one("DELETE /v1/jobs/<id:job_id>").attributes["http.response.status_code"] == 204


def _linked(kept: Collector, to: KeptSpan) -> list[KeptSpan]:
    return [span for span in kept.named("process job") if (to.trace, to.id) in span.links]
