"""What a worker does for the whole queue's health."""

import time
from types import SimpleNamespace

import pytest

from jobs.states import State
from worker.reaper import Reaper

from .conftest import TENANT, hints_waiting


@pytest.fixture
def reaper(workshop):
    return Reaper(workshop)


def test_hints_that_were_never_published_are_topped_up(workshop, client, reaper):
    for _ in range(3):
        client.submit()
    assert hints_waiting(workshop) == 0
    reaper.sweep()
    assert hints_waiting(workshop) == 3


def test_a_backlog_with_its_hints_gets_no_more(workshop, client, reaper):
    for _ in range(3):
        workshop.hints.publish(client.submit())
    reaper.sweep()
    assert hints_waiting(workshop) == 3


def test_a_lapsed_lease_is_queued_again_and_hinted(workshop, client, reaper):
    job_id = client.submit()
    workshop.store.claim("a worker that died")
    time.sleep(workshop.settings.lease_ms / 1000 + 0.1)
    report = reaper.sweep()
    assert report.requeued == 1
    assert client.view(job_id).state is State.QUEUED
    assert hints_waiting(workshop) == 1


def test_blobs_that_nobody_refers_to_are_deleted(workshop, client, reaper):
    job_id = client.submit()
    path = f"results/{TENANT}/{job_id}/token/0.jpg"
    workshop.blobs.put(path, b"orphan")
    workshop.store.cancel(TENANT, job_id)
    workshop.store.delete(TENANT, job_id)
    assert reaper.sweep().garbage
    assert not workshop.blobs.exists(path)
    assert reaper.sweep().garbage == []


def test_a_slow_store_does_not_hold_up_the_sweeps(workshop, client, reaper, monkeypatch):
    for _ in range(3):
        job_id = client.submit()
        workshop.store.cancel(TENANT, job_id)
        workshop.store.delete(TENANT, job_id)
    delete_prefix, deleted, clock = type(workshop.blobs).delete_prefix, [], SimpleNamespace(monotonic=lambda: 0.0)

    def slow(blobs, prefix):
        deleted.append(prefix)
        clock.monotonic = lambda: 6.0
        delete_prefix(blobs, prefix)

    monkeypatch.setattr(type(workshop.blobs), "delete_prefix", slow)
    monkeypatch.setattr("worker.reaper.time", clock)
    garbage = reaper.sweep().garbage
    assert len(garbage) == 4  # three jobs' results and their upload
    assert deleted == garbage[:1]
    assert workshop.store.redis.zcard("packshot:garbage") == 3


def test_a_sweep_that_fails_does_not_end_the_sweeping(workshop, client, reaper, monkeypatch):
    reap, calls = workshop.store.reap, []

    def fails_once(*limits, **told):
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("a bug in one sweep")
        return reap(*limits, **told)

    monkeypatch.setattr(workshop.store, "reap", fails_once)
    client.submit()
    reaper.start()
    while not hints_waiting(workshop):
        time.sleep(0.01)
    reaper.stop()
    assert len(calls) > 1


def test_of_many_workers_one_sweeps_and_the_next_when_its_turn_is_over(workshop, client, reaper, monkeypatch):
    monkeypatch.setattr("worker.reaper._TURN", 1e6)  # a turn that outlasts the test
    job_id = client.submit()
    workshop.store.claim("a worker that died")
    assert reaper.look() is not None
    workshop.store.redis.zadd("packshot:lease", {job_id: 1})
    assert Reaper(workshop).look() is None
    assert client.view(job_id).state is State.RUNNING
    workshop.store.redis.delete(*workshop.store.redis.keys("packshot:turn:*"))  # it is over
    assert Reaper(workshop).look().requeued == 1


def test_a_sweep_that_found_all_it_could_take_lets_the_next_begin_at_once(workshop, client, reaper, monkeypatch):
    monkeypatch.setattr("worker.reaper._TURN", 1e6)
    monkeypatch.setattr("worker.reaper._LIMIT", 1)
    for _ in range(2):
        client.submit()
        workshop.store.claim("a worker that died")
    time.sleep(workshop.settings.lease_ms / 1000 + 0.1)
    assert [reaper.look().requeued for _ in range(2)] == [1, 1]


def test_who_is_not_in_turn_notices_a_lost_record_all_the_same(workshop, client, reaper, monkeypatch, caplog):
    monkeypatch.setattr("worker.reaper._TURN", 1e6)
    client.submit()
    other = Reaper(workshop)
    assert reaper.look() is not None
    assert other.look() is None
    workshop.store.redis.set("packshot:epoch", "another record")
    other.look()
    assert "less than it had acknowledged" in caplog.text


def test_a_full_memory_stops_no_sweep(workshop, reaper):
    redis = workshop.store.redis
    redis.config_set("maxmemory", 1)
    try:
        assert reaper.look() is not None
        assert Reaper(workshop).look() is not None
    finally:
        redis.config_set("maxmemory", 0)


def test_garbage_that_is_no_blobs_path_does_not_end_a_sweep(workshop, client, reaper):
    workshop.store.redis.zadd("packshot:garbage", {f"uploads/{TENANT}/.DS_Store": 1, f"uploads/{TENANT}/a b/": 1})
    job_id = client.submit()
    path = f"results/{TENANT}/{job_id}/token/0.jpg"
    workshop.blobs.put(path, b"orphan")
    workshop.store.cancel(TENANT, job_id)
    workshop.store.delete(TENANT, job_id)
    erasure_id = workshop.store.start_erasure("rival")
    reaper.sweep()
    assert not workshop.blobs.exists(path)
    assert workshop.store.redis.zscore("packshot:garbage", f"results/{TENANT}/{job_id}/") is None
    assert workshop.store.erasure("rival", erasure_id).state == "done"
