"""Jobs a day: counted as they are taken, neither twice nor for what was refused."""

import threading
from typing import Any

import pytest

from jobs.batches.records import NewBatch
from jobs.problems import ProblemError
from jobs.quotas import Charge
from jobs.store import JobStore

from .conftest import BROKEN, Merchant, Shop, make_spec


def spent(store: JobStore, account: str = "acc") -> int:
    return sum(int(store.redis.get(name)) for name in store.redis.keys(f"packshot:spent:{account}:*"))


def test_each_job_counts_and_the_one_too_many_is_refused(shop: Shop) -> None:
    shop.upload()
    charge = Charge("acc", 2)
    for _ in range(2):
        shop.store.submit("shop", make_spec(), charge=charge)
    with pytest.raises(ProblemError, match="0 of the 2 jobs a day") as refused:
        shop.store.submit("shop", make_spec(), charge=charge)
    assert refused.value.problem.type == "rate-limited"
    assert 0 < refused.value.problem.extra["retry_after_s"] <= 86_400
    assert (spent(shop.store), shop.store.pending()) == (2, 2)


def test_a_replay_and_a_refused_submission_count_nothing(shop: Shop) -> None:
    shop.upload()
    charge = Charge("acc", 2)
    first = shop.store.submit("shop", make_spec(), idempotency_key="k", charge=charge)
    assert shop.store.submit("shop", make_spec(), idempotency_key="k", charge=charge).job_id == first.job_id
    with pytest.raises(ProblemError, match="no upload"):
        shop.store.submit("shop", make_spec("f" * 64), charge=charge)
    with pytest.raises(ProblemError, match="idempotency-mismatch"):
        shop.store.submit("shop", make_spec(seed=1), idempotency_key="k", charge=charge)
    assert spent(shop.store) == 1


def test_a_replay_is_answered_when_the_day_is_spent(shop: Shop) -> None:
    shop.upload()
    first = shop.store.submit("shop", make_spec(), idempotency_key="k", charge=Charge("acc", 1))
    again = shop.store.submit("shop", make_spec(), idempotency_key="k", charge=Charge("acc", 1))
    assert (again.job_id, again.created) == (first.job_id, False)


def test_many_at_once_take_no_more_than_there_are(shop: Shop) -> None:
    shop.upload()
    refused: list[Any] = []

    def submit() -> None:
        try:
            shop.store.submit("shop", make_spec(), charge=Charge("acc", 5))
        except ProblemError as error:
            refused.append(error)

    threads = [threading.Thread(target=submit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (spent(shop.store), shop.store.pending(), len(refused)) == (5, 5, 7)


def test_a_batch_counts_its_valid_rows_and_is_taken_whole_or_not(merchant: Merchant) -> None:
    rows = tuple(merchant.item(at) for at in range(3))
    merchant.store.create_batch("shop", NewBatch((*rows, BROKEN)), Charge("acc", 5))
    assert spent(merchant.store) == 3
    with pytest.raises(ProblemError, match="2 of the 5 jobs a day of this key are left, too few for these 3 jobs"):
        merchant.store.create_batch("shop", NewBatch(tuple(merchant.item(at) for at in range(3, 6))), Charge("acc", 5))
    merchant.store.create_batch("shop", NewBatch((merchant.item(7), merchant.item(8))), Charge("acc", 5))
    assert spent(merchant.store) == 5


def test_a_batch_sent_again_counts_once(merchant: Merchant) -> None:
    new = NewBatch((merchant.item(1),), idempotency_key="k", body="b")
    first = merchant.store.create_batch("shop", new, Charge("acc", 1))
    assert merchant.store.create_batch("shop", new, Charge("acc", 1)).batch_id == first.batch_id
    assert spent(merchant.store) == 1


def test_without_a_limit_jobs_are_counted_all_the_same(shop: Shop) -> None:
    shop.upload()
    shop.store.submit("shop", make_spec(), charge=Charge("acc"))
    assert spent(shop.store) == 1
