"""Hints by way of another broker: published, counted before more are added, and believed no more than on Redis."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from amqp.basic_message import Message as AmqpMessage

from jobs.hint_brokers import DeafMessage, configuration
from jobs.hint_transport import TASK_NAME
from jobs.queue import HintQueue, make_celery
from jobs.settings import JobsSettings, read_settings
from tests.ports import free_port

BOMB = gzip.compress(bytes(10_000_000))
TWISTED: list[tuple[Any, dict[str, Any]]] = [
    ("garbage", {}),
    (b"\x80\x04N.", {"content_type": "application/x-python-serialize", "content_encoding": "binary"}),
    (BOMB, {"application_headers": {"compression": "application/x-gzip"}}),
    ("[]", {"application_headers": {"task": "os.system", "id": "x"}}),
    ("[]", {"application_headers": {"task": TASK_NAME, "id": "x", "eta": "9999-99-99", "expires": "1"}}),
]


@pytest.fixture
def elsewhere(settings: JobsSettings) -> JobsSettings:
    return settings.model_copy(update={"hint_broker": "memory://", "hint_queue": f"queue-{free_port()}"})


@pytest.fixture
def hints(elsewhere: JobsSettings) -> Iterator[HintQueue]:
    queue = HintQueue(make_celery(elsewhere), elsewhere)
    yield queue
    queue.close()


def test_what_waits_with_the_broker_is_taken_off_what_the_record_misses(hints: HintQueue, elsewhere: JobsSettings):
    assert hints.missing(elsewhere.hint_queue, 5) == 5
    for _ in range(3):
        assert hints.publish("job_1")
    assert (hints.waiting(), hints.missing(elsewhere.hint_queue, 5), hints.missing(elsewhere.hint_queue, 2)) == (
        3,
        2,
        0,
    )
    assert hints.take() is False


def test_redis_hints_are_all_that_the_record_says(settings: JobsSettings):
    queue = HintQueue(make_celery(settings), settings)
    assert queue.publish("job_1")
    assert queue.missing(settings.hint_queue, 5) == 5
    queue.close()


@pytest.mark.parametrize(("body", "properties"), TWISTED)
def test_a_message_of_rabbitmq_is_ours_whatever_it_was(body: Any, properties: dict[str, Any]):
    arrived = AmqpMessage(body, **properties)
    arrived.delivery_info = {"delivery_tag": 1}
    message = DeafMessage(arrived, channel=None)
    assert (message.headers["task"], message.content_type) == (TASK_NAME, "application/json")
    assert json.loads(message.body) == [["hint"], {}, {}]
    assert not set(message.headers) & {"compression", "eta", "expires"}
    assert message.errors == []


def test_a_message_of_sqs_is_ours_whatever_it_was(monkeypatch: pytest.MonkeyPatch):
    from jobs.hint_sqs import DeafSqsChannel

    channel = object.__new__(DeafSqsChannel)
    seen: list[str] = []
    monkeypatch.setattr(
        "kombu.transport.SQS.Channel._message_to_python", lambda _, message, *__: seen.append(message["Body"])
    )
    channel._message_to_python({"Body": "garbage", "ReceiptHandle": "r"}, "packshot", "https://sqs/packshot")
    assert json.loads(seen[0])["headers"]["task"] == TASK_NAME


def test_a_broker_that_is_away_costs_a_log_line_and_is_let_be(
    settings: JobsSettings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.queue._LET_BE_S", 60.0)
    address = f"amqp://guest:guest@127.0.0.1:{free_port()}//"
    away = settings.model_copy(update={"hint_broker": address})
    queue = HintQueue(make_celery(away), away)
    assert not queue.publish("job_1")
    assert not queue.publish("job_2")
    assert "the broker failed a moment ago" in caplog.text
    assert queue.missing(settings.hint_queue, 5) == 0, "what cannot be counted is not added to"
    queue.close()


@pytest.mark.parametrize("broker", ["redis://elsewhere", "kafka://x", "amqp://a b", "http://x"])
def test_a_broker_that_we_do_not_know_is_refused(broker: str):
    with pytest.raises(Exception, match="PACKSHOT_HINT_BROKER"):
        read_settings(JobsSettings, redis_url="redis://none", hint_broker=broker)


def test_a_broker_over_tls_must_show_its_certificate(settings: JobsSettings):
    told = configuration(settings.model_copy(update={"hint_broker": "amqps://u:p@mq.example/shop"}))
    assert told["broker_use_ssl"]["cert_reqs"].name == "CERT_REQUIRED"
    assert told["broker_transport"].endswith("DeafAmqpTlsTransport")
