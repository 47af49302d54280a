"""What is told of a job's attempts: their spans, however they end, and the words of every line about them."""

import json
import logging

import numpy as np
import pytest
import structlog

from engine import Engine, Ticket
from engine.settings import EngineSettings
from jobs.logs import log_json_lines
from jobs.records import Arrival
from jobs.settings import read_settings
from jobs.spec import validate_spec
from jobs.tracing import open_tracing
from tests.collector import collector
from tests.waiting import until
from tests.worker.conftest import TENANT, Client
from worker.drain import Drain
from worker.reaper import Reaper
from worker.runner import Run
from worker.settings import WorkerSettings
from worker.spans import BatchSpans, JobTag
from worker.tasks import attempt_next_job

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ARRIVAL = Arrival(request_id="req-1", trace=f"00-{TRACE}-{SPAN}-01 own")


@pytest.fixture
def kept():
    with collector() as listening:
        yield listening


@pytest.fixture
def tracing(kept, settings):
    wanted = read_settings(WorkerSettings, redis_url=settings.redis_url, traces_endpoint=kept.url)
    tracing = open_tracing(wanted, "packshot-worker", "test-worker")
    yield tracing
    tracing.close()


@pytest.fixture
def traced(workshop, tracing):
    workshop.tracing = tracing
    return workshop


def submit(client: Client, arrival: Arrival = ARRIVAL) -> str:
    """A job that came by the request of that arrival."""
    first = client.submit()
    client.store.cancel(TENANT, first)
    document = client.view(first).spec.model_dump(mode="json", exclude_none=True)
    return client.store.submit(TENANT, validate_spec(document), arrival=arrival).job_id


def test_an_attempt_and_its_wait_are_children_of_the_submission_and_its_steps_are_its_own(
    traced, client, drain, kept
) -> None:
    job_id = submit(client)
    assert attempt_next_job(traced, drain)
    traced.tracing.close()
    waited, process = kept.one("wait in queue"), kept.one("process job")
    assert {(span.trace, span.parent) for span in (waited, process)} == {(TRACE, SPAN)}
    assert waited.began_ns <= waited.ended_ns <= process.ended_ns
    parts = {span.name: span.parent for span in kept.spans if span.parent == process.id}
    assert set(parts) == {"fetch", "decode", "fidelity", "operation rotate", "output", "finish"}
    assert {span.parent for span in kept.spans if span.name in {"encode", "store"}} == {kept.one("output").id}
    told = process.attributes
    assert (told["messaging.message.id"], told["packshot.tenant"], told["packshot.request_id"]) == (
        job_id,
        TENANT,
        "req-1",
    )
    assert (told["packshot.outcome"], told["packshot.attempt"], process.failed) == ("succeeded", 1, False)


def test_what_is_made_for_a_channel_is_told_with_the_channels_name(traced, client, drain, kept) -> None:
    channels = {"ebay": "ebay.jpg", "instagram-square": "instagram-square.jpg"}
    client.submit(renditions=list(channels))
    assert attempt_next_job(traced, drain)
    traced.tracing.close()
    whole = kept.one("renditions")
    for name in ("rendition", "fidelity", "store"):
        spans = [span for span in kept.named(name) if span.parent == whole.id]
        named = [
            (span.attributes["packshot.channel"], span.attributes["packshot.file"]) for span in spans if span.attributes
        ]
        assert named == list(channels.items()), name


def test_a_photos_fault_fails_the_span_of_the_attempt_by_its_problem(traced, client, drain, kept) -> None:
    job_id = client.submit(photo=b"no photo at all")
    assert attempt_next_job(traced, drain)
    traced.tracing.close()
    assert client.view(job_id).problem is not None
    process = kept.one("process job")
    assert process.failed
    assert process.attributes["packshot.outcome"] == "failed"
    assert process.attributes["error.type"] == client.view(job_id).problem.type


def test_a_retry_says_so_and_the_next_attempt_is_in_the_same_trace(traced, client, drain, kept, monkeypatch) -> None:
    monkeypatch.setattr("worker.tasks._FIRST_DELAY_MS", 1)
    job_id = client.submit()  # without a trace of its own: the worker's is the job's, at every attempt
    with monkeypatch.context() as broken:
        broken.setattr(Run, "result", _raise_memory_error)
        assert attempt_next_job(traced, drain)
    until(lambda: attempt_next_job(traced, drain))
    traced.tracing.close()
    assert client.view(job_id).state == "succeeded"
    first, second = sorted(kept.named("process job"), key=lambda span: span.began_ns)
    assert (first.failed, first.attributes["packshot.outcome"], first.attributes["error.type"]) == (
        True,
        "retry",
        "internal",
    )
    assert (second.failed, second.attributes["packshot.attempt"]) == (False, 2)
    assert first.trace == second.trace


