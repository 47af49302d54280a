"""A Redis whose memory is full refuses, keeps every job whole, and goes on when there is room again."""

from pathlib import Path

import pytest
import redis

from jobs.batches.records import NewBatch, NewItem
from jobs.connection import connect, is_unavailable
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.states import State
from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.records import NewEndpoint

from .conftest import BOOM, Hand, Shop, make_spec


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(tmp_path)
    client = connect(server.start())
    store = JobStore(client, read_settings(JobsSettings, redis_url=server.url, data_dir=tmp_path))
    yield store
    client.close()
    server.stop()


def test_what_adds_is_refused_whole(full: JobStore):
    shop, hand = Shop(full), Hand(full)
    running, waiting = shop.submit(), shop.submit()
    claim = hand.claim()
    full.redis.config_set("maxmemory", "100kb")
    attempts = [
        lambda: full.submit("shop", shop.view(running).spec),
        lambda: full.claim("hand"),
        lambda: full.progress(claim.job_id, claim.token, 0.5, "x"),
        lambda: shop.upload("other"),
    ]
    for attempt in attempts:
        with pytest.raises(redis.ResponseError) as caught:
            attempt()
        assert is_unavailable(caught.value)
    assert (shop.state(running), shop.state(waiting)) == (State.RUNNING, State.QUEUED)
    full.redis.config_set("maxmemory", "0")
    assert hand.finish(claim)
    assert hand.claim().job_id == waiting


def test_what_ends_or_keeps_a_job_is_done_all_the_same(full: JobStore):
    shop, hand = Shop(full), Hand(full)
    ids = [shop.submit() for _ in range(5)]
    done, failed, again, lost = [hand.claim() for _ in range(4)]
    hand.lose_lease(lost)
    full.redis.config_set("maxmemory", "100kb")
    assert full.heartbeat(done.job_id, done.token) == "ok"
    assert hand.finish(done)
    assert full.fail(failed.job_id, failed.token, BOOM)
    assert full.retry(again.job_id, again.token, BOOM, 0)
    assert full.reap().requeued == 1
    assert full.cancel("shop", ids[4]) is State.CANCELED
    assert full.delete("shop", done.job_id)
    states = [State.FAILED, State.QUEUED, State.QUEUED, State.CANCELED]
    assert [shop.state(job_id) for job_id in ids[1:]] == states


@pytest.mark.parametrize("way", ["delete", "reap"])
def test_a_full_memory_empties_itself(full: JobStore, way: str):
    shop = Shop(full)
    ids = [shop.submit(metadata={"note": "x" * 500, "more": "y" * 500}) for _ in range(80)]
    full.delete("shop", shop.submit())  # as in any shop: Redis has met the script, which takes memory too
    if way == "reap":
        for job_id in ids[1:]:
            full.cancel("shop", job_id)
        full.reap()  # as workers do all the time: likewise
        full.redis.zadd("packshot:expiry", dict.fromkeys(ids[1:], 1))
    memory = full.redis.info("memory")
    kept = memory["used_memory"] - memory["mem_not_counted_for_evict"]  # the journal's buffer grows on a slow disk
    full.redis.config_set("maxmemory", kept - 65_536)  # a connection's buffer, which comes and goes, makes no room
    with pytest.raises(redis.ResponseError, match=r"OOM|used memory"):
        full.submit("shop", shop.view(ids[0]).spec)
    if way == "reap":
        assert full.reap().removed == len(ids) - 1
    else:
        assert all(full.delete("shop", job_id) for job_id in ids[1:])
    assert full.submit("shop", shop.view(ids[0]).spec).created


def test_a_batch_is_refused_whole_and_fed_when_there_is_room_again(full: JobStore):
    shop, hand = Shop(full), Hand(full)
    shop.upload()
    items = tuple(NewItem(f"sku-{at}", make_spec(seed=at)) for at in range(70))  # six more than fit the window
    batch_id = full.create_batch("shop", NewBatch(items)).batch_id
    full.cancel("shop", shop.submit())
    full.reap()
    claims = [hand.claim() for _ in range(2)]
    full.redis.config_set("maxmemory", "100kb")
    with pytest.raises(redis.ResponseError) as caught:
        full.create_batch("shop", NewBatch(items))
    assert is_unavailable(caught.value)
    assert hand.finish(claims[0])
    assert full.reap().batches == 0
    full.redis.config_set("maxmemory", "0")
    assert full.reap().batches == 1
    hand.finish(claims[1])
    view = full.get_batch("shop", batch_id)
    assert view
    assert (view.counts.succeeded, view.counts.waiting + view.counts.queued) == (2, 68)
    assert [batch.id for batch in full.list_batches("shop").batches] == [batch_id]


def test_webhooks_are_told_and_sent_though_the_memory_is_full(full: JobStore):
    shop, hand = Shop(full), Hand(full)
    endpoint, _ = full.add_endpoint("shop", NewEndpoint("https://shop.example/hook", ("*",)))
    first, second = shop.submit(), shop.submit()
    claim, other = hand.claim(), hand.claim()
    hand.finish(other)
    full.redis.config_set("maxmemory", "100kb")
    assert hand.finish(claim)
    for _ in (first, second):
        claimed = full.claim_delivery(30_000)
        assert claimed is not None
        assert full.end_delivery(claimed, Sent("delivered", 200, 1))
    assert [delivery.state for delivery in full.deliveries("shop", endpoint.id).items] == ["delivered", "delivered"]
    with pytest.raises(redis.ResponseError) as caught:
        full.add_endpoint("shop", NewEndpoint("https://shop.example/other", ("*",)))
    assert is_unavailable(caught.value)


def test_a_redis_that_evicts_is_told_of(full: JobStore):
    Shop(full).submit()
    assert not full.note_eviction()
    full.redis.config_set("maxmemory-policy", "allkeys-random")
    full.redis.config_set("maxmemory", "1")
    full.redis.config_set("maxmemory", "0")  # before anything is noted: a note written meanwhile would evict more
    assert full.note_eviction()
    assert full.lost_ms()
    assert not full.note_eviction()
    full.redis.acl_setuser("default", commands=["-info"])
    assert not full.note_eviction()


def test_an_eviction_is_told_of_though_it_cannot_be_noted(full: JobStore):
    """What may be evicted is gone, and what may not be fills the memory."""
    full.redis.set("fleeting", "x", ex=3600)
    Shop(full).submit()
    assert not full.note_eviction()
    full.redis.config_set("maxmemory-policy", "volatile-random")
    full.redis.config_set("maxmemory", "1")
    assert full.note_eviction()
    full.redis.config_set("maxmemory", "0")
    assert full.lost_ms() is None
