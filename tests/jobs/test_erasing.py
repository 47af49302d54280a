"""A tenant's everything, erased piece by piece: nothing is left, no neighbour loses any, and any stop is survived."""

import time
from collections.abc import Iterator

import pytest

from jobs.batches.records import NewBatch
from jobs.blobs import BlobStore
from jobs.erasing import Eraser
from jobs.errors import BlobError
from jobs.problems import ProblemError
from jobs.records import UploadRecord
from jobs.store import JobStore
from jobs.store.uploads import STORING_GRACE_MS
from jobs.webhooks.records import NewEndpoint

from .conftest import SHA, Hand, Merchant, Shop, make_spec

MARK = "zebra"


@pytest.fixture
def blobs() -> BlobStore:
    return BlobStore.from_url("memory://")


@pytest.fixture
def eraser(store: JobStore, blobs: BlobStore) -> Eraser:
    return Eraser(store, blobs)


def fill(store: JobStore, blobs: BlobStore, tenant: str) -> list[str]:
    """Jobs, a batch, photos and an endpoint, all of them marked; returns the jobs' ids."""
    shop, merchant = Shop(store), Merchant(store, tenant)
    store.add_endpoint(tenant, NewEndpoint("https://93.184.216.34/hook", ("*",), MARK, "http://localhost"))
    ids = [shop.submit(tenant, key=f"{MARK}{number}", external_id=f"{MARK}-{number}") for number in range(3)]
    store.cancel(tenant, ids[0])
    merchant.send(merchant.item(1), merchant.item(2), name=MARK)
    blobs.put(f"uploads/{tenant}/{SHA}/n0", b"photo")
    return ids


def skip_the_pause(store: JobStore, erasure_id: str) -> None:
    """Whoever was at work on it has given it back, and it is time to go on."""
    assert not store.redis.hexists(f"packshot:erasure:{erasure_id}", "token")
    store.redis.zadd("packshot:erasures", {erasure_id: 1}, xx=True)


def finish_erasure(eraser: Eraser, store: JobStore, erasure_id: str, tenant: str = "shop") -> None:
    for _ in range(20):
        skip_the_pause(store, erasure_id)
        eraser.go_on()
        erasure = store.erasure(tenant, erasure_id)
        assert erasure is not None
        if erasure.state == "done":
            return
    pytest.fail(f"not done: {erasure}")


def every_word(store: JobStore) -> Iterator[tuple[str, str]]:
    """Each key with its name and all that it holds, as text."""
    redis = store.redis
    for name in redis.scan_iter("*"):
        kind = redis.type(name)
        if kind == "string":
            held: object = redis.get(name)
        elif kind == "hash":
            held = redis.hgetall(name)
        elif kind == "zset":
            held = redis.zrange(name, 0, -1)
        elif kind == "stream":
            held = redis.xrange(name)
        else:
            held = redis.lrange(name, 0, -1) if kind == "list" else redis.smembers(name)
        yield name, f"{name} {held}"


def traces(store: JobStore, *words: str) -> list[str]:
    return sorted(name for name, told in every_word(store) if any(word in told for word in words))


def test_nothing_is_left_of_an_erased_tenant(store: JobStore, blobs: BlobStore, eraser: Eraser, hand: Hand) -> None:
    ids = fill(store, blobs, "shop")
    hand.finish(hand.claim())
    assert traces(store, MARK)
    erasure_id = store.start_erasure("shop")
    finish_erasure(eraser, store, erasure_id)
    store.redis.delete(*store.redis.keys("packshot:claim:*"))  # a job's id, for a minute
    assert traces(store, MARK, SHA, *ids) == []
    own = {name.removeprefix("packshot:") for name, told in every_word(store) if "shop" in told}
    log = {"audit:shop:changes", "audit-head:shop", "audit-due"}
    assert own == log | {f"erasure:{erasure_id}", "tenant:shop"}, "the log and the receipt are kept"
    assert blobs.list("uploads/shop/") == []
    assert blobs.list("results/shop/") == []
    erasure = store.erasure("shop", erasure_id)
    assert erasure is not None
    assert (erasure.counts["jobs"], erasure.counts["batches"], erasure.counts["webhooks"]) == (3, 1, 1)


