"""A tenant's own word on how long its things are kept, for what ends from now on and for what is kept already."""

from jobs.store import JobStore
from jobs.store.auditing import AuditQuery

from .conftest import SHA, Hand, Merchant, Shop
from .endpoints import DONE, LEASE_MS, endpoint

HOUR_MS = 3_600_000


def life_ms(shop: Shop, job_id: str) -> int:
    view = shop.view(job_id)
    assert view.expires_ms is not None
    assert view.finished_ms is not None
    assert shop.store.redis.zscore("packshot:expiry", job_id) == view.expires_ms
    return view.expires_ms - view.finished_ms


def done(shop: Shop, hand: Hand, **fields: object) -> str:
    job_id = shop.submit(**fields)  # type: ignore[arg-type]
    hand.finish(hand.claim())
    return job_id


def test_what_ends_from_now_on_is_kept_as_the_tenant_says(shop: Shop, hand: Hand) -> None:
    early = shop.submit()
    shop.store.set_retention("shop", {"retention_s": 3600})
    hand.finish(hand.claim())
    assert life_ms(shop, early) == HOUR_MS, "though it was submitted before"
    assert life_ms(shop, done(shop, hand)) == HOUR_MS
    assert life_ms(shop, done(shop, hand, expires_in_s=60)) == 60_000, "less was asked for"
    assert life_ms(shop, done(shop, hand, expires_in_s=7200)) == HOUR_MS, "never more than the tenant's word"
    shop.store.set_retention("shop", {"retention_s": 7 * 86_400})
    assert life_ms(shop, done(shop, hand)) == 7 * 24 * HOUR_MS
    shop.store.set_retention("shop", {"retention_s": None})
    assert life_ms(shop, done(shop, hand)) == 24 * HOUR_MS


def test_what_is_kept_already_goes_earlier_and_never_later(shop: Shop, hand: Hand) -> None:
    ids, brief = [done(shop, hand) for _ in range(5)], done(shop, hand, expires_in_s=60)
    version = shop.view(ids[0]).version
    shop.store.set_retention("shop", {"retention_s": 3600})
    shop.store.reap(limit=2)
    assert {life_ms(shop, job_id) for job_id in ids} == {HOUR_MS}
    assert life_ms(shop, brief) == 60_000
    assert shop.view(ids[0]).version > version, "who has it cached hears of it"
    assert not shop.store.redis.exists("packshot:shortening")
    shop.store.set_retention("shop", {"retention_s": 86_400})
    shop.store.reap()
    assert {life_ms(shop, job_id) for job_id in ids} == {HOUR_MS}


def test_what_is_over_by_the_new_word_goes_at_the_next_sweep(shop: Shop, hand: Hand) -> None:
    job_id = done(shop, hand)
    shop.store.redis.hset(f"packshot:job:{job_id}", "finished_ms", 1)
    shop.store.set_retention("shop", {"retention_s": 60})
    shop.store.reap()
    shop.store.reap()
    assert shop.store.is_gone("shop", job_id)
    entry = shop.store.audit(["shop"], AuditQuery()).items[0].note
    assert (entry.actor.kind, entry.action, entry.count) == ("system", "job.expire", 1)


def test_photos_and_batches_follow(merchant: Merchant, hand: Hand, shop: Shop) -> None:
    batch_id = merchant.send(merchant.item(1))
    hand.finish(hand.claim())
    redis = merchant.store.redis
    before = redis.zscore("packshot:uploads", f"shop:{1:064x}")
    shop.upload("rival")
    others = redis.zscore("packshot:uploads", f"rival:{SHA}")
    merchant.store.set_retention("shop", {"retention_s": 3600, "uploads_retention_s": 60})
    merchant.store.reap()
    after = redis.zscore("packshot:uploads", f"shop:{1:064x}")
    assert after < before - 20 * HOUR_MS
    assert redis.zscore("packshot:uploads", f"rival:{SHA}") == others
    record = redis.hmget(f"packshot:batch:{batch_id}", ["finished_ms", "expires_ms"])
    assert int(record[1]) - int(record[0]) == HOUR_MS
    shop.upload()
    assert redis.zscore("packshot:uploads", f"shop:{SHA}") < after + HOUR_MS, "a new one lives as briefly"


def test_how_much_is_held_is_counted_once_a_minute(store: JobStore, shop: Shop, hand: Hand) -> None:
    done(shop, hand)
    held = store.held("shop")
    assert (held.jobs, held.uploads, held.batches, held.bytes) == (1, 1, 0, 1004)
    done(shop, hand)
    assert store.held("shop") == held
    store.redis.delete("packshot:held:shop")
    assert store.held("shop").jobs == 2


def test_a_message_outlives_its_job_and_tells_all_until_it_is_delivered(shop: Shop, hand: Hand) -> None:
    hook, store = endpoint(shop.store), shop.store
    job_id = done(shop, hand, external_id="zebra")
    store.redis.zadd("packshot:expiry", {job_id: 1})
    store.reap()
    assert store.is_gone("shop", job_id)
    claimed = store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert claimed.about["external_id"] == "zebra", "the shop is to hear what it was about"
    assert store.end_delivery(claimed, DONE)
    name = f"packshot:delivery:{claimed.message.id}"
    assert "zebra" not in str(store.redis.hgetall(name)), "delivered, it keeps no more than that it was"
    store.redeliver("shop", hook, claimed.message.id)
    again = store.claim_delivery(LEASE_MS)
    assert again is not None
    assert again.about["state"] == "succeeded"


def test_a_message_that_was_delivered_is_stripped_when_its_job_goes(shop: Shop, hand: Hand) -> None:
    endpoint(shop.store)
    job_id = done(shop, hand, external_id="zebra")
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    shop.store.end_delivery(claimed, DONE)
    name = f"packshot:delivery:{claimed.message.id}"
    assert "zebra" in str(shop.store.redis.hgetall(name))
    shop.store.redis.zadd("packshot:expiry", {job_id: 1})
    shop.store.reap()
    assert "zebra" not in str(shop.store.redis.hgetall(name))
