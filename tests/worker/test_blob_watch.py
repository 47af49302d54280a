"""A blob store that does not answer costs no job an attempt, and keeps the worker that meets it from taking others."""

import logging

import pytest

from jobs.blobs import BlobStore
from jobs.errors import BlobError
from jobs.presence import worker_key
from jobs.states import State
from tests.waiting import until
from worker import blob_watch
from worker.alive import lives
from worker.blob_watch import BlobWatch
from worker.presence import Presence
from worker.reaper import Reaper
from worker.tasks import attempt_next_job, take_hint

from .conftest import TENANT, hints_waiting


class Disk:
    """The folder that blobs lie in, which may be taken away: then a file lies in its place, as chmod stops no root."""

    def __init__(self, folder):
        self.folder, self._kept = folder, folder.with_name("kept")

    def go(self):
        self.folder.rename(self._kept)
        self.folder.write_text("no folder")

    def come_back(self):
        self.folder.unlink()
        self._kept.rename(self.folder)


@pytest.fixture
def settings(settings, tmp_path):
    return settings.model_copy(update={"blob_url": (tmp_path / "blobs").as_uri(), "storage_patience_s": 60.0})


@pytest.fixture
def disk(workshop, monkeypatch):
    monkeypatch.setattr(blob_watch, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(blob_watch, "LONGEST_PAUSE_S", 0.05)
    yield Disk(workshop.blobs.folder)
    workshop.blob_watch.stop()


def stall(workshop, client, drain, disk):
    """A job meets a store that is away."""
    job_id = client.submit()
    disk.go()
    attempt_next_job(workshop, drain)
    return job_id


def test_a_store_that_is_away_costs_no_attempt(workshop, client, drain, disk):
    job_id = stall(workshop, client, drain, disk)
    for _ in range(2 * workshop.settings.max_attempts):  # as other workers with the same store would
        attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0), view.problem
    assert hints_waiting(workshop) > 0
    disk.come_back()
    assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1), view.problem


@pytest.mark.parametrize("at", ["read", "store"])
def test_whether_the_photo_is_read_or_the_result_stored(workshop, client, drain, disk, monkeypatch, at):
    job_id = client.submit()
    decode = workshop.decoder.decode
    if at == "read":
        disk.go()
    else:
        monkeypatch.setattr(workshop.decoder, "decode", lambda *a: (disk.go(), decode(*a))[1])
    attempt_next_job(workshop, drain)
    assert workshop.blob_watch.fault
    assert (client.view(job_id).state, client.view(job_id).attempt) == (State.QUEUED, 0)


def test_a_folder_that_is_gone_is_no_photo_that_is_gone_nor_made_anew(workshop, client, drain, disk):
    job_id = client.submit()
    disk.go()
    disk.folder.unlink()
    attempt_next_job(workshop, drain)
    assert (client.view(job_id).state, client.view(job_id).attempt) == (State.QUEUED, 0)
    assert not disk.folder.exists()


def test_a_photo_that_a_failing_store_does_not_find_is_not_given_up(workshop, client, drain, disk, monkeypatch):
    """As with a worker whose disk was not mounted, and that may not write where it should lie."""
    job_id = client.submit()
    workshop.blobs.delete_prefix("uploads/")

    def refuse(*_):
        raise BlobError("read-only file system")

    monkeypatch.setattr(type(workshop.blobs), "put", refuse)
    attempt_next_job(workshop, drain)
    assert (client.view(job_id).state, client.view(job_id).attempt) == (State.QUEUED, 0)


def test_nothing_is_claimed_until_the_store_answers(workshop, client, drain, disk, caplog):
    caplog.set_level(logging.INFO)
    job_id = stall(workshop, client, drain, disk)
    assert not workshop.blob_watch.wait(0.1)
    disk.come_back()
    take_hint(workshop, drain, "hint")  # waits
    until(lambda: client.view(job_id).state is State.SUCCEEDED, "the job")
    assert workshop.blob_watch.fault == ""

    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "worker.blob_watch"]

    until(lambda: len(told()) > 1, "the line of whoever let the job go on")
    assert ["no job is claimed until" in told()[0], "answers again" in told()[-1], len(told())] == [True, True, 2]
    assert workshop.blobs.list("probes") == []


