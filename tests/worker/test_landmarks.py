"""What the blob store remembers of the record, where Redis lost it and no process that saw it is left."""

import logging

import pytest

from jobs.errors import BlobError
from worker.landmarks import PATH, Landmarks
from worker.reaper import Reaper


@pytest.fixture
def marks(workshop):
    """A worker's, which may be another's than the one before: it remembers nothing itself."""
    return lambda: Landmarks(workshop.store, workshop.blobs)


def look_again(workshop):
    """As if the turn were over."""
    workshop.store.redis.delete("packshot:turn:landmark")


def test_a_new_record_sets_its_mark_and_is_no_loss(workshop, client, marks):
    assert not marks().go_on()
    assert not workshop.blobs.exists(PATH)  # nobody has named it yet
    workshop.store.reap()
    client.submit()
    assert not marks().go_on()
    assert workshop.blobs.exists(PATH)
    assert workshop.store.lost_ms() is None


def test_a_record_that_goes_on_is_no_loss(workshop, client, marks):
    workshop.store.reap()
    for _ in range(3):
        client.submit()
        look_again(workshop)
        assert not marks().go_on()


@pytest.mark.parametrize("submitted", [0, 5])
def test_a_redis_that_came_back_empty_is_noticed_though_all_workers_ended_too(workshop, client, marks, submitted):
    """As many jobs came again before any worker looked: no sequence tells, and nobody remembered the record's name."""
    workshop.store.reap()
    for _ in range(2):
        client.submit()
    marks().go_on()
    workshop.store.redis.flushall()
    for _ in range(submitted):
        client.submit()
    workshop.store._seen = None  # another process
    assert not workshop.store.reap().record_lost
    assert marks().go_on()
    assert workshop.store.lost_ms()
    look_again(workshop)
    assert not marks().go_on()  # told once


def test_an_older_copy_of_the_record_is_noticed(workshop, client, marks):
    workshop.store.reap()
    client.submit()
    kept = workshop.store.redis.get("packshot:sequence")
    client.submit()
    marks().go_on()
    workshop.store.redis.set("packshot:sequence", kept)  # a backup that was put back
    look_again(workshop)
    assert marks().go_on()


def test_one_worker_at_a_time_looks(workshop, client, marks, monkeypatch):
    workshop.store.reap()
    assert not marks().go_on()
    monkeypatch.setattr(workshop.blobs, "get", lambda _path: pytest.fail("it is nobody's turn"))
    assert not marks().go_on()


def test_a_mark_that_another_worker_sets_meanwhile_is_no_loss(workshop, client, marks, monkeypatch):
    """Turns fail where Redis takes no writes, or a worker stood still for longer than one lasts."""
    workshop.store.reap()
    marks().go_on()
    look_again(workshop)
    read = workshop.blobs.get

    def read_late(path):
        monkeypatch.setattr(workshop.blobs, "get", read)
        client.submit()
        look_again(workshop)
        assert not marks().go_on()
        return read(path)

    monkeypatch.setattr(workshop.blobs, "get", read_late)
    assert not marks().go_on()
    assert workshop.blobs.get is read
    assert workshop.store.lost_ms() is None


@pytest.mark.parametrize("left", [b"", b"{}", b"[]", b"\xff", b'{"epoch": "x", "sequence": null}'])
def test_a_mark_that_cannot_be_read_is_made_anew(workshop, marks, left):
    workshop.store.reap()
    workshop.blobs.put(PATH, left)
    assert not marks().go_on()
    assert workshop.blobs.get(PATH) != left
    assert workshop.store.lost_ms() is None


def test_sweeps_look_and_outlive_a_store_that_is_away(workshop, client, monkeypatch, caplog):
    reaper = Reaper(workshop)
    reaper.sweep()
    client.submit()
    workshop.store.redis.flushall()
    workshop.store._seen = None
    with caplog.at_level(logging.ERROR):
        reaper.sweep()
    assert "the mark of another record" in caplog.text
    look_again(workshop)

    def away(path):
        raise BlobError(f"{path}: away")

    monkeypatch.setattr(reaper._landmarks._blobs, "get", away)
    assert reaper.sweep().removed == 0
    assert "waits for the blob store" in caplog.text


def test_two_installations_that_share_a_store_set_no_marks(workshop):
    workshop.settings = workshop.settings.model_copy(update={"collect_orphans": False})
    Reaper(workshop).sweep()
    assert not workshop.blobs.exists(PATH)
