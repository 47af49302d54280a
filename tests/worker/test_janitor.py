"""What no record names is found in the blob store itself, once it is older than anything may be kept."""

import os
import time
from types import SimpleNamespace

import pytest

from jobs import blob_pages
from jobs.blob_pages import pages_of_folder
from jobs.blobs import BlobStore
from jobs.errors import BlobError
from jobs.records import OutputRecord
from jobs.store import tidying
from worker import landmarks
from worker.janitor import Janitor
from worker.reaper import Reaper

from .conftest import TENANT, png

SHA = "ab" * 32
DAY_S = 86_400


@pytest.fixture
def workshop(workshop, tmp_path):
    """Its blobs lie in a folder, where their age can be set."""
    workshop.blobs = BlobStore.from_url((tmp_path / "blobs").as_uri(), synced=False)
    return workshop


@pytest.fixture
def client(client, workshop):
    client.blobs = workshop.blobs
    return client


@pytest.fixture
def janitor(workshop):
    return Janitor(workshop.store, workshop.blobs)


def age(workshop, days=31.0):
    """Every file was stored so long ago."""
    when = time.time() - days * DAY_S
    for file in workshop.blobs.folder.rglob("*"):
        os.utime(file, (when, when))


def look_through(janitor):
    """Until the end of the store; what was met."""
    for _ in range(50):
        if tidied := janitor.go_on():
            return tidied
    pytest.fail("the look through the store has no end")


def marked(workshop):
    return set(workshop.store.redis.zrange("packshot:garbage", 0, -1))


def look_again(workshop):
    workshop.store.redis.hdel("packshot:janitor", "next_ms")


def finished_job(workshop, client):
    job_id = client.submit()
    claim = workshop.store.claim("worker")
    workshop.blobs.put(path := f"results/{TENANT}/{job_id}/{claim.token}/0.png", b"picture")
    output = OutputRecord(0, path, "png", 1, 1, 7, SHA)
    assert workshop.store.finish(job_id, claim.token, outputs=[output], manifest={})
    return job_id, path


def test_what_redis_lost_is_deleted_once_it_is_old(workshop, client, janitor):
    _, picture = finished_job(workshop, client)
    photos = workshop.blobs.list("uploads")
    workshop.store.redis.flushall()
    age(workshop)
    assert look_through(janitor) == tidying.Tidied(blobs=2, marked=2)
    assert marked(workshop) == {picture.rpartition("/")[0] + "/", *photos}
    Reaper(workshop).sweep()
    assert workshop.blobs.exists(picture)  # not before a day is over
    for path in marked(workshop):
        workshop.store.redis.zadd("packshot:garbage", {path: 1})
    Reaper(workshop).sweep()
    left = [path for path in workshop.blobs.folder.rglob("*") if path.is_file()]
    assert left == [workshop.blobs.folder / landmarks.PATH]


def test_what_a_record_names_stays_however_old_it_is(workshop, client, janitor):
    finished_job(workshop, client)
    running = client.submit()
    token = workshop.store.claim("worker").token
    workshop.blobs.put(f"results/{TENANT}/{running}/{token}/0.png", b"half of the work")
    age(workshop, days=400)
    before = marked(workshop)
    assert look_through(janitor).marked == 0
    assert marked(workshop) == before


def test_what_is_young_stays_since_its_record_may_be_about_to_be_written(workshop, janitor):
    workshop.blobs.put(f"uploads/{TENANT}/{SHA}/n0", b"photo")
    for days in (0, 1, 30):
        age(workshop, days)
        look_again(workshop)
        assert look_through(janitor).marked == 0
    age(workshop, days=30.1)
    look_again(workshop)
    assert look_through(janitor).marked == 1


def test_a_photo_stored_anew_does_not_keep_its_earlier_blob(workshop, client, janitor):
    client.upload(photo := png())
    (named,) = workshop.blobs.list("uploads")
    workshop.blobs.put(stray := named.rpartition("/")[0] + "/another", photo)
    age(workshop)
    assert look_through(janitor).marked == 1
    assert stray in marked(workshop)


def test_another_tenants_job_does_not_keep_a_blob(workshop, client, janitor):
    job_id, _ = finished_job(workshop, client)
    workshop.blobs.put(f"results/rival/{job_id}/t/0.png", b"not theirs")
    age(workshop)
    assert look_through(janitor).marked == 1


