"""Many erasers, slow ones and stuck ones: an erasure is one's at a time, and what comes after its end is not erased."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from jobs.audit import Entry
from jobs.blobs import BlobStore
from jobs.erasing import STEPS, Eraser
from jobs.errors import BlobError, ErasureLost
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
        store.redis.delete("packshot:guard", "packshot:threads")  # every script's own; it lives for a second
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


@pytest.mark.parametrize("kind", ["file", "memory"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_eraser_that_stalls_right_after_its_check_leaves_what_comes_after_the_end(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, at: int
) -> None:
    blobs = BlobStore.from_url(tmp_path.as_uri() if kind == "file" else "memory://", synced=False)
    for path in (PHOTO, "results/shop/job/token/0.webp"):
        blobs.put(path, b"of before")
    erasure_id = store.start_erasure("shop")
    claimed, check, checks = store.claim_erasure(), store.erase_keys, []
    assert claimed is not None

    def stall(*order: Any, **more: Any) -> int:
        erased = check(*order, **more)
        checks.append(1)
        if len(checks) == at:
            monkeypatch.undo()
            lapse(store, erasure_id)
            assert Eraser(store, blobs).go_on(60) is not None
            assert store.erasure("shop", erasure_id).state == "done"  # type: ignore[union-attr]
            for path in anew:
                blobs.put(path, b"of after")
        return erased

    anew = [f"uploads/shop/{SHA}/n1", "results/shop/job2/token/0.webp"]
    monkeypatch.setattr(store, "erase_keys", stall)
    with suppress(ErasureLost):
        Eraser(store, blobs)._files(claimed, time.monotonic() + 600)
    assert len(checks) == at
    assert [blobs.get(path) for path in anew] == [b"of after"] * 2


def test_an_erasure_comes_back_later_to_a_store_that_only_says_it_deleted(
    store: JobStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs.put(PHOTO, b"photo")
    erasure_id = store.start_erasure("shop")
    with monkeypatch.context() as patched:
        patched.setattr(blobs, "delete", lambda _path: None)
        with pytest.raises(BlobError, match="not all of it"):
            Eraser(store, blobs).go_on(60)
    assert "blob store" in store.erasure("shop", erasure_id).left[0]  # type: ignore[union-attr]
    lapse(store, erasure_id)
    Eraser(store, blobs).go_on(60)
    assert store.erasure("shop", erasure_id).state == "done"  # type: ignore[union-attr]
