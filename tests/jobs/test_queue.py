import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.hint_transport import TASK_NAME
from jobs.queue import HintQueue, make_celery
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings


@pytest.fixture
def hints(settings: JobsSettings) -> Iterator[HintQueue]:
    queue = HintQueue(make_celery(settings), settings)
    yield queue
    queue.close()


@pytest.fixture
def own_hints(own_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[HintQueue]:
    settings = read_settings(JobsSettings, redis_url=own_redis.url, data_dir=tmp_path)
    queue = HintQueue(make_celery(settings), settings)
    yield queue
    queue.close()


def test_a_hint_is_a_json_task_by_name(hints: HintQueue, store):
    assert hints.publish("job_1")
    assert hints.waiting() == 1
    message = json.loads(store.redis.lrange("packshot", 0, 0)[0])
    assert (message["headers"]["task"], message["content-type"]) == (TASK_NAME, "application/json")
    assert message["headers"]["argsrepr"] == "['job_1']"


def test_a_hint_costs_redis_one_command(hints: HintQueue, store):
    assert hints.publish("job_1")  # connects
    with store.redis.monitor() as monitor:
        assert hints.publish("job_2")
        store.redis.echo("end")
        commands = []
        while not (command := monitor.next_command()["command"]).startswith("ECHO"):
            commands.append(command.split()[0])
    assert [name for name in commands if name != "HELLO"] == ["LPUSH"]  # hello says the test's own connection


def test_another_broker_gets_its_hints_from_celery(settings: JobsSettings, store):
    settings = settings.model_copy(update={"hint_broker": "memory://"})
    celery = make_celery(settings)
    hints = HintQueue(celery, settings)
    assert hints.publish("job_1")
    with celery.connection_for_read() as connection, connection.SimpleQueue(settings.hint_queue) as queue:
        assert queue.get(timeout=5).headers["task"] == TASK_NAME
    assert store.redis.exists(settings.hint_queue) == 0
    hints.close()


def test_threads_publish_side_by_side(hints: HintQueue):
    threads = [threading.Thread(target=lambda: [hints.publish("x") for _ in range(10)]) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hints.waiting() == 120


def test_celery_takes_json_early_and_keeps_no_results(settings: JobsSettings):
    conf = make_celery(settings).conf
    assert (conf.task_acks_late, conf.task_ignore_result, conf.result_backend) == (False, True, None)
    assert (conf.worker_disable_prefetch, conf.accept_content, conf.task_default_queue) == (True, ["json"], "packshot")
    assert conf.broker_transport_options["ack_emulation"] is False


def test_a_broker_that_is_down_costs_a_log_line(own_redis: EmbeddedRedis, own_hints: HintQueue, caplog):
    assert own_hints.publish("job_1")
    own_redis.stop()
    with caplog.at_level(logging.WARNING):
        assert not own_hints.publish("job_2")
    assert "job_2 not published" in caplog.text
    own_redis.start()
    assert own_hints.publish("job_3")
    assert own_hints.waiting() == 2  # the first one came back with the append-only file


def test_a_frozen_broker_does_not_hold_a_publish(own_redis: EmbeddedRedis, own_hints: HintQueue):
    assert own_hints.publish("job_1")
    assert own_redis.pid is not None
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert not own_hints.publish("job_2")
        assert time.monotonic() - started < 20  # 4 s by its timeouts; without them it is over 45 s
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    assert own_hints.publish("job_3")
