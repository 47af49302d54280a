"""What a worker makes sure of before it loads anything."""

import pytest
import redis

from engine.settings import EngineSettings
from jobs.errors import RedisTooOld
from jobs.queue import make_celery
from worker.workshop import open_workshop


def test_a_redis_that_is_too_old_is_refused_by_its_version(settings, monkeypatch):
    monkeypatch.setattr(redis.Redis, "info", lambda *_: {"redis_version": "6.0.16"})
    with pytest.raises(RedisTooOld, match=r"6\.0\.16.*6\.2"):
        open_workshop(settings, EngineSettings(backend="fake"), make_celery(settings))


def test_a_redis_that_does_not_answer_yet_is_waited_for_later(settings):
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    workshop = open_workshop(away, EngineSettings(backend="fake"), make_celery(away))
    assert workshop.engine_facts()
    workshop.close()
