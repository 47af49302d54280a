"""Redis' clock was set back: what was to be over soon would last for as long again, and does not."""

from jobs.states import State

from .conftest import Hand, Shop

HOUR_MS = 3_600_000


def test_a_lease_that_none_can_hold_for_so_long_is_shortened(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    shop.store.redis.zadd("packshot:lease", {job_id: now_ms(shop) + HOUR_MS})
    assert shop.store.reap().requeued == 0
    assert shop.store.redis.zscore("packshot:lease", job_id) < now_ms(shop) + HOUR_MS / 2
    hand.lose_lease(claim)
    assert shop.store.reap().requeued == 1
    assert shop.state(job_id) is State.QUEUED


def test_a_retry_that_nobody_put_off_for_so_long_comes_in_minutes(shop: Shop):
    job_id = shop.submit()
    shop.store.redis.zadd("packshot:delayed", {job_id: now_ms(shop) + HOUR_MS})
    shop.store.reap()
    assert shop.store.redis.zscore("packshot:delayed", job_id) < now_ms(shop) + HOUR_MS / 2


def test_a_turn_that_lasts_longer_than_any_is_ended(shop: Shop):
    assert shop.store.take_turn("sweep", 1_000)
    shop.store.redis.pexpire("packshot:turn:sweep", HOUR_MS)
    assert any(shop.store.take_turn("sweep", 1_000) for _ in range(10))
    assert shop.store.redis.pttl("packshot:turn:sweep") <= 1_000


def test_a_turn_that_is_another_s_is_left_to_it(shop: Shop):
    assert shop.store.take_turn("sweep", 60_000)
    assert not any(shop.store.take_turn("sweep", 60_000) for _ in range(30))


def test_whoever_announced_itself_an_hour_ahead_is_no_longer_listed(shop: Shop):
    shop.store.redis.zadd("packshot:workers", {"from-before": now_ms(shop) + HOUR_MS})
    shop.store.run_script("announce", owner="now", facts={"threads": 1}, age_ms=0, life_ms=15_000)
    assert shop.store.redis.zrange("packshot:workers", 0, -1) == ["now"]


def now_ms(shop: Shop) -> int:
    return int(shop.store.redis.time()[0]) * 1000
