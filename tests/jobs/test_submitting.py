from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.states import State
from jobs.store import JobStore
from jobs.tokens import is_job_id

from .conftest import SHA, Hand, Shop, make_spec


def test_a_submitted_job_is_queued_and_next(shop: Shop):
    job_id = shop.submit(external_id="SKU-1", metadata={"shelf": "Ä 7 ☂"}, seed=7)
    view = shop.view(job_id)
    assert is_job_id(job_id)
    assert (view.state, view.version, view.attempt, view.queue_position) == (State.QUEUED, 1, 0, 0)
    assert view.spec == make_spec(external_id="SKU-1", metadata={"shelf": "Ä 7 ☂"}, seed=7)
    assert view.created_ms > 0
    assert (view.started_ms, view.finished_ms, view.expires_ms) == (None, None, None)


def test_a_job_without_its_upload_is_refused(store: JobStore):
    with pytest.raises(ProblemError) as caught:
        store.submit("shop", make_spec())
    assert caught.value.problem.type == "invalid-parameter"
    assert caught.value.problem.extra["errors"][0]["pointer"] == "/input/upload"


def test_another_tenants_upload_does_not_serve(shop: Shop):
    shop.upload("other")
    with pytest.raises(ProblemError, match="no upload"):
        shop.store.submit("shop", make_spec())


def test_the_same_key_and_body_find_the_same_job(shop: Shop):
    shop.upload()
    first = shop.store.submit("shop", make_spec(), idempotency_key="k")
    again = shop.store.submit("shop", make_spec(), idempotency_key="k")
    assert (first.created, again.created, again.job_id) == (True, False, first.job_id)
    assert shop.store.pending() == 1


def test_the_same_key_with_another_body_is_a_mismatch(shop: Shop):
    shop.submit(key="k")
    with pytest.raises(ProblemError) as caught:
        shop.submit(key="k", seed=1)
    assert caught.value.problem.type == "idempotency-mismatch"


def test_keys_belong_to_their_tenant(shop: Shop):
    assert shop.submit("a", key="k") != shop.submit("b", key="k")


def test_twenty_threads_with_one_key_make_one_job(shop: Shop):
    shop.upload()
    with ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(shop.store.submit, "shop", make_spec(), idempotency_key="k") for _ in range(20)]
        submissions = [call.result() for call in calls]
    assert len({submission.job_id for submission in submissions}) == 1
    assert sum(submission.created for submission in submissions) == 1


def test_a_key_whose_record_is_lost_makes_a_new_job(shop: Shop):
    lost = shop.submit(key="k")
    shop.store.redis.delete(f"packshot:job:{lost}")
    assert shop.submit(key="k") != lost


def test_after_flushall_the_same_key_makes_the_job_again(shop: Shop):
    lost = shop.submit(key="k")
    shop.store.redis.flushall()
    assert shop.store.get("shop", lost) is None
    assert shop.view(shop.submit(key="k")).state is State.QUEUED


def test_the_key_of_an_erased_job_makes_a_new_one(shop: Shop):
    erased = shop.submit(key="k")
    shop.store.delete("shop", erased)
    assert shop.submit(key="k") != erased


def test_the_key_of_a_running_job_being_erased_makes_a_new_one(shop: Shop, hand: Hand):
    erased = shop.submit(key="k")
    claim = hand.claim()
    shop.store.delete("shop", erased)
    again = shop.submit(key="k")
    assert shop.state(again) is State.QUEUED
    assert shop.store.cancel_running(erased, claim.token)
    assert shop.submit(key="k") == again


def test_a_tenant_at_its_quota_is_refused_until_a_job_ends(small_store: JobStore):
    shop, hand = Shop(small_store), Hand(small_store)
    for _ in range(2):
        shop.submit()
    with pytest.raises(ProblemError) as caught:
        shop.submit()
    assert caught.value.problem.type == "rate-limited"
    assert caught.value.problem.retryable
    assert hand.finish(hand.claim())
    assert shop.submit()


def test_a_full_queue_refuses_everybody_until_a_job_is_claimed(small_store: JobStore):
    shop, hand = Shop(small_store), Hand(small_store)
    for tenant in ("a", "a", "b", "b"):
        shop.submit(tenant)
    with pytest.raises(ProblemError) as caught:
        shop.submit("c")
    assert caught.value.problem.type == "overloaded"
    hand.claim()
    assert shop.submit("c")


def test_a_tenant_with_odd_characters_is_refused(store: JobStore):
    with pytest.raises(ValueError, match="a tenant is"):
        store.submit("../x", make_spec())


