from dataclasses import replace

import pytest

from .conftest import SHA, Hand, Shop


def test_a_stored_upload_is_found_by_its_tenant_alone(shop: Shop):
    record = shop.upload()
    assert shop.store.get_upload("shop", SHA) == record
    assert shop.store.get_upload("other", SHA) is None


def test_the_earlier_of_two_storings_holds(shop: Shop):
    first = shop.upload(nonce="n1")
    assert shop.upload(nonce="n2") == first
    assert shop.store.get_upload("shop", SHA) == first


def test_a_photo_announced_and_never_recorded_is_garbage_after_an_hour(shop: Shop):
    path = f"uploads/shop/{SHA}/lost"
    shop.store.announce_upload(path)
    assert shop.store.reap().garbage == []
    now_ms = shop.store.redis.time()[0] * 1000
    assert shop.store.redis.zscore("packshot:garbage", path) == pytest.approx(now_ms + 3_600_000, abs=60_000)
    shop.store.redis.zadd("packshot:garbage", {path: 1})
    assert shop.store.reap().garbage == [path]


def test_a_photo_announced_and_recorded_stays_and_the_later_of_two_goes(shop: Shop):
    for nonce in ("n1", "n2"):
        shop.store.announce_upload(f"uploads/shop/{SHA}/{nonce}")
    assert shop.upload(nonce="n1") == shop.upload(nonce="n2")
    assert shop.store.redis.zrange("packshot:garbage", 0, -1) == [f"uploads/shop/{SHA}/n2"]


def test_touching_renews_the_life(shop: Shop):
    record = shop.upload()
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    assert shop.store.touch_upload("shop", SHA) == record
    assert shop.store.reap().uploads == 0
    assert shop.store.touch_upload("shop", "c" * 64) is None


def test_touching_what_is_not_there_announces_what_will_be(shop: Shop):
    path = f"uploads/shop/{SHA}/n1"
    assert shop.store.touch_upload("shop", SHA, announced=path) is None
    assert shop.store.redis.zrange("packshot:garbage", 0, -1) == [path]
    record = shop.upload(nonce="n1")
    assert shop.store.touch_upload("shop", SHA, announced=path + "2") == record
    assert shop.store.redis.zcard("packshot:garbage") == 0


def test_an_upload_is_dropped_only_under_its_own_path(shop: Shop):
    record = shop.upload()
    assert not shop.store.drop_upload("shop", SHA, record.path + "x")
    assert shop.store.drop_upload("shop", SHA, record.path)
    assert shop.store.get_upload("shop", SHA) is None


def test_deleting_an_expired_upload_cannot_hit_its_successor(shop: Shop):
    shop.upload(nonce="n1")
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    garbage = shop.store.reap().garbage
    successor = shop.upload(nonce="n2")
    assert successor.path not in garbage
    assert shop.store.get_upload("shop", SHA) == successor


def test_a_photo_stored_anew_still_counts_the_jobs_that_need_it(shop: Shop, hand: Hand):
    shop.submit()
    record = shop.store.get_upload("shop", SHA)
    assert record is not None
    shop.store.drop_upload("shop", SHA, record.path)
    shop.store.put_upload("shop", SHA, replace(record, path=record.path + "b"))
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    assert shop.store.reap().uploads == 0
    assert hand.finish(hand.claim())
