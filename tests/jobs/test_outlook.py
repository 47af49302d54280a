"""When a job will be done: held against simulated workers, and the figures that the record gives for it."""

import heapq
import random
import statistics
from collections.abc import Sequence

import pytest

from jobs.outlook import Outlook, seconds_running, seconds_waiting
from jobs.store import JobStore

from .conftest import Hand, Shop


def starts(threads: int, running_ms: Sequence[float], queue_ms: Sequence[float]) -> list[float]:
    """When each job of a queue begins, on threads that are busy for so long at first."""
    free_at = [*running_ms, *[0.0] * (threads - len(running_ms))]
    heapq.heapify(free_at)
    begun = []
    for takes_ms in queue_ms:
        begun.append(heapq.heappop(free_at))
        heapq.heappush(free_at, begun[-1] + takes_ms)
    return begun


@pytest.mark.parametrize("threads", [1, 2, 4, 8])
def test_the_wait_is_about_that_of_simulated_threads(threads: int):
    luck, mean_ms, queue = random.Random(7), 2000.0, 12
    runs = []
    for _ in range(400):
        left_ms = [luck.uniform(0, mean_ms) for _ in range(threads)]
        runs.append(starts(threads, left_ms, [luck.uniform(0.8, 1.2) * mean_ms for _ in range(queue)]))
    for position in range(queue):
        truth_s = statistics.fmean(run[position] for run in runs) / 1000
        told_s = seconds_waiting(Outlook(0, None, mean_ms, threads), position, threads)
        assert told_s == pytest.approx(truth_s, abs=0.1 * mean_ms / 1000)


def test_free_threads_take_the_first_of_the_queue_at_once():
    outlook = Outlook(0, None, 1000.0, running=1)
    assert [seconds_waiting(outlook, position, 3) for position in range(4)] == pytest.approx([0, 0, 0.5 / 3, 1.5 / 3])


def test_nobody_knows_without_workers_or_measurements():
    assert seconds_waiting(Outlook(0, None, 1000.0, 0), 0, 0) is None
    assert seconds_waiting(Outlook(0, None, None, 4), 0, 4) is None
    assert seconds_running(Outlook(0, None, None, 1), 500, 0.0) is None


def test_a_running_job_is_told_by_its_kind_and_a_late_one_by_its_pace():
    outlook = Outlook(0, 3000.0, 9000.0, 1)
    assert seconds_running(outlook, 1000, 0.1) == 2.0
    assert seconds_running(outlook, 4000, 0.8) == pytest.approx(1.0)
    assert seconds_running(outlook, 4000, 0.0) is None
    assert seconds_running(outlook, 4000, 0.004) is None  # a first tile done tells nothing of the pace
    assert seconds_running(Outlook(0, None, 9000.0, 1), 1000, 0.5) == 8.0
    assert seconds_running(Outlook(0, None, None, 1), 1000, 0.25) == 3.0


def test_a_view_has_the_means_of_its_kind_and_of_all(shop: Shop, hand: Hand):
    job_id = shop.submit()
    outlook = shop.view(job_id).outlook
    assert outlook is not None
    assert (outlook.run_ms, outlook.running) == (None, 0)
    took(shop.store, hand, 40_000)
    other = shop.submit(operations=[{"op": "restore"}])
    took(shop.store, hand, 20_000)
    same, new = shop.submit(), shop.submit(operations=[{"op": "relight"}])
    hand.claim()
    known, unknown = shop.view(same).outlook, shop.view(new).outlook
    assert (known.own_ms, known.mean_ms, known.running) == (pytest.approx(40_000, abs=5000), known.mean_ms, 1)
    assert known.mean_ms == pytest.approx(30_000, abs=5000)
    assert (unknown.own_ms, unknown.run_ms) == (None, known.mean_ms)
    assert shop.view(other).outlook.own_ms == pytest.approx(20_000, abs=5000)


def took(store: JobStore, hand: Hand, took_ms: int) -> None:
    """Claim and finish the next job as if it had begun so long ago."""
    claim = hand.claim()
    store.redis.hincrby(f"packshot:job:{claim.job_id}", "started_ms", -took_ms)
    assert hand.finish(claim)
