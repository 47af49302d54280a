"""A Redis that evicts, or somebody's DEL, may take any key of the record: whichever it is, work and sweeps go on."""

from collections.abc import Iterator

import pytest

from jobs.audit import Actor, Note
from jobs.store import JobStore
from jobs.store.delivering import Sent

from .conftest import BOOM, BROKEN, SHA, Hand, Merchant, Shop
from .endpoints import endpoint

DUE = ("lease", "delayed", "deadline", "expiry", "uploads", "stalled", "batch-expiry", "webhooks-due", "erasures")
PARTS = {"items", "waiting", "active", "ends", "problems", "failed", "left"}  # of a batch


def furnish(store: JobStore) -> None:
    """A bit of everything, in every state."""
    shop, hand, merchant = Shop(store), Hand(store), Merchant(store)
    made = endpoint(store, "*")
    store.note(Note("shop", Actor("key", "k"), "job.submit", "x"))
    parent = shop.submit(key="first", external_id="sku-1")
    hand.finish(hand.claim())
    shop.submit(parent={"job": parent}, deadline_s=600)
    delayed = shop.submit("rival")
    for _ in range(2):
        claim = hand.claim()
        if claim.job_id == delayed:
            store.retry(delayed, claim.token, BOOM, 1)
    shop.submit("rival")
    stalled = hand.claim()
    store.stall(stalled.job_id, stalled.token)
    dead = hand.claim()
    for _ in range(3):
        store.retry(dead.job_id, dead.token, BOOM, 0)
        again = store.claim("hand")
        dead = again if again is not None else dead
    canceled = merchant.send_many(3)
    store.cancel_batch("shop", canceled)
    merchant.send(merchant.item(1), merchant.item(4), BROKEN)
    store.claim("hand")
    Merchant(store, "rival").send_many(2)
    shop.upload("third", "c" * 64)
    store.set_retention("third", {"uploads_retention_s": 60})
    store.start_erasure("third")
    store.test_endpoint("shop", made)
    shop.submit(needs={"device": "gpu"})
    store.reap()


def bring_on(store: JobStore) -> None:
    """Time passes: all that waits for a time is due."""
    for name in DUE:
        if names := store.redis.zrange(f"packshot:{name}", 0, -1):
            store.redis.zadd(f"packshot:{name}", dict.fromkeys(names, 1))
    store.redis.delete("packshot:recounted", "packshot:recounted-jobs")


def live_on(store: JobStore) -> None:
    """What workers do all the time, and one newcomer's job, which must be done."""
    hand = Hand(store)
    bring_on(store)
    store.reap(can="gpu")
    while claim := store.claim("hand", can="gpu"):
        hand.finish(claim)
    for _ in range(3):
        if delivery := store.claim_delivery(30_000):
            store.end_delivery(delivery, Sent("delivered", 200, 1))
    store.claim_erasure()
    store.gauges()
    store.reap()
    newcomer = Shop(store).submit("newcomer")
    while claim := store.claim("hand", can="gpu"):
        hand.finish(claim)
    assert Shop(store).view(newcomer, "newcomer").state.value == "succeeded"


def kind_of(name: str) -> str:
    """Which kind of key it is: its name without ids, tenants and hashes."""
    words = name.split(":")[1:]
    return ":".join([words[0], *(word for word in words[2:] if word in PARTS)])


def keys(store: JobStore) -> list[str]:
    return sorted(str(name) for name in store.redis.scan_iter("packshot:*", count=1000))


def put_back(store: JobStore) -> None:
    """The record as it was furnished, out of the other database."""
    store.redis.flushdb()
    store.redis.eval("redis.call('SELECT', 1); for _, k in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', k, k, 'DB', 0) end", 0)  # fmt: skip  # noqa: E501


@pytest.fixture
def furnished(store: JobStore) -> Iterator[JobStore]:
    furnish(store)
    store.redis.eval("for _, k in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', k, k, 'DB', 1) end", 0)
    yield store
    store.redis.flushall()


def test_whichever_key_is_lost_work_and_sweeps_go_on(furnished: JobStore) -> None:
    names = keys(furnished)
    for kind in sorted({kind_of(name) for name in names}):
        put_back(furnished)
        lost = [name for name in names if kind_of(name) == kind]
        furnished.redis.delete(*lost)
        try:
            live_on(furnished)
        except Exception as error:
            error.add_note(f"without {lost}")
            raise


