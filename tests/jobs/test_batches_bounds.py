"""What bounds batches: how long a script takes, how much is kept, and what a lost answer may cost."""

from jobs.settings import JobsSettings

from .conftest import Hand, Merchant


def fill_up(merchant: Merchant, batches: int, rows: int) -> list[str]:
    """Batches for none of whose rows there was room; now there is."""
    redis = merchant.store.redis
    redis.hset("packshot:active", "shop", JobsSettings.model_fields["max_active_per_tenant"].default)
    ids = [merchant.send(*(merchant.item(100 * at + row) for row in range(rows))) for at in range(batches)]
    assert merchant.store.pending() == 0
    redis.hdel("packshot:active", "shop")
    return ids


def test_one_script_starts_only_so_many_items_of_all_batches(merchant: Merchant):
    ids = fill_up(merchant, 4, 60)
    looked_at, more = merchant.store.run_script("feed_batches", limit=20)
    assert (merchant.store.pending(), len(looked_at), more) == (100, 2, 1)
    others, more = merchant.store.run_script("feed_batches", limit=20)
    assert (merchant.store.pending(), more) == (200, 1)
    assert {*looked_at, *others} == set(ids)
    assert merchant.store.reap().batches == 4
    assert merchant.store.pending() == 240


def test_many_batches_are_canceled_by_one_sweep(merchant: Merchant):
    ids = fill_up(merchant, 3, 60)
    for batch_id in ids:
        merchant.store.redis.hset(f"packshot:batch:{batch_id}", "state", "canceling")
    merchant.store.reap()
    assert [merchant.counts(batch_id) for batch_id in ids] == [{"total": 60, "canceled": 60}] * 3


def test_the_kind_of_work_measured_longest_ago_is_forgotten_for_a_new_one(merchant: Merchant, hand: Hand):
    store = merchant.store
    times = {f"kind-{at}|": f"5.0 1 {1000 + at}" for at in range(998)}
    store.redis.hset("packshot:times", mapping=times | {"*": "5.0 998 1", "of-an-earlier-version|": "7.0 900"})
    for operation, forgotten in (("upscale", "of-an-earlier-version|"), ("restore", "kind-0|")):
        merchant.send(merchant.item(1, operations=[{"op": operation}]))
        hand.finish(hand.claim())
        assert store.redis.hlen("packshot:times") == 1000
        assert set(store.run_times([f"{operation}|", "*", forgotten])) == {f"{operation}|", "*"}
    assert "kind-1|" in store.run_times(["kind-1|"])
