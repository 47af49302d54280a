"""Whatever lies on the list of hints, a worker's message loop reads nothing but messages of ours."""

import json
import logging
import ssl
from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from kombu import Consumer, Message

from jobs.connection import connect
from jobs.hint_transport import TASK_NAME
from jobs.queue import HintQueue, make_celery
from jobs.settings import JobsSettings, read_settings

GARBAGE = [
    b"",
    b"garbage",
    b"[]",
    b"null",
    b"{}",
    b"\xff\xfe\x00",
    b"[" * 200_000,
    b'{"properties": {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "packshot"}}}',
    b'{"__type__": "datetime", "__value__": 5}',
]
TWISTED = [
    b'{"headers": {"task": "packshot.work"}',
    b'{"headers": {"task": "packshot.work"}, "body": "%%%", "content-type": "application/x-python-serialize"}',
    b'{"body": {"task": "packshot.work"}, "properties": {"delivery_tag": "1"}, "headers": {"eta": "9999-99-99"}}',
]
"""They name the task, so they count as hints."""


@pytest.fixture
def queue(settings: JobsSettings) -> Iterator[redis.Redis]:
    with connect(settings.redis_url) as client:
        yield client


@pytest.fixture
def celery(settings: JobsSettings) -> Celery:
    return make_celery(settings)


def consume(celery: Celery, queue: redis.Redis) -> list[Message]:
    """What a worker receives until nothing more is there; nothing of it is acknowledged, as if it had died."""
    received: list[Message] = []
    with celery.connection_for_read() as connection, connection.channel() as channel:
        queues = [celery.amqp.queues[celery.conf.task_default_queue]]
        accept = celery.conf.accept_content
        empty = 0
        with Consumer(channel, queues, accept=accept, on_message=received.append, prefetch_count=100):
            while empty < 2:  # once more: what was taken off the list may be on its way
                try:
                    connection.drain_events(timeout=0.2)
                except TimeoutError:  # as long may nothing come on a busy machine
                    empty += not queue.keys("packshot*")
    return received


def test_garbage_on_the_list_is_thrown_away_and_told(celery: Celery, queue: redis.Redis, caplog):
    queue.lpush("packshot", *GARBAGE)
    queue.lpush("packshot\x06\x163", b"garbage of another priority")
    with caplog.at_level(logging.ERROR):
        assert consume(celery, queue) == []
    assert caplog.text.count("thrown away") == len(GARBAGE) + 1
    assert queue.keys("packshot*") == []


def test_a_key_of_another_type_in_the_place_of_the_bindings_keeps_no_worker_off(celery: Celery, queue: redis.Redis):
    queue.set("_kombu.binding.packshot", "no set")
    queue.lpush("packshot", TWISTED[0])
    assert len(consume(celery, queue)) == 1


def test_a_message_is_as_we_make_it_whatever_it_was(celery: Celery, queue: redis.Redis):
    queue.lpush("packshot", *TWISTED)
    messages = consume(celery, queue)
    assert [(message.headers["task"], message.decode()) for message in messages] == [
        (TASK_NAME, [["hint"], {}, {}])
    ] * len(TWISTED)
    assert len({message.delivery_tag for message in messages}) == len(TWISTED)


def test_a_hint_that_a_dying_worker_had_taken_does_not_come_back(
    celery: Celery, queue: redis.Redis, settings: JobsSettings
):
    hints = HintQueue(celery, settings)
    assert hints.publish("job_1")
    hints.close()
    assert json.loads(queue.lindex("packshot", 0) or "")["headers"]["task"] == TASK_NAME
    assert len(consume(celery, queue)) == 1
    assert consume(celery, queue) == []
    assert queue.keys("*unacked*") == []


@pytest.mark.parametrize(("query", "required"), [("", ssl.CERT_REQUIRED), ("?ssl_cert_reqs=none", ssl.CERT_NONE)])
def test_a_redis_over_tls_must_show_its_certificate_unless_the_address_says_otherwise(query: str, required):
    settings = read_settings(JobsSettings, redis_url=f"rediss://:secret@redis.example:6380/0{query}")
    connection = make_celery(settings).connection_for_write()
    assert connection.ssl["ssl_cert_reqs"] == required
    assert (connection.hostname, connection.port, connection.password) == ("redis.example", 6380, "secret")