def test_a_worker_told_to_leave_meanwhile_leaves(workshop, client, drain, disk, monkeypatch):
    stall(workshop, client, drain, disk)
    waits, hints = workshop.blob_watch.wait, hints_waiting(workshop)
    monkeypatch.setattr(workshop.blob_watch, "wait", lambda s: (drain.draining.set(), waits(s))[1])
    take_hint(workshop, drain, "hint")
    assert hints_waiting(workshop) == hints + 1


def test_a_fault_of_one_blob_is_told_from_one_of_the_store(workshop, monkeypatch):
    watch = BlobWatch(workshop.blobs, "owner")
    assert not watch.is_out()
    assert watch.wait(0)
    monkeypatch.setattr(type(workshop.blobs), "get", lambda *_: b"other")
    assert watch.is_out()
    watch.stop()


def test_a_store_that_deletes_nothing_takes_results_all_the_same(workshop, monkeypatch):
    def refuse(*_):
        raise BlobError("AccessDenied")

    monkeypatch.setattr(type(workshop.blobs), "delete", refuse)
    assert not workshop.blob_watch.is_out()


def test_others_are_told_and_such_a_worker_takes_no_jobs(workshop, client, drain, disk):
    stall(workshop, client, drain, disk)
    Presence(workshop).announce()
    redis, key = workshop.store.redis, worker_key(workshop.owner)
    redis.hset(key, "host", "test")
    assert str(disk.folder) in redis.hget(key, "blobs_fault")
    assert not lives(workshop.settings.redis_url, "test", ready=True)
    assert lives(workshop.settings.redis_url, "test")


def test_a_store_that_stays_away_fails_the_job_with_nothing_left(workshop, client, drain, disk, tmp_path):
    workshop.store.settings = workshop.settings.model_copy(update={"storage_patience_s": 1.0})
    job_id = stall(workshop, client, drain, disk)
    Presence(workshop).announce()
    until(lambda: Reaper(workshop).sweep().dead == 1, "the end of patience")
    view = client.view(job_id)
    assert (view.state, view.problem.type) == (State.FAILED, "storage")
    assert str(tmp_path) not in view.problem.detail
    disk.come_back()
    assert workshop.blobs.list("results") == []
    workshop.store.requeue_dead(job_id)
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.SUCCEEDED


def test_while_another_workers_store_answers_a_job_only_waits_for_its_turn(workshop, client, drain, disk):
    job_id = stall(workshop, client, drain, disk)
    Presence(workshop).announce()
    redis = workshop.store.redis
    redis.zadd("packshot:workers", {"other": workshop.redis_now_ms()})
    redis.zadd("packshot:stalled", {job_id: 1})
    assert workshop.store.reap().dead == 0
    assert client.view(job_id).state is State.QUEUED
    redis.zadd("packshot:stalled", {job_id: 1})
    redis.zrem("packshot:workers", "other")
    assert workshop.store.reap().dead == 1


def test_of_a_stalled_job_that_ended_nothing_is_kept(workshop, client, drain, disk):
    job_id = stall(workshop, client, drain, disk)
    workshop.store.cancel(TENANT, job_id)
    assert workshop.store.redis.zcard("packshot:stalled") == 0


def test_a_probe_that_a_killed_worker_left_is_an_orphan(workshop):
    token, path = "t" * 22, "probes/owner"
    assert workshop.store.begin_tidying(token) is not None
    assert workshop.store.tidy(token, [path], 1, path).marked == 1


def test_a_missing_folder_refuses_what_is_stored(tmp_path):
    blobs = BlobStore.from_url((tmp_path / "blobs").as_uri())
    (tmp_path / "blobs").rmdir()
    with pytest.raises(BlobError, match="is not there"):
        blobs.put("results/a/b", b"x")
    with pytest.raises(BlobError, match="is not there"):
        blobs.get("results/a/b")
    assert not (tmp_path / "blobs").exists()
