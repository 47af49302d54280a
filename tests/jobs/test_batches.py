"""Batches at the bare store: fed, paused, canceled, tried again, erased; identical work done once."""

from collections.abc import Iterator

import pytest

from jobs.batches.records import BatchState, ItemState, NewBatch
from jobs.connection import connect
from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.states import State
from jobs.store import JobStore

from .conftest import BOOM, BROKEN, SHA, Hand, Merchant, Shop, finish_all

WINDOW = 4


@pytest.fixture
def store(settings: JobsSettings) -> Iterator[JobStore]:
    client = connect(settings.redis_url)
    store = JobStore(client, settings.model_copy(update={"batch_window": WINDOW}))
    yield store
    store.close()
    client.close()


def test_a_batch_is_done_through_a_window_of_jobs(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(10)
    assert merchant.counts(batch_id) == {"total": 10, "waiting": 6, "queued": 4}
    claim = hand.claim()
    assert claim.in_batch
    assert merchant.counts(batch_id) == {"total": 10, "waiting": 6, "queued": 3, "running": 1}
    hand.finish(claim)
    assert merchant.counts(batch_id) == {"total": 10, "waiting": 5, "queued": 4, "succeeded": 1}
    assert finish_all(hand) == 9
    view = merchant.view(batch_id)
    assert (view.state, view.counts.succeeded) == (BatchState.FINISHED, 10)
    assert view.finished_ms
    assert view.expires_ms
    assert view.expires_ms >= view.finished_ms + merchant.store.settings.retention_s * 1000


def test_items_are_done_in_the_order_of_their_rows(merchant: Merchant, hand: Hand):
    merchant.send_many(9)
    claims = [hand.claim() for _ in range(4)]
    assert [claim.spec.external_id for claim in claims] == [f"sku-{at}" for at in range(1, 5)]
    assert all(claim.job_id[:6] == claims[0].job_id[:6] and len(claim.job_id) == 30 for claim in claims)


def test_identical_work_is_done_once(merchant: Merchant, hand: Hand):
    twins = [merchant.item(at, sha256=SHA, metadata={"note": str(at)}) for at in range(6)]
    batch_id = merchant.send(*twins, merchant.item(7, sha256=SHA, seed=3))
    assert merchant.counts(batch_id) == {"total": 7, "waiting": 3, "queued": 4}
    assert finish_all(hand) == 2  # one for the six, one for the other seed
    items = merchant.store.batch_items(merchant.view(batch_id), limit=10).items
    assert len({item.job_id for item in items}) == 2
    assert {item.state for item in items} == {ItemState.SUCCEEDED}
    assert [item.sku for item in items] == ["sku-0", "sku-1", "sku-2", "sku-3", "sku-4", "sku-5", "sku-7"]
    assert all(item.outputs[0].sha256 == "b" * 64 for item in items)


def test_what_a_single_job_has_done_is_not_done_again(merchant: Merchant, shop: Shop, hand: Hand):
    job_id = shop.submit(expires_in_s=60)
    hand.finish(hand.claim())
    before = shop.view(job_id).expires_ms
    batch_id = merchant.send(merchant.item(1, sha256=SHA))
    assert merchant.view(batch_id).state is BatchState.FINISHED
    assert merchant.store.batch_items(merchant.view(batch_id), limit=1).items[0].job_id == job_id
    after = shop.view(job_id).expires_ms
    assert after
    assert before
    assert after - before > 80_000_000  # lives a day for the batch's sake, no longer a minute


def test_failed_work_stands_for_nobody_else(merchant: Merchant, shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    merchant.store.fail(claim.job_id, claim.token, BOOM)
    batch_id = merchant.send(merchant.item(1, sha256=SHA))
    assert merchant.counts(batch_id) == {"total": 1, "queued": 1}


def test_a_job_about_to_be_stopped_stands_for_nobody_else(merchant: Merchant, hand: Hand):
    first = merchant.send(merchant.item(1, sha256=SHA))
    stopped = hand.claim()
    merchant.store.cancel_batch("shop", first)
    second = merchant.send(*(merchant.item(at, sha256=SHA) for at in range(3)))
    items = merchant.store.batch_items(merchant.view(second), limit=3).items
    assert len({item.job_id for item in items} - {stopped.job_id}) == 1
    merchant.store.cancel_running(stopped.job_id, stopped.token)
    assert finish_all(hand) == 1
    assert merchant.counts(second) == {"total": 3, "succeeded": 3}


def test_a_job_with_a_deadline_stands_for_others_only_once_it_succeeded(merchant: Merchant, shop: Shop, hand: Hand):
    shop.submit(deadline_s=100)
    claim = hand.claim()
    first = merchant.send(merchant.item(1, sha256=SHA))
    assert merchant.counts(first) == {"total": 1, "queued": 1}
    hand.finish(claim)
    hand.finish(hand.claim())
    later = merchant.send(merchant.item(1, sha256=SHA, deadline_s=5))
    assert merchant.counts(later) == {"total": 1, "succeeded": 1}


def test_another_tenants_work_stands_for_nobody_else(merchant: Merchant, hand: Hand):
    merchant.send(merchant.item(1, sha256=SHA))
    rival = Merchant(merchant.store, "rival")
    batch_id = rival.send(rival.item(1, sha256=SHA))
    assert finish_all(hand) == 2
    assert merchant.store.get_batch("shop", batch_id) is None
    for steer in (merchant.store.pause_batch, merchant.store.retry_batch, merchant.store.erase_batch):
        with pytest.raises(ProblemError, match="not-found"):
            steer("shop", batch_id)


def test_broken_rows_are_failed_items_from_the_start(merchant: Merchant, hand: Hand):
    batch_id = merchant.send(BROKEN, merchant.item(2))
    assert merchant.states(batch_id) == ["failed", "queued"]
    finish_all(hand)
    broken = merchant.store.batch_items(merchant.view(batch_id), state=ItemState.FAILED, limit=10).items
    assert [(item.row, item.sku, item.problem and item.problem.detail) for item in broken] == [
        (1, "broken", "no such colour")
    ]
    assert merchant.store.retry_batch("shop", batch_id) == 0  # the row would be as broken as before
    assert merchant.view(batch_id).state is BatchState.FINISHED


def test_a_batch_of_broken_rows_alone_is_finished_at_once(merchant: Merchant):
    assert merchant.view(merchant.send(BROKEN)).state is BatchState.FINISHED


def test_a_paused_batch_starts_nothing_and_goes_on_when_asked(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(6)
    merchant.store.pause_batch("shop", batch_id)
    assert finish_all(hand) == 4
    merchant.store.reap()
    assert merchant.counts(batch_id) == {"total": 6, "waiting": 2, "succeeded": 4}
    assert merchant.view(batch_id).state is BatchState.PAUSED
    merchant.store.resume_batch("shop", batch_id)
    assert finish_all(hand) == 2
    assert merchant.view(batch_id).state is BatchState.FINISHED
    with pytest.raises(ProblemError, match="already-terminal"):
        merchant.store.pause_batch("shop", batch_id)


def test_canceling_ends_what_has_not_ended(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(600)
    hand.finish(hand.claim())
    running = hand.claim()
    merchant.store.cancel_batch("shop", batch_id)
    merchant.store.cancel_batch("shop", batch_id)
    assert merchant.counts(batch_id) == {"total": 600, "succeeded": 1, "canceled": 599}
    assert merchant.view(batch_id).state is BatchState.CANCELED
    assert hand.store.heartbeat(running.job_id, running.token) == "cancel"
    assert hand.store.cancel_running(running.job_id, running.token)
    assert merchant.counts(batch_id)["canceled"] == 599
    assert merchant.store.claim("hand") is None


def test_canceling_leaves_alone_what_others_wait_for(merchant: Merchant, shop: Shop, hand: Hand):
    single = shop.submit()
    first = merchant.send(merchant.item(1, sha256=SHA), merchant.item(2))
    second = merchant.send(merchant.item(2))
    merchant.store.cancel_batch("shop", first)
    assert shop.state(single) is State.QUEUED
    assert finish_all(hand) == 2
    assert merchant.view(second).counts.succeeded == 1
    assert merchant.view(first).counts.canceled == 2


def test_a_job_canceled_by_itself_is_a_canceled_item(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(6)
    first, second = (item.job_id for item in merchant.store.batch_items(merchant.view(batch_id), limit=2).items)
    assert first
    assert second
    merchant.store.cancel("shop", first)
    merchant.store.delete("shop", second)
    assert merchant.states(batch_id) == ["canceled", "canceled", "queued", "queued", "queued", "queued"]


def test_an_erased_result_is_told(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(1)
    claim = hand.claim()
    hand.finish(claim)
    merchant.store.delete("shop", claim.job_id)
    item = merchant.store.batch_items(merchant.view(batch_id), limit=1).items[0]
    assert (item.state, item.outputs) == (ItemState.SUCCEEDED, ())
    assert item.problem
    assert item.problem.type == "expired"


def test_a_retry_takes_the_failed_items_alone(merchant: Merchant, hand: Hand):
    batch_id = merchant.send(merchant.item(1), merchant.item(2), merchant.item(3), BROKEN)
    hand.finish(hand.claim())
    for _ in range(2):
        claim = hand.claim()
        merchant.store.fail(claim.job_id, claim.token, BOOM)
    assert merchant.view(batch_id).state is BatchState.FINISHED
    assert merchant.store.retry_batch("shop", batch_id) == 2
    assert merchant.view(batch_id).state is BatchState.RUNNING
    assert merchant.view(batch_id).finished_ms is None
    assert sum(merchant.view(batch_id).left.values()) == 2
    assert finish_all(hand) == 2
    assert merchant.counts(batch_id) == {"total": 4, "succeeded": 3, "failed": 1}
    assert merchant.view(batch_id).state is BatchState.FINISHED


def test_an_item_whose_photo_is_gone_fails_and_may_be_tried_again(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(5)
    merchant.store.drop_upload("shop", f"{5:064x}", f"uploads/shop/{5:064x}/n")
    finish_all(hand)
    item = merchant.store.batch_items(merchant.view(batch_id), after=4, limit=1).items[0]
    assert item.problem
    assert f"there is no upload sha256:{5:064x}" in item.problem.detail
    merchant.item(5)
    assert merchant.store.retry_batch("shop", batch_id) == 1
    assert finish_all(hand) == 1
    assert merchant.counts(batch_id) == {"total": 5, "succeeded": 5}


def test_a_photo_stays_while_an_item_waits_for_it(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(6)
    merchant.store.redis.zadd("packshot:uploads", {f"shop:{at:064x}": 1 for at in range(1, 7)}, xx=True)
    merchant.store.reap()
    finish_all(hand)
    assert merchant.counts(batch_id) == {"total": 6, "succeeded": 6}


def test_a_full_queue_makes_a_batch_wait_and_the_sweep_goes_on_with_it(settings: JobsSettings, hand: Hand):
    client = connect(settings.redis_url)
    narrow = Merchant(JobStore(client, settings.model_copy(update={"max_pending": 3, "batch_window": 10})))
    Shop(narrow.store).submit(priority="interactive")
    batch_id = narrow.send_many(5)
    assert narrow.counts(batch_id) == {"total": 5, "waiting": 3, "queued": 2}
    hand.claim()  # the single job leaves the queue, of which no batch hears
    assert narrow.store.reap().batches == 1
    assert narrow.counts(batch_id) == {"total": 5, "waiting": 2, "queued": 3}
    finish_all(hand)
    assert narrow.counts(batch_id) == {"total": 5, "succeeded": 5}
    client.close()


def test_the_sweep_ends_items_whose_job_was_lost(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(1)
    merchant.store.redis.delete(f"packshot:job:{hand.claim().job_id}")
    merchant.store.reap()
    assert merchant.counts(batch_id) == {"total": 1, "canceled": 1}


def test_the_same_idempotency_key_finds_the_same_batch(merchant: Merchant):
    first = merchant.send(merchant.item(1), idempotency_key="k", body="a" * 64)
    again = merchant.store.create_batch("shop", NewBatch((merchant.item(1),), idempotency_key="k", body="a" * 64))
    assert (again.batch_id, again.created) == (first, False)
    assert merchant.store.find_batch("shop", "k", "a" * 64) == first
    for attempt in (
        lambda: merchant.send(merchant.item(1), idempotency_key="k", body="b" * 64),
        lambda: merchant.store.find_batch("shop", "k", "b" * 64),
    ):
        with pytest.raises(ProblemError, match="idempotency-mismatch"):
            attempt()
    assert [view.id for view in merchant.store.list_batches("shop").batches] == [first]
    merchant.store.reap()
    assert {name.split(":")[2] for name in merchant.store.redis.keys("packshot:batch:*")} == {first}


def test_a_creation_that_dies_halfway_is_collected(merchant: Merchant, monkeypatch: pytest.MonkeyPatch):
    items = [merchant.item(at) for at in range(3)]
    before = keys(merchant.store) - {"guard"}

    def dies(name, /, **arguments):
        if name == "commit_batch":
            raise KeyboardInterrupt
        return JobStore.run_script(merchant.store, name, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr(merchant.store, "run_script", dies)
        with pytest.raises(KeyboardInterrupt):
            merchant.send(*items)
    assert merchant.store.list_batches("shop").batches == ()
    (staged,) = merchant.store.redis.zrange("packshot:batch-expiry", 0, -1)
    merchant.store.reap()
    assert {"batch", "live"} <= keys(merchant.store)  # not before its time
    merchant.store.redis.zadd("packshot:batch-expiry", {staged: 1})
    merchant.store.reap()
    assert keys(merchant.store) - {"recounted-jobs"} == before  # how long ago all jobs were counted


def test_erasing_takes_the_jobs_along_but_those_of_others(merchant: Merchant, shop: Shop, hand: Hand):
    single = shop.submit()
    batch_id = merchant.send(merchant.item(1, sha256=SHA), *(merchant.item(at) for at in range(2, 8)))
    other = merchant.send(merchant.item(3))
    hand.finish(hand.claim())
    hand.finish(hand.claim())
    running = hand.claim()
    merchant.store.erase_batch("shop", batch_id)
    merchant.store.erase_batch("shop", batch_id)
    assert merchant.store.get_batch("shop", batch_id) is None
    assert merchant.store.is_gone("shop", batch_id)
    assert shop.state(single) is State.SUCCEEDED
    assert running.spec.external_id == "sku-3"
    assert hand.finish(running)  # it is the other batch's too
    assert merchant.counts(other) == {"total": 1, "succeeded": 1}
    assert merchant.store.claim("hand") is None
    with pytest.raises(ProblemError, match="not-found"):
        merchant.store.pause_batch("shop", batch_id)


def test_nothing_is_left_of_batches_that_are_gone(merchant: Merchant, hand: Hand):
    erased, expired = merchant.send(*(merchant.item(at) for at in range(9)), BROKEN), merchant.send_many(3)
    hand.finish(hand.claim())
    claim = hand.claim()
    merchant.store.fail(claim.job_id, claim.token, BOOM)
    merchant.store.erase_batch("shop", erased)
    while claim := merchant.store.claim("hand"):
        if not hand.finish(claim):
            hand.store.cancel_running(claim.job_id, claim.token)
    assert merchant.view(expired).state is BatchState.FINISHED
    merchant.store.redis.zadd("packshot:batch-expiry", {expired: 1})
    merchant.store.reap()
    assert merchant.store.is_gone("shop", expired)
    for view in merchant.store.list("shop").items:
        merchant.store.delete("shop", view.id)
    assert keys(merchant.store) <= {"sequence", "turn", "claims", "depth", "gone", "garbage", "claim", "times"} | {
        "upload",
        "uploads",
        "recent-ends",
        "journal-due",
        "totals",
        "recounted",
        "recounted-jobs",
        "change",
        "changed",
    }


def test_jobs_live_as_long_as_their_batch(merchant: Merchant, shop: Shop, hand: Hand):
    batch_id = merchant.send(merchant.item(1), merchant.item(2, expires_in_s=60), *map(merchant.item, range(3, 6)))
    kept, short = hand.claim(), hand.claim()
    hand.finish(kept)
    hand.finish(short)
    merchant.store.redis.zadd("packshot:expiry", {kept.job_id: 1, short.job_id: 1})
    merchant.store.reap()
    assert shop.state(kept.job_id) is State.SUCCEEDED
    assert merchant.store.is_gone("shop", short.job_id)  # as it was asked for
    finish_all(hand)
    ends_ms = merchant.view(batch_id).expires_ms
    merchant.store.redis.zadd("packshot:expiry", {kept.job_id: 1})
    merchant.store.reap()
    assert shop.view(kept.job_id).expires_ms == ends_ms


def test_a_forgotten_pause_ends_the_batch(merchant: Merchant):
    batch_id = merchant.send_many(600)
    merchant.store.pause_batch("shop", batch_id)
    merchant.store.redis.zadd("packshot:batch-expiry", {batch_id: 1})
    merchant.store.reap()
    assert merchant.view(batch_id).state is BatchState.CANCELED
    assert merchant.counts(batch_id) == {"total": 600, "canceled": 600}


def test_a_tenant_has_only_so_many_open_batches(settings: JobsSettings, hand: Hand):
    client = connect(settings.redis_url)
    merchant = Merchant(JobStore(client, settings.model_copy(update={"max_open_batches": 1})))
    first = merchant.send_many(1)
    with pytest.raises(ProblemError, match="rate-limited"):
        merchant.send_many(2)
    Merchant(merchant.store, "rival").send_many(1)
    finish_all(hand)
    assert merchant.view(first).state is BatchState.FINISHED
    assert merchant.send_many(2)
    client.close()


def test_batches_are_listed_newest_first_page_by_page(merchant: Merchant):
    ids = [merchant.send(merchant.item(at), name=f"n{at}") for at in range(3)]
    first = merchant.store.list_batches("shop", limit=2)
    second = merchant.store.list_batches("shop", limit=2, cursor=first.cursor)
    assert [view.id for view in first.batches + second.batches] == ids[::-1]
    assert [view.name for view in first.batches] == ["n2", "n1"]
    assert second.cursor is None


def test_items_come_page_by_page_and_by_state(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(500)
    for _ in range(2):
        hand.finish(hand.claim())
    view = merchant.view(batch_id)
    page = merchant.store.batch_items(view, limit=450)
    rest = merchant.store.batch_items(view, after=page.cursor or 0, limit=450)
    assert [item.row for item in page.items + rest.items] == list(range(1, 501))
    assert rest.cursor is None
    done = merchant.store.batch_items(view, state=ItemState.SUCCEEDED, limit=10)
    assert [item.row for item in done.items] == [1, 2]
    assert done.cursor is None


def test_run_times_are_measured_per_kind_of_work(merchant: Merchant, hand: Hand):
    batch_id = merchant.send(merchant.item(1), *(merchant.item(at, operations=[{"op": "restore"}]) for at in (2, 3)))
    assert merchant.view(batch_id).times == {}
    claim = hand.claim()
    merchant.store.redis.hincrby(f"packshot:job:{claim.job_id}", "started_ms", -40_000)
    hand.finish(claim)
    view = merchant.view(batch_id)
    assert view.left == {"restore|": 2}
    assert 40_000 <= view.times["*"] < 45_000
    assert set(merchant.store.run_times(["upscale|", "restore|"])) == {"*", "upscale|"}


def test_a_job_taken_by_an_earlier_version_ends_as_ever(merchant: Merchant, shop: Shop, hand: Hand):
    job_id = shop.submit()
    merchant.store.redis.hdel(f"packshot:job:{job_id}", "work", "signature")
    assert hand.finish(hand.claim())
    assert shop.state(job_id) is State.SUCCEEDED
    merchant.store.delete("shop", job_id)


def test_a_waiting_poller_hears_of_an_items_end(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(2)
    seen = merchant.view(batch_id).version
    hand.finish(hand.claim())
    view = merchant.store.wait_batch("shop", batch_id, seen_version=seen, until_terminal=False, timeout_s=20)
    assert view
    assert view.counts.succeeded == 1


def keys(store: JobStore) -> set[str]:
    """The kinds of keys that there are, but for the marks by which it is seen that Redis lost something or was away."""
    return {name.split(":")[1] for name in store.redis.keys("packshot:*")} - {"epoch", "pulse"}