def test_what_a_killed_writer_left_half_written_is_found(workshop, janitor):
    half = workshop.blobs.folder / "uploads" / TENANT / SHA / "n0#1"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half a photo")
    age(workshop)
    assert look_through(janitor).marked == 1
    (path,) = marked(workshop)
    workshop.blobs.delete(path)
    assert not half.exists()


def test_one_worker_looks_at_a_time_and_another_goes_on_where_it_died(workshop, janitor, monkeypatch):
    monkeypatch.setattr(blob_pages, "PAGE", 2)
    for number in range(5):
        workshop.blobs.put(f"uploads/{TENANT}/{number:064x}/n", b"photo")
    age(workshop)
    assert janitor.go_on() is None
    other = Janitor(workshop.store, workshop.blobs)
    assert other.go_on() is None
    assert len(marked(workshop)) == 2  # it was not let in
    workshop.store.redis.delete("packshot:janitor-lease")  # as when its time is over
    assert look_through(other) == tidying.Tidied(blobs=5, marked=5)
    assert janitor.go_on() is None
    assert len(marked(workshop)) == 5


def test_after_the_end_it_rests(workshop, janitor):
    look_through(janitor)
    workshop.blobs.put(f"uploads/{TENANT}/{SHA}/n0", b"photo")
    age(workshop)
    for _ in range(3):
        assert janitor.go_on() is None
    assert marked(workshop) == set()
    look_again(workshop)
    assert look_through(janitor).marked == 1


def test_it_tells_how_much_was_found(workshop, janitor, caplog):
    workshop.blobs.put(f"uploads/{TENANT}/{SHA}/n0", b"photo")
    age(workshop)
    look_through(janitor)
    assert "1 blobs were looked at; no record names what lies at 1 places" in caplog.text


def test_a_blob_store_that_fails_does_not_end_the_sweeping(workshop, monkeypatch, caplog):
    def fails(*_):
        raise BlobError("uploads: the bucket is away")

    monkeypatch.setattr(type(workshop.blobs), "pages", fails)
    Reaper(workshop).sweep()
    assert "waits for the blob store: uploads: the bucket is away" in caplog.text


def test_a_blob_store_that_failed_is_left_alone_for_ten_minutes(workshop, janitor, monkeypatch):
    asked, clock = [], SimpleNamespace(monotonic=lambda: 1000.0)

    def fails(*_):
        asked.append(1)
        raise BlobError("uploads: the bucket is away")

    monkeypatch.setattr("worker.janitor.time", clock)
    with monkeypatch.context() as patched:
        patched.setattr(type(workshop.blobs), "pages", fails)
        with pytest.raises(BlobError):
            janitor.go_on()
        for now in (1000.0, 1599.0):
            clock.monotonic = lambda now=now: now
            assert janitor.go_on() is None
        assert len(asked) == 1
    clock.monotonic = lambda: 1601.0
    assert look_through(janitor) == tidying.Tidied(blobs=0, marked=0)


def test_it_can_be_switched_off(workshop, client):
    workshop.settings = workshop.settings.model_copy(update={"collect_orphans": False})
    Reaper(workshop).sweep()
    assert not workshop.store.redis.exists("packshot:janitor", "packshot:janitor-lease")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages_come_in_the_stores_order_and_go_on_behind_any_path(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blob_pages, "PAGE", size)
    memory, folder = BlobStore.from_url("memory://"), BlobStore.from_url(tmp_path.as_uri(), synced=False)
    paths = [f"uploads/{name}" for name in ("a/1/x", "a/1/y", "a/10/x", "a-b/1/x", "a.b/1/x", "a0/1/x", "b/1/x")]
    for path in [*paths, "results/a/1/x", "uploadsx/a/1/x"]:
        memory.put(path, b"x")
        folder.put(path, b"x")
    for after in ["", *paths, "uploads/a/1/xx", "uploads/zz"]:
        wanted = sorted(path for path in paths if path > after)
        for blobs in (memory, folder):
            pages = list(blobs.pages("uploads", after))
            assert [blob.path for page in pages for blob in page] == wanted
            assert all(len(page) <= size for page in pages)


def test_a_folder_that_is_not_there_has_no_pages(tmp_path):
    assert list(pages_of_folder(tmp_path, "uploads", "")) == []
