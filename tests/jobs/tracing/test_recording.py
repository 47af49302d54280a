"""Spans by OpenTelemetry: what is kept, where it goes, and what it may never cost."""

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from jobs.errors import SettingsError
from jobs.problems import ProblemError
from jobs.settings import JobsSettings, read_settings
from jobs.tracing import Begin, Tracing, check_tracing, open_tracing
from jobs.tracing.exporting import ToldOnce, exporter_for
from jobs.tracing.recording import KEPT_SPANS
from tests.collector import Collector, collector
from tests.ports import free_port
from tests.waiting import until

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setattr("jobs.tracing.recording.CLOSING_S", 60.0)  # however busy the machine is, all of it arrives
    with collector() as listening:
        yield listening


def settings(endpoint: str, **more: object) -> JobsSettings:
    return read_settings(JobsSettings, redis_url="redis://nowhere", traces_endpoint=endpoint, **more)


def test_without_an_endpoint_nothing_that_makes_or_sends_spans_is_imported_by_either_side() -> None:
    script = (
        "import sys, api.app, worker.spans\n"
        "from jobs.settings import JobsSettings\n"
        "from jobs.tracing import Begin, open_tracing\n"
        "tracing = open_tracing(JobsSettings(redis_url='redis://nowhere'), 'packshot-api')\n"
        "with tracing.begin('a', Begin()) as span, tracing.part('b'): span.set('c', 1)\n"
        "assert not tracing.on and tracing.carry(span, False) is None\n"
        "ours = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'google.protobuf', 'jobs.tracing.recording')\n"
        "print([name for name in sys.modules if name.startswith(ours)])  # redis-py imports its metrics by itself"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parts_are_children_and_a_block_that_fails_says_of_what(kept: Collector) -> None:
    tracing = open_tracing(settings(kept.url), "packshot-worker", "me")
    with pytest.raises(ProblemError), tracing.begin("job", Begin("consumer", PARENT)), tracing.part("decode"):
        raise ProblemError("image-corrupt", "the text of the mistake, which may hold the client's words")
    tracing.close()
    job, decode = kept.one("job"), kept.one("decode")
    assert (job.trace, job.parent) == tuple(PARENT.split("-")[1:3])
    assert (decode.trace, decode.parent) == (job.trace, job.id)
    assert [span.attributes["error.type"] for span in (job, decode)] == ["image-corrupt"] * 2
    assert job.failed
    assert decode.failed
    assert not any(b"client's words" in body for body in kept.bodies)


def test_a_part_of_nothing_is_nothing(kept: Collector) -> None:
    tracing = open_tracing(settings(kept.url), "packshot-worker")
    with tracing.part("decode") as span:
        assert span.traceparent == ""
    tracing.close()
    assert kept.spans == []


def test_a_share_of_none_keeps_only_what_a_parent_or_a_kept_job_asks_for(kept: Collector) -> None:
    tracing = open_tracing(settings(kept.url, traces_share=0), "packshot-api")
    with tracing.begin("dropped", Begin()) as dropped, tracing.part("part of it"):
        assert dropped.traceparent.endswith("-00"), "the worker is told to keep nothing of it either"
        assert dropped.mark is None
    with tracing.begin("asked for", Begin(parent=PARENT)):
        pass
    with tracing.begin("not asked for", Begin(parent=PARENT[:-1] + "0")):
        pass
    tracing.tell("batch", Begin(links=(PARENT,), sampled=True), 0.1)
    tracing.close()
    assert {span.name for span in kept.spans} == {"asked for", "batch"}
    assert kept.one("batch").links == (tuple(PARENT.split("-")[1:3]),)


def test_clients_traces_are_not_continued_where_the_operator_does_not_want_it(kept: Collector) -> None:
    heeding = open_tracing(settings(kept.url), "packshot-api")
    deaf = open_tracing(settings(kept.url, traces_from_clients=False), "packshot-api")
    assert (heeding.carried_of_client(PARENT), deaf.carried_of_client(PARENT)) == (PARENT, None)
    for tracing in (heeding, deaf):
        tracing.close()


def test_a_trace_that_was_wished_for_is_had_and_the_next_one_is_another(kept: Collector) -> None:
    tracing = open_tracing(settings(kept.url), "packshot-worker")
    for name, wished in (("first", "ab" * 16), ("second", None)):
        with tracing.begin(name, Begin(trace_id=wished)):
            pass
    tracing.close()
    assert kept.one("first").trace == "ab" * 16
    assert kept.one("second").trace != "ab" * 16


def test_a_collector_that_never_answers_is_waited_for_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.tracing.recording.CLOSING_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts, and says nothing
        tracing = open_tracing(settings(f"http://127.0.0.1:{silent.getsockname()[1]}"), "packshot-api")
        for _ in range(KEPT_SPANS + 100):  # more than are kept
            tracing.tell("span", Begin(), 0.001)
        tracing.close()


def test_what_is_lost_is_told_once_and_again_only_after_it_was_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    exporter = ToldOnce(Moody("lost", "raises", "lost", "arrives", "arrives", "lost"), "http://***@collector")
    for _ in range(6):
        exporter.export([ReadableSpan("one")])
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_a_collector_that_is_not_there_is_told_at_the_start(caplog: pytest.LogCaptureFixture, monkeypatch) -> None:
    monkeypatch.setattr("jobs.tracing.exporting._TIMEOUT_S", 0.2)
    tracing = open_tracing(settings(f"http://127.0.0.1:{free_port()}"), "packshot-api")
    until(lambda: "traces do not reach http://127.0.0.1:" in caplog.text)
    tracing.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_file_that_cannot_be_written_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"PACKSHOT_TRACES_ENDPOINT=file:///.* cannot be written: "):
        open_tracing(settings((tmp_path / "file" / "spans.jsonl").as_uri()), "packshot-api")
    with pytest.raises(SettingsError, match=r"cannot be written: "):
        check_tracing(settings((tmp_path / "file" / "spans.jsonl").as_uri()))
    check_tracing(settings((tmp_path / "spans.jsonl").as_uri()))
    check_tracing(settings(""))


