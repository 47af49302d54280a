"""Many erasers, slow ones and stuck ones: an erasure is one's at a time, and what comes after its end is not erased."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jobs.audit import Entry
from jobs.blobs import BlobStore
from jobs.erasing import STEPS, Eraser
from jobs.errors import ErasureLost
from jobs.store import JobStore
from jobs.store.auditing import AuditQuery
from jobs.webhooks.records import NewEndpoint

from .conftest import SHA, Shop

PHOTO = f"uploads/shop/{SHA}/n0"


@pytest.fixture
def blobs() -> BlobStore:
    return BlobStore.from_url("memory://")


def lapse(store: JobStore, erasure_id: str) -> None:
    """Let the lease of whoever is at work on it run out."""
    store.redis.zadd("packshot:erasures", {erasure_id: 1}, xx=True)


@contextmanager
def stuck(eraser: Eraser, at: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its erasure stops before this step for as long as the block lasts; then it goes on to its end."""
    reached, free, do = threading.Event(), threading.Event(), eraser._do

    def wait(step: str, *order: Any) -> Any:
        if step == at:
            reached.set()
            assert free.wait(60)
        return do(step, *order)

    monkeypatch.setattr(eraser, "_do", wait)
    thread = threading.Thread(target=eraser.go_on, args=(600,))
    thread.start()
    assert reached.wait(60)
    try:
        yield
    finally:
        free.set()
        thread.join()


def ends(store: JobStore) -> list[Entry]:
    return list(store.audit(["shop"], AuditQuery(action="tenant.erased")).items)


@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_eraser_that_wakes_after_the_end_erases_nothing_of_what_came_after(
    store: JobStore, blobs: BlobStore, shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shop.submit()
    erasure_id = store.start_erasure("shop", keys=True)
    with stuck(Eraser(store, blobs), step, monkeypatch):
        lapse(store, erasure_id)
        ended = Eraser(store, blobs).go_on(60)
        assert ended is not None
        assert store.erasure("shop", erasure_id).state == "done"  # type: ignore[union-attr]
        blobs.put(PHOTO, b"photo")
        job_id = shop.submit(key="anew")
        store.add_endpoint("shop", NewEndpoint("https://93.184.216.34/hook", ("*",), "", "http://localhost"))
        store.redis.zadd("packshot:keys-of:shop", {"0123456789abcdef": 1})
        store.redis.zadd("packshot:upload-tokens:shop", {"token": 1})
        store.redis.delete("packshot:guard")  # every script's own
        before = {name: store.redis.dump(name) for name in store.redis.scan_iter("*")}
    assert {name: store.redis.dump(name) for name in before} == before
    assert blobs.exists(PHOTO)
    assert shop.submit(key="anew") == job_id
    assert len(ends(store)) == 1


def test_an_erasure_is_its_holders_until_that_gives_it_back_or_its_lease_lapses(store: JobStore) -> None:
    erasure_id = store.start_erasure("shop")
    first = store.claim_erasure()
    assert first is not None
    store.note_erasure(first, {"step": "batches"}, {})
    assert store.claim_erasure() is None, "between two steps"
    lapse(store, erasure_id)
    store.erase_keys(first)
    assert store.claim_erasure() is None, "it lives, and had not been asked for"
    lapse(store, erasure_id)
    second = store.claim_erasure()
    assert second is not None
    for late in (
        lambda: store.note_erasure(first, {"step": "done"}, {}),
        lambda: store.erase_keys(first),
        lambda: store.forget_keys(first),
        lambda: store.erase_upload("shop", SHA, first),
    ):
        with pytest.raises(ErasureLost):
            late()
    assert (store.erasure("shop", erasure_id).step, ends(store)) == ("batches", [])  # type: ignore[union-attr]
    store.note_erasure(second, {}, {}, pause_ms=0)
    assert store.claim_erasure() is not None


def test_an_erasure_ends_however_long_the_blob_store_takes_to_list(store: JobStore, blobs: BlobStore) -> None:
    for number in range(5):
        blobs.put(f"results/shop/job/{number}/0.webp", b"x")
        blobs.put(f"uploads/shop/{number:064x}/n", b"x")
    erasure_id = store.start_erasure("shop")
    for _ in range(60):  # the time is over as soon as anything was listed
        Eraser(store, blobs).go_on(budget_s=0)
    erasure = store.erasure("shop", erasure_id)
    assert erasure is not None
    assert (erasure.state, erasure.counts["files"]) == ("done", 10)
    assert blobs.list("results/shop/") == blobs.list("uploads/shop/") == []
