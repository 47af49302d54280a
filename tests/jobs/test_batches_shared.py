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