def test_a_collector_that_is_there_is_greeted_with_nothing_but_an_empty_message(
    kept: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert exporter_for(kept.url).reaches()
    assert (kept.bodies, kept.spans, caplog.records) == ([b""], [], [])


def test_who_is_stopped_while_it_greets_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    exporter = ToldOnce(Moody("lost"), "http://collector")
    exporter.shutdown()
    assert not exporter.reaches()
    assert caplog.records == []


def test_a_password_in_the_endpoint_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    exporter = exporter_for("http://user:hidden@127.0.0.1:1?key=hidden")
    exporter._inner = Moody("lost")  # type: ignore[attr-defined]
    exporter.export([ReadableSpan("one")])
    assert "127.0.0.1" in caplog.text
    assert "hidden" not in caplog.text


class Moody(SpanExporter):
    """Answers as it was told to, one export after the other."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        answer = self._answers.pop(0)
        if answer == "raises":
            raise RuntimeError("the disk is full")
        return SpanExportResult.SUCCESS if answer == "arrives" else SpanExportResult.FAILURE


def test_a_file_holds_lines_of_otlps_json(tmp_path: Path) -> None:
    tracing = open_tracing(settings((tmp_path / "new" / "spans.jsonl").as_uri()), "packshot-worker")
    with tracing.begin("job", Begin(parent=PARENT)):
        pass
    tracing.close()
    (line,) = (tmp_path / "new" / "spans.jsonl").read_text().splitlines()
    (span,) = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (span["name"], span["traceId"], span["parentSpanId"]) == ("job", *PARENT.split("-")[1:3])


def test_without_the_extra_the_setting_is_a_mistake_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jobs.tracing.recording", None)
    with pytest.raises(Exception, match=r"packshot-server\[traces\]"):
        open_tracing(settings("http://localhost:4318"), "packshot-api")


def test_an_endpoint_that_is_none_is_refused() -> None:
    for wrong in ("localhost:4318", "grpc://localhost", "file://relative", "http://"):
        with pytest.raises(Exception, match="PACKSHOT_TRACES_ENDPOINT"):
            settings(wrong)
    assert not Tracing().on