def test_a_canceled_job_is_no_fault(traced, client, drain, kept, monkeypatch) -> None:
    job_id = client.submit({"op": "restore"})
    monkeypatch.setattr(
        "worker.runner.Run._decode", lambda run, _: client.store.cancel(TENANT, job_id) and run._publish_soon()
    )
    monkeypatch.setattr(Run, "_publish_soon", _beat_until_ended, raising=False)
    assert attempt_next_job(traced, drain)
    traced.tracing.close()
    assert client.view(job_id).state == "canceled"
    process = kept.one("process job")
    assert (process.attributes["packshot.outcome"], process.failed) == ("canceled", False)


def test_an_attempt_whose_worker_is_lost_is_told_by_the_reaper(traced, client, kept, caplog, monkeypatch) -> None:
    monkeypatch.setattr(client.store, "settings", client.store.settings.model_copy(update={"lease_ms": 100}))
    job_id = submit(client)
    assert client.store.claim("lost-worker") is not None
    caplog.set_level(logging.WARNING, "worker.spans")
    until(lambda: Reaper(traced).sweep().lapsed)
    traced.tracing.close()
    assert f"{job_id}: the lease of attempt 1, held by lost-worker, is over" in caplog.text
    lost = kept.one("process job")
    assert (lost.trace, lost.parent, lost.failed) == (TRACE, SPAN, True)
    assert (lost.attributes["packshot.outcome"], lost.attributes["error.type"]) == ("lost", "lease-lost")
    assert lost.attributes["packshot.worker"] == "lost-worker"


def test_a_batch_is_a_trace_of_its_own_and_links_the_spans_of_two_tenants_jobs(tracing, kept) -> None:
    settings = EngineSettings(backend="fake", max_wait_ms=2_000, fake_plan="slot_ms=20")
    image = np.zeros((32, 32, 4), np.uint8)
    with Engine.start(settings, observers=(BatchSpans(tracing),)) as engine:
        tags = [JobTag(f"job {tenant}", tenant, f"00-{TRACE}-{SPAN[:-1]}{tenant}-01") for tenant in "ab"]
        untraced = engine.submit("restore", image, Ticket(tenant="c", tag=JobTag("job c", "c")))
        futures = [engine.submit("restore", image, Ticket(tenant=tag.tenant, tag=tag)) for tag in tags]
        for future in (*futures, untraced):
            future.result(timeout=60)
    tracing.close()
    batch = kept.one("batch restore")  # that which was not traced may have had one of its own, of which nothing is kept
    assert set(batch.links) == {(TRACE, f"{SPAN[:-1]}a"), (TRACE, f"{SPAN[:-1]}b")}
    assert batch.parent == ""
    assert batch.trace != TRACE
    told = batch.attributes
    assert told["packshot.batch.tenants"] in {2, 3}
    assert 0 < told["packshot.batch.fill"] <= 1
    assert {"packshot.model.version", "packshot.batch.reason", "packshot.device_s"} <= set(told)


def test_every_line_of_a_jobs_thread_says_which_job_whoever_logs_it(
    workshop, client, drain, capfd, monkeypatch
) -> None:
    job_id = submit(client)
    structlog.contextvars.clear_contextvars()  # what a test of the API may have left to this thread
    levels = {name: logging.getLogger(name).level for name in (None, "a.library")}
    handlers = logging.getLogger().handlers[:]
    decode = Run._decode
    monkeypatch.setattr(
        Run, "_decode", lambda run, uploads: logging.getLogger("a.library").warning("as I do") or decode(run, uploads)
    )
    try:
        log_json_lines("info")
        assert attempt_next_job(workshop, drain)
    finally:
        logging.basicConfig(handlers=handlers, force=True)
        structlog.reset_defaults()
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    about = [line for line in lines if line.get("job") == job_id]
    assert {"a.library", "worker.tasks"} <= {line["logger"] for line in about}
    claimed = {(line["tenant"], line["attempt"], line["request_id"]) for line in about}
    assert claimed == {(TENANT, 1, "req-1")}
    assert {len(line["token"]) for line in about} == {8}, "enough to tell attempts apart, and no more"
    (end,) = [line for line in about if "run_ms" in line]
    assert float(end["event"].split()[-2]) == pytest.approx(end["run_ms"] / 1000, abs=0.02)
    assert (end["waited_ms"] >= 0, end["does"]) == (True, "rotate")
    assert structlog.contextvars.get_contextvars() == {}, "nothing is left for the thread's next job"


def test_a_drain_sends_the_spans_that_wait(traced, kept) -> None:
    gone = []
    drain = Drain(lambda: None, leave=gone.append)
    drain.watch(traced)
    traced.tracing.tell("the last one", _begin(), 0.0)
    drain.request()
    drain.request()
    until(lambda: gone)
    assert kept.one("the last one")


def _begin():
    from jobs.tracing import Begin

    return Begin()


def _raise_memory_error(_run):
    raise MemoryError


def _beat_until_ended(run):
    from worker.heartbeats import beat

    beat(run._workshop, run._lease)
    run._lease.check()
