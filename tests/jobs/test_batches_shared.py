"""Jobs that several batches share: each keeps them, lets go of them, and goes on without them, for itself alone."""

import pytest

from jobs.batches.records import BatchState, ItemState, NewItem
from jobs.spec import validate_spec
from jobs.states import State

from .conftest import BOOM, SHA, Hand, Merchant, Shop, finish_all


def pass_life(merchant: Merchant, job_id: str) -> None:
    """As if the job's own life were over, and a reaper had looked."""
    assert merchant.store.redis.zadd("packshot:expiry", {job_id: 1}, xx=True, ch=True) == 1
    merchant.store.reap()


@pytest.mark.parametrize("way", ["ends", "is erased"])
def test_a_shared_job_lives_as_long_as_the_last_of_its_batches(merchant: Merchant, shop: Shop, hand: Hand, way: str):
    running = merchant.send(merchant.item(1, sha256=SHA), merchant.item(2))
    other = merchant.send(merchant.item(1, sha256=SHA))
    shared = hand.claim()
    hand.finish(shared)
    if way == "ends":
        merchant.store.redis.zadd("packshot:batch-expiry", {other: 1})
        merchant.store.reap()
    else:
        merchant.store.erase_batch("shop", other)
    assert merchant.store.is_gone("shop", other)
    pass_life(merchant, shared.job_id)
    item = merchant.store.batch_items(merchant.view(running), limit=1).items[0]
    assert (item.state, len(item.outputs), item.problem) == (ItemState.SUCCEEDED, 1, None)
    finish_all(hand)
    pass_life(merchant, shared.job_id)
    assert shop.view(shared.job_id).expires_ms == merchant.view(running).expires_ms
    merchant.store.erase_batch("shop", running)
    assert merchant.store.is_gone("shop", shared.job_id)


def test_a_retry_leaves_nothing_of_what_failed(merchant: Merchant, hand: Hand):
    batch_id = merchant.send(merchant.item(1, sha256=SHA), merchant.item(2, sha256=SHA))
    claim = hand.claim()
    merchant.store.fail(claim.job_id, claim.token, BOOM)
    assert merchant.store.retry_batch("shop", batch_id) == 2
    assert merchant.store.is_gone("shop", claim.job_id)
    assert finish_all(hand) == 1  # its photo was kept
    merchant.store.erase_batch("shop", batch_id)
    assert merchant.store.list("shop").items == ()
    assert f"uploads/shop/{SHA}/n" in merchant.store.reap().garbage


def test_a_retry_leaves_a_failed_job_to_others_that_tell_of_it(merchant: Merchant, shop: Shop, hand: Hand):
    first, second = (merchant.send(merchant.item(1, sha256=SHA)) for _ in range(2))
    claim = hand.claim()
    merchant.store.fail(claim.job_id, claim.token, BOOM)
    merchant.store.retry_batch("shop", first)
    assert shop.state(claim.job_id) is State.FAILED
    (item,) = merchant.store.batch_items(merchant.view(second), limit=1).items
    assert item.problem
    assert item.problem.type == "processing-failed"


@pytest.mark.parametrize("earlier", ["queued", "succeeded"])
def test_rows_of_one_url_share_one_job_whatever_was_done_before(merchant: Merchant, hand: Hand, earlier: str):
    document = {"input": {"url": "https://shop.example/mug.jpg"}, "operations": [{"op": "upscale"}]}
    rows = [NewItem(None, validate_spec(document | {"priority": "bulk"})) for _ in range(8)]
    merchant.send(rows[0])
    if earlier == "succeeded":
        assert finish_all(hand) == 1
    merchant.store.redis.hincrby(f"packshot:job:{merchant.store.list('shop').items[0].id}", "created_ms", -1000)
    batch_id = merchant.send(*rows)
    items = merchant.store.batch_items(merchant.view(batch_id), limit=8).items
    assert len({item.job_id for item in items}) == 1
    assert len(merchant.store.list("shop").items) == 2


@pytest.mark.parametrize("way", ["queued", "running", "deleted"])
def test_a_job_canceled_by_itself_takes_along_its_own_batch_alone(merchant: Merchant, shop: Shop, hand: Hand, way: str):
    made_for, other = (merchant.send(*(merchant.item(at, sha256=SHA) for at in range(2))) for _ in range(2))
    paused = merchant.send(merchant.item(1, sha256=SHA))
    merchant.store.pause_batch("shop", paused)
    job_id = merchant.store.list("shop").items[0].id
    if way == "running":
        claim = hand.claim()
        merchant.store.cancel("shop", job_id)
        merchant.store.cancel_running(job_id, claim.token)
    else:
        (merchant.store.cancel if way == "queued" else merchant.store.delete)("shop", job_id)
    assert merchant.counts(made_for) == {"total": 2, "canceled": 2}
    assert merchant.counts(other) == {"total": 2, "queued": 2}
    assert merchant.counts(paused) == {"total": 1, "waiting": 1}
    assert merchant.store.redis.smembers(f"packshot:stays:{job_id}") <= {made_for}
    merchant.store.resume_batch("shop", paused)
    assert finish_all(hand) == 1
    assert [merchant.view(batch_id).state for batch_id in (made_for, other, paused)] == [BatchState.FINISHED] * 3
    assert merchant.counts(other) == {"total": 2, "succeeded": 2}
    assert merchant.view(paused).counts.succeeded == 1
    for batch_id in (made_for, other, paused):
        merchant.store.erase_batch("shop", batch_id)
    assert all(view.id == job_id for view in merchant.store.list("shop").items)
    assert merchant.store.redis.exists("packshot:live") == 0


def test_a_single_job_canceled_cancels_no_row(merchant: Merchant, shop: Shop, hand: Hand):
    job_id = shop.submit()
    batch_id = merchant.send(merchant.item(1, sha256=SHA))
    merchant.store.cancel("shop", job_id)
    assert finish_all(hand) == 1
    assert merchant.counts(batch_id) == {"total": 1, "succeeded": 1}