def test_the_neighbours_keep_all_of_theirs(store: JobStore, blobs: BlobStore, eraser: Eraser) -> None:
    for tenant in ("shop", "shop-2"):
        fill(store, blobs, tenant)
    erasure_id = store.start_erasure("shop")
    finish_erasure(eraser, store, erasure_id)
    assert len(store.list("shop-2", external_id=f"{MARK}-1").items) == 1
    assert len(store.list("shop-2").items) == 5
    assert blobs.exists(f"uploads/shop-2/{SHA}/n0")
    assert store.get_upload("shop-2", SHA) is not None
    assert len(store.list_endpoints("shop-2").items) == 1


def test_a_running_job_is_waited_for_and_leaves_nothing(
    store: JobStore, blobs: BlobStore, eraser: Eraser, shop: Shop, hand: Hand
) -> None:
    job_id = shop.submit(external_id=MARK)
    claim = hand.claim()
    erasure_id = store.start_erasure("shop")
    for _ in range(3):
        skip_the_pause(store, erasure_id)
        eraser.go_on()
    erasure = store.erasure("shop", erasure_id)
    assert erasure is not None
    assert (erasure.state, erasure.step) == ("running", "records")
    assert "a worker still has" in erasure.left[0]
    assert store.heartbeat(job_id, claim.token) == "cancel"
    blobs.put(f"results/shop/{job_id}/{claim.token}/0.png", b"late")
    assert not hand.finish(claim)
    finish_erasure(eraser, store, erasure_id)
    assert traces(store, MARK) == []
    assert blobs.list("results/shop/") == []


def test_what_a_stalled_worker_writes_after_its_job_was_erased_is_collected(
    store: JobStore, blobs: BlobStore, shop: Shop, hand: Hand
) -> None:
    job_id = shop.submit()
    claim = hand.claim()
    store.delete("shop", job_id)
    hand.lose_lease(claim)
    garbage = [*store.reap().garbage, *store.reap().garbage]
    store.collected(garbage)
    blobs.put(f"results/shop/{job_id}/{claim.token}/0.png", b"late")
    left = f"results/shop/{job_id}/{claim.token}/"
    assert store.redis.zscore("packshot:garbage", left) is not None, "nobody would ever look for it"


def test_nothing_new_is_taken_while_everything_is_erased(
    store: JobStore, blobs: BlobStore, eraser: Eraser, shop: Shop, merchant: Merchant
) -> None:
    shop.upload()
    item = merchant.item(1)
    erasure_id = store.start_erasure("shop")
    assert store.start_erasure("shop") == erasure_id, "one at a time"
    for attempt in (
        lambda: store.submit("shop", make_spec()),
        lambda: store.foresee("shop", make_spec()),
        lambda: store.create_batch("shop", NewBatch((item,))),
        lambda: shop.upload(sha256="b" * 64),
        lambda: store.announce_upload(f"uploads/shop/{'b' * 64}/n1"),
        lambda: store.touch_upload("shop", "b" * 64, announced=f"uploads/shop/{'b' * 64}/n1"),
    ):
        with pytest.raises(ProblemError, match="being-erased"):
            attempt()
    finish_erasure(eraser, store, erasure_id)
    assert shop.submit()


