"""Leases stay alive while the device moves, and lapse when it does not."""

import threading

import pytest
import redis.exceptions

from engine import EngineSettings
from jobs.presence import worker_key
from jobs.states import State
from tests.waiting import PATIENCE_S, until
from worker.heartbeats import EXIT_DEVICE, Heartbeats, beat

from .conftest import TENANT


@pytest.fixture
def lease(workshop, client):
    client.submit()
    return workshop.leases.open(workshop.store.claim(workshop.owner))


def test_a_lease_outlives_itself_while_it_is_beaten(workshop, client, lease):
    def ends_ms() -> float:
        return workshop.store.redis.zscore("packshot:lease", lease.claim.job_id)

    ended_ms = ends_ms()
    heartbeats = Heartbeats(workshop)
    heartbeats.start()
    until(lambda: ends_ms() > ended_ms)
    heartbeats.stop()
    assert client.view(lease.claim.job_id).state is State.RUNNING
    assert not lease.ended.is_set()


def test_what_models_were_looked_for_is_told_without_waiting_for_the_next_announcement(workshop, monkeypatch):
    monkeypatch.setattr("worker.heartbeats._ANNOUNCE_S", 10_000)
    monkeypatch.setattr("worker.heartbeats._WATCH_S", 0.01)

    def told() -> str | None:
        return workshop.store.redis.hget(worker_key(workshop.owner), "looked")

    heartbeats = Heartbeats(workshop)
    heartbeats.start()
    until(lambda: told() == "0")
    workshop.models.looked = 3
    until(lambda: told() == "3")
    heartbeats.stop()


def test_news_that_redis_did_not_take_is_told_again(workshop, monkeypatch):
    monkeypatch.setattr("worker.heartbeats._ANNOUNCE_S", 10_000)
    monkeypatch.setattr("worker.heartbeats._WATCH_S", 0.01)
    key, facts, failed = worker_key(workshop.owner), workshop.engine_facts, []

    def fail_twice():
        if workshop.models.looked and len(failed) < 2:
            failed.append(1)
            raise redis.exceptions.ConnectionError("connection refused")
        return facts()

    monkeypatch.setattr(workshop, "engine_facts", fail_twice)
    heartbeats = Heartbeats(workshop)
    heartbeats.start()
    until(lambda: workshop.store.redis.hget(key, "looked") == "0")
    workshop.models.looked = 3
    until(lambda: workshop.store.redis.hget(key, "looked") == "3")
    heartbeats.stop()
    assert len(failed) == 2


def test_a_cancel_reaches_the_running_job(workshop, client, lease):
    heartbeats = Heartbeats(workshop)
    heartbeats.start()
    client.store.cancel(TENANT, lease.claim.job_id)
    assert lease.ended.wait(PATIENCE_S)
    heartbeats.stop()
    assert lease.reason == "cancel"


def test_a_lost_lease_ends_the_attempt(workshop, lease):
    workshop.store.release(lease.claim.job_id, lease.claim.token)
    beat(workshop, lease)
    assert lease.reason == "lost"
    assert lease.ended.is_set()


def test_a_redis_that_is_away_costs_one_beat_only(workshop, lease, monkeypatch):
    def away(*_):
        raise redis.exceptions.ConnectionError("connection refused")

    monkeypatch.setattr(workshop.store, "heartbeat", away)
    beat(workshop, lease)
    assert not lease.ended.is_set()


def test_beats_go_on_after_an_error_that_nobody_foresaw(workshop, lease, monkeypatch):
    beats, enough = [], threading.Event()

    def fail(*_):
        beats.append(1)
        if len(beats) == 3:
            enough.set()
        raise ValueError("what Redis said makes no sense")

    monkeypatch.setattr(workshop.store, "heartbeat", fail)
    monkeypatch.setattr(workshop, "engine_facts", fail)  # what the announcement tells
    heartbeats = Heartbeats(workshop)
    heartbeats.start()
    assert enough.wait(PATIENCE_S)
    heartbeats.stop()
    assert not lease.ended.is_set()


def test_a_hung_device_ends_the_process_and_gets_no_more_beats(workshop, lease, monkeypatch):
    left, gone = [], threading.Event()

    def leave(code):
        left.append(code)
        gone.set()

    beats = []
    monkeypatch.setattr(workshop.store, "heartbeat", lambda *_: beats.append(1) or "ok")
    monkeypatch.setattr(workshop, "engine", HungEngine())
    heartbeats = Heartbeats(workshop, leave)
    heartbeats.start()
    assert gone.wait(PATIENCE_S)
    heartbeats.stop()
    assert left == [EXIT_DEVICE]
    assert beats == []


class HungEngine:
    settings = EngineSettings(batch_timeout_s=1)
    last_progress = float("-inf")
    closed = False