def test_canceling_a_queued_job_ends_it_at_once(shop: Shop):
    job_id = shop.submit()
    assert shop.store.cancel("shop", job_id) is State.CANCELED
    assert shop.state(job_id) is State.CANCELED
    assert shop.store.claim("hand") is None
    assert shop.store.pending() == 0


def test_canceling_a_running_job_flags_it_and_its_worker_hears(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    assert shop.store.cancel("shop", job_id) is State.RUNNING
    assert shop.view(job_id).cancel_requested
    assert shop.store.heartbeat(job_id, claim.token) == "cancel"
    assert shop.store.cancel_running(job_id, claim.token)
    assert shop.state(job_id) is State.CANCELED


def test_canceling_an_ended_job_says_so(shop: Shop, hand: Hand):
    job_id = shop.submit()
    hand.finish(hand.claim())
    with pytest.raises(ProblemError) as caught:
        shop.store.cancel("shop", job_id)
    assert (caught.value.problem.type, caught.value.problem.extra["state"]) == ("already-terminal", "succeeded")


@pytest.fixture
def every_answer_lost_once(store: JobStore, monkeypatch: pytest.MonkeyPatch):
    """Every script's first answer gets lost, and the call is repeated, as the Redis client does by itself."""
    run = store.run_script

    def run_twice(name: str, **arguments: Any) -> Any:
        run(name, **arguments)
        return run(name, **arguments)

    monkeypatch.setattr(store, "run_script", run_twice)


@pytest.mark.usefixtures("every_answer_lost_once")
def test_a_cancel_whose_answer_is_lost_may_be_repeated(shop: Shop):
    job_id = shop.submit()
    assert shop.store.cancel("shop", job_id) is State.CANCELED
    with pytest.raises(ProblemError, match="already-terminal"):
        shop.store.cancel("shop", job_id)


@pytest.mark.usefixtures("every_answer_lost_once")
def test_a_delete_whose_answer_is_lost_may_be_repeated(shop: Shop):
    job_id = shop.submit()
    shop.store.delete("shop", job_id)
    assert shop.store.is_gone("shop", job_id)


@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_another_tenants_job_cannot_be_touched(shop: Shop, verb: str):
    job_id = shop.submit("owner")
    with pytest.raises(ProblemError) as caught:
        getattr(shop.store, verb)("thief", job_id)
    assert caught.value.problem.type == "not-found"
    assert shop.store.get("thief", job_id) is None
    assert shop.state(job_id, "owner") is State.QUEUED


def test_deleting_an_ended_job_erases_record_results_and_photo(shop: Shop, hand: Hand):
    job_id = shop.submit()
    hand.finish(hand.claim())
    garbage = shop.store.delete("shop", job_id)
    assert garbage == [f"results/shop/{job_id}/", f"uploads/shop/{SHA}/n0"]
    assert shop.store.get("shop", job_id) is None
    assert shop.store.list("shop").items == ()
    assert shop.store.is_gone("shop", job_id)
    assert not shop.store.is_gone("other", job_id)
    assert set(garbage) <= set(shop.store.reap().garbage)


def test_deleting_a_job_leaves_a_photo_that_another_job_has(shop: Shop):
    first, _ = shop.submit(), shop.submit()
    assert shop.store.delete("shop", first) == [f"results/shop/{first}/"]
    assert shop.store.get_upload("shop", SHA) is not None


def test_deleting_a_queued_job_takes_it_off_the_queue(shop: Shop):
    shop.store.delete("shop", shop.submit())
    assert shop.store.claim("hand") is None
    assert shop.store.pending() == 0


def test_a_deleted_running_job_is_gone_at_once_and_erased_by_whoever_ends_it(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    assert shop.store.delete("shop", job_id) == []
    assert shop.store.get("shop", job_id) is None
    assert shop.store.is_gone("shop", job_id)
    assert shop.store.heartbeat(job_id, claim.token) == "cancel"
    assert not hand.finish(claim)
    assert shop.store.redis.exists(f"packshot:job:{job_id}") == 0
    assert f"results/shop/{job_id}/" in shop.store.reap().garbage


def test_a_deleted_running_job_whose_worker_is_lost_is_erased_by_the_reaper(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    shop.store.delete("shop", job_id)
    hand.lose_lease(claim)
    assert f"results/shop/{job_id}/" in shop.store.reap().garbage
    assert shop.store.redis.exists(f"packshot:job:{job_id}") == 0
