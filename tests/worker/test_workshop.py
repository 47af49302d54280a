"""What a worker makes sure of before it loads anything, and which device it says that it is on."""

from dataclasses import replace

import pytest
import redis

from engine import Engine
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


@pytest.mark.parametrize(("plan", "kind"), [("", "cpu"), ("as_gpu=1", "gpu")])
def test_a_fake_device_may_pass_for_a_gpu_so_that_its_route_can_be_tried_without_one(workshop, plan, kind):
    with Engine.start(EngineSettings(backend="fake", fake_plan=plan)) as engine:
        tried = replace(workshop, engine=engine)
        assert (tried.device_kind, tried.abilities().split()[0]) == (kind, kind)
