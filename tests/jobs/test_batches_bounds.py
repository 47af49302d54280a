"""What bounds batches: how long a script takes, how much is kept, and what a lost answer may cost."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jobs.batches.checking import check_manifest
from jobs.batches.manifests import read_manifest
from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.store import JobStore

from .conftest import BOOM, BROKEN, Hand, Merchant, finish_all


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


def test_a_broken_row_keeps_its_first_faults_and_keeps_them_once(merchant: Merchant):
    row = {"sku": "a", "operations": [{"op": "upscale", f"field-{at}": 1} for at in range(9)]}
    manifest = read_manifest(json.dumps({"items": [row]}).encode(), "json", 1)
    checked = check_manifest(manifest, lambda _: frozenset(), lambda _: None)
    assert len(checked.faults) == 9
    batch_id = merchant.send(*checked.items)
    (item,) = merchant.store.batch_items(merchant.view(batch_id), limit=1).items
    assert item.problem
    assert [fault["pointer"] for fault in item.problem.extra["errors"]] == [one.pointer for one in checked.faults[:3]]
    redis = merchant.store.redis
    kept = [redis.hvals(f"packshot:batch:{batch_id}:{part}") for part in ("items", "problems", "ends")]
    assert json.dumps(kept).count("there is no such field here") == 6  # as a mistake and in the detail


@pytest.fixture
def limited(store: JobStore, settings: JobsSettings) -> Callable[..., Merchant]:
    """A merchant under other limits."""
    return lambda **limits: Merchant(JobStore(store.redis, settings.model_copy(update=limits)))


def test_a_tenant_keeps_only_so_many_batches_ended_ones_too(limited: Callable[..., Merchant]):
    merchant = limited(max_kept_batches=2)
    first, _ = merchant.send(BROKEN), merchant.send(BROKEN)
    with pytest.raises(ProblemError, match="2 batches of yours are kept") as caught:
        merchant.send(BROKEN)
    assert caught.value.problem.extra["retry_after_s"] == 3600  # it lasts: no client need ask every few seconds
    Merchant(merchant.store, "rival").send(BROKEN)
    merchant.store.erase_batch("shop", first)
    assert merchant.send(BROKEN)


@pytest.mark.parametrize("lost", ["", ":items"])
def test_a_batch_that_redis_lost_is_none_of_those_that_its_tenant_keeps(limited: Callable[..., Merchant], lost: str):
    """It took a place for ever: what is not there, nobody can erase."""
    merchant = limited(max_kept_batches=1)
    first = merchant.send(merchant.item(1))
    with pytest.raises(ProblemError, match="1 batches of yours are kept"):
        merchant.send(BROKEN)
    merchant.store.redis.delete(f"packshot:batch:{first}{lost}")
    merchant.store.reap()
    second = merchant.send(BROKEN)
    assert [batch.id for batch in merchant.store.list_batches("shop").batches] == [second]


def test_a_retry_opens_no_more_batches_than_a_tenant_may_have(limited: Callable[..., Merchant]):
    merchant = limited(max_open_batches=1)
    hand = Hand(merchant.store)
    failed = merchant.send(merchant.item(1))
    claim = hand.claim()
    merchant.store.fail(claim.job_id, claim.token, BOOM)
    merchant.send(merchant.item(2))
    with pytest.raises(ProblemError, match="rate-limited"):
        merchant.store.retry_batch("shop", failed)
    assert merchant.counts(failed) == {"total": 1, "failed": 1}
    finish_all(hand)
    assert merchant.store.retry_batch("shop", failed) == 1


@pytest.mark.parametrize("refusal", ["found", "mismatch", "quota", "kept"])
def test_a_lost_answer_is_given_again(limited: Callable[..., Merchant], monkeypatch: pytest.MonkeyPatch, refusal: str):
    limits = {"quota": {"max_open_batches": 1}, "kept": {"max_kept_batches": 1}}
    merchant = limited(**limits.get(refusal, {}))
    items = [merchant.item(at) for at in range(2)]
    merchant.send(items[0], idempotency_key="k", body="a" * 64)
    answers: list[Any] = []

    def loses_answers(name: str, /, **arguments: Any) -> Any:
        if name == "commit_batch":
            answers.append(JobStore.run_script(merchant.store, name, **arguments))
            merchant.store.reap()
            answers.append(JobStore.run_script(merchant.store, name, **arguments))
            return answers[-1]
        return JobStore.run_script(merchant.store, name, **arguments)

    monkeypatch.setattr(merchant.store, "run_script", loses_answers)
    keyed = {"found": {"idempotency_key": "k", "body": "a" * 64}, "mismatch": {"idempotency_key": "k", "body": "b"}}
    try:
        merchant.send(items[1], **keyed.get(refusal, {}))
    except ProblemError as error:
        assert error.problem.type == ("idempotency-mismatch" if refusal == "mismatch" else "rate-limited")  # noqa: PT017
    assert answers[0] == answers[1]
    assert answers[0][0] == refusal
    assert len(merchant.store.list_batches("shop").batches) == 1