def test_a_queue_that_is_lost_is_made_anew_of_its_tenants_jobs(shop: Shop, hand: Hand) -> None:
    """One lost queue ended all claims, everybody's, for good."""
    jobs = [shop.submit() for _ in range(3)]
    ended = shop.submit()
    shop.store.cancel("shop", ended)
    neighbours = shop.submit("rival")
    shop.store.redis.delete("packshot:queue:interactive:shop")
    claimed = [hand.claim().job_id for _ in range(4)]
    assert sorted(claimed) == sorted([*jobs, neighbours])
    assert shop.store.claim("hand") is None
    shop.store.reap()
    assert shop.store.pending() == 0


def test_a_queue_of_which_nothing_else_is_left_is_passed_over(shop: Shop, hand: Hand) -> None:
    lost, kept = shop.submit(), shop.submit("rival")
    shop.store.redis.delete("packshot:queue:interactive:shop", f"packshot:job:{lost}")
    assert hand.claim().job_id == kept
    shop.store.reap()
    assert shop.store.pending() == 0
    assert shop.store.redis.hgetall("packshot:active") == {"rival": "1"}


@pytest.mark.parametrize("name", ["ring", "depth"])
@pytest.mark.parametrize("route", ["", "@gpu"])
def test_what_leads_to_a_queue_comes_back_with_the_next_count(shop: Shop, name: str, route: str) -> None:
    needs = {"needs": {"device": "gpu"}} if route else {}
    jobs = [shop.submit(**needs), shop.submit("rival", **needs), shop.submit(**needs, seed=2)]
    shop.store.reap()
    name = f"ring:interactive{route}" if name == "ring" else name
    shop.store.redis.delete(f"packshot:{name}", "packshot:recounted", "packshot:recounted-jobs")
    for _ in range(2):
        shop.store.reap()
    assert shop.store.pending() == 3
    assert shop.store.redis.hgetall("packshot:active") == {"shop": "2", "rival": "1"}
    claims = [shop.store.claim("hand", can="gpu") for _ in jobs]
    assert sorted(claim.job_id for claim in claims if claim) == sorted(jobs)


def test_a_photo_whose_record_is_lost_stops_no_sweep(shop: Shop) -> None:
    shop.upload()
    shop.store.redis.delete(f"packshot:upload:shop:{SHA}")
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    assert shop.store.reap().uploads == 1
    assert shop.store.reap().uploads == 0


@pytest.mark.parametrize("lost", ["", ":items"])
def test_a_batch_that_is_lost_gives_its_place_back(shop: Shop, merchant: Merchant, hand: Hand, lost: str) -> None:
    batch_id, other = merchant.send_many(2), merchant.send(merchant.item(7))
    shop.store.redis.delete(f"packshot:batch:{batch_id}{lost}")
    shop.store.reap()
    assert shop.store.get_batch("shop", batch_id) is None
    assert shop.store.redis.hget("packshot:batches", "shop") == "1"
    while claim := shop.store.claim("hand"):
        hand.finish(claim)
    assert merchant.view(other).state == "finished"
    assert keys(shop.store) == [name for name in keys(shop.store) if not name.startswith(f"packshot:batch:{batch_id}")]


def test_an_erasure_that_is_lost_can_be_asked_for_again(store: JobStore) -> None:
    lost = store.start_erasure("shop")
    store.redis.delete(f"packshot:erasure:{lost}")
    assert store.claim_erasure() is None
    again = store.start_erasure("shop")
    assert again != lost
    claimed = store.claim_erasure()
    assert claimed is not None
    assert (claimed.id, claimed.tenant) == (again, "shop")


def test_the_photo_of_a_lost_job_goes_once_its_tenant_has_nothing_under_way(shop: Shop, hand: Hand) -> None:
    """It counted as in use, and was kept, for ever."""

    def is_there_at_the_next_look() -> bool:
        shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
        shop.store.reap()
        return shop.store.get_upload("shop", SHA) is not None

    shop.submit()
    claim = hand.claim()
    assert is_there_at_the_next_look()
    shop.store.redis.delete(f"packshot:job:{claim.job_id}")
    hand.lose_lease(claim)
    shop.store.reap()
    assert shop.store.redis.exists("packshot:active") == 0
    assert is_there_at_the_next_look()  # it may be of a batch that is just being sent
    assert is_there_at_the_next_look()
    an_hour_ago = (shop.store.redis.time()[0] - 3601) * 1000
    shop.store.redis.hset(f"packshot:upload:shop:{SHA}", "idle_ms", an_hour_ago)
    other = shop.submit(seed=2)
    assert is_there_at_the_next_look()
    shop.store.cancel("shop", other)
    assert is_there_at_the_next_look()  # the first look at a quiet tenant, anew
    shop.store.redis.hset(f"packshot:upload:shop:{SHA}", "idle_ms", an_hour_ago)
    assert not is_there_at_the_next_look()
    assert shop.store.redis.exists("packshot:live") == 0