@pytest.mark.parametrize("already_begun", [False, True])
def test_a_photo_that_was_on_its_way_before_the_end_is_not_kept(
    store: JobStore, eraser: Eraser, already_begun: bool
) -> None:
    path = f"uploads/shop/{SHA}/late"
    if not already_begun:
        store.announce_upload(path)
    erasure_id = store.start_erasure("shop")
    if already_begun:  # as by a release that still took it
        seconds, microseconds = store.redis.time()
        store.redis.zadd("packshot:garbage", {path: seconds * 1000 + microseconds // 1000 + STORING_GRACE_MS})
        store.redis.hset("packshot:tenant:shop", "erased_ms", 1)
    finish_erasure(eraser, store, erasure_id)
    with pytest.raises(ProblemError, match="being-erased"):
        store.put_upload("shop", SHA, UploadRecord(path, 1, "jpeg", 1, 1))
    time.sleep(0.002)  # one of the same millisecond counts as of before
    store.announce_upload(f"{path}r")
    assert store.put_upload("shop", SHA, UploadRecord(f"{path}r", 1, "jpeg", 1, 1))


def test_looking_at_what_is_held_does_not_keep_an_erasure_from_its_end(
    store: JobStore, blobs: BlobStore, eraser: Eraser
) -> None:
    fill(store, blobs, "shop")
    erasure_id = store.start_erasure("shop")
    assert store.held("shop").jobs == 5
    assert not store.redis.exists("packshot:held:shop"), "each look would find one, and another look follow"
    finish_erasure(eraser, store, erasure_id)
    assert store.held("shop").jobs == 0
    assert store.redis.exists("packshot:held:shop")


def test_an_erasure_goes_on_wherever_it_was_stopped(store: JobStore, blobs: BlobStore, eraser: Eraser) -> None:
    fill(store, blobs, "shop")
    erasure_id = store.start_erasure("shop")
    for _ in range(60):  # each time a moment alone, and then as if the reaper were gone
        skip_the_pause(store, erasure_id)
        Eraser(store, blobs).go_on(budget_s=0.001)
    finish_erasure(eraser, store, erasure_id)
    assert traces(store, MARK) == []


def test_a_batch_that_nobody_saw_yet_goes_too(store: JobStore, eraser: Eraser, merchant: Merchant) -> None:
    item = merchant.item(1)
    store.run_script(
        "open_batch", id="bat_staged", tenant="shop", terms="{}", about=f'{{"name":"{MARK}"}}', grace_ms=60
    )
    packed = [item.pack("w", 60)]
    store.run_script("fill_batch", id="bat_staged", tenant="shop", first=1, items=packed, grace_ms=600_000)
    assert traces(store, MARK, "sku-1")
    finish_erasure(eraser, store, store.start_erasure("shop"))
    assert traces(store, MARK, "sku-1", "bat_staged") == []
    assert not store.redis.exists("packshot:live", "packshot:refs")


def test_a_blob_store_that_fails_is_told_of_and_asked_again(
    store: JobStore, blobs: BlobStore, eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folder: str) -> None:
        raise BlobError("no")

    erasure_id = store.start_erasure("shop")
    monkeypatch.setattr(blobs, "pages", fail)
    with pytest.raises(BlobError):
        eraser.go_on()
    erasure = store.erasure("shop", erasure_id)
    assert erasure is not None
    assert (erasure.state, erasure.step, "blob store" in erasure.left[0]) == ("running", "files", True)
    monkeypatch.undo()
    finish_erasure(eraser, store, erasure_id)
    assert store.erasure("shop", erasure_id).left == ()  # type: ignore[union-attr]


def test_keys_go_only_when_asked_for(store: JobStore, eraser: Eraser) -> None:
    store.redis.hset("packshot:key:0123456789abcdef", mapping={"tenant": "shop", "sha256": "x", "name": MARK})
    store.redis.zadd("packshot:keys-of:shop", {"0123456789abcdef": 1})
    finish_erasure(eraser, store, store.start_erasure("shop"))
    assert traces(store, MARK) == ["packshot:key:0123456789abcdef"]
    finish_erasure(eraser, store, store.start_erasure("shop", keys=True))
    assert traces(store, MARK) == []


def test_the_journal_is_written_anew_after_an_erasure_and_seldom(store: JobStore, shop: Shop) -> None:
    store.delete("shop", shop.submit())
    assert [store.journal_due(), store.journal_due()] == [True, False]
    store.delete("shop", shop.submit())
    assert not store.journal_due(), "within the hour"
    store.redis.set("packshot:journal-asked", 1)
    assert store.journal_due()


def test_the_receipt_tells_when_the_journal_was_asked_for_after_the_end(store: JobStore, eraser: Eraser) -> None:
    erasure_id = store.start_erasure("shop")
    store.redis.set("packshot:journal-due", 1)
    assert store.journal_due()
    finish_erasure(eraser, store, erasure_id)
    store.journal_rewritten(True)  # that of before: all of it may be in it still
    assert store.erasure("shop", erasure_id).journal_ms is None  # type: ignore[union-attr]
    store.redis.delete("packshot:journal-asked")
    assert store.journal_due()
    store.journal_rewritten(True)
    erasure = store.erasure("shop", erasure_id)
    assert erasure is not None
    assert (erasure.journal_ms or 0) >= (erasure.finished_ms or 0) > 0
