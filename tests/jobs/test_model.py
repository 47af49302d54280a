"""The whole record under bad luck: lost and doubled hints, crashes, zombies. Nothing lost, nothing done twice."""

import queue
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from jobs.connection import connect
from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.states import TERMINAL, State
from jobs.store import JobStore

from .conftest import BOOM, Hand, Shop, stats

JOBS = 300
WORKERS = 8
REAPERS = 2
TENANTS = ("ant", "bee", "cat")
LEASE_MS = 150
SEED = 20


@dataclass
class World:
    """The hints (lossy, as a broker's may be) and what the workers believe they did."""

    stores: list[JobStore]
    hints: "queue.Queue[str]" = field(default_factory=queue.Queue)  # SimpleQueue.get(timeout) can hang in Python 3.11
    finished: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: threading.Event = field(default_factory=threading.Event)

    def note(self, fate: str) -> None:
        with self.lock:
            self.fates[fate] += 1


def test_nothing_is_lost_and_nothing_finishes_twice(settings: JobsSettings):
    clients = [connect(settings.redis_url) for _ in range(WORKERS + REAPERS + 1)]
    lively = settings.model_copy(update={"lease_ms": LEASE_MS, "max_attempts": 6})
    world = World([JobStore(client, lively) for client in clients])
    jobs = submit_all(world)
    threads = [threading.Thread(target=work, args=(world, number)) for number in range(WORKERS)]
    threads += [threading.Thread(target=reap, args=(world, WORKERS + number)) for number in range(REAPERS)]
    for thread in threads:
        thread.start()
    states = wait_until_ended(world, jobs)
    world.done.set()
    for thread in threads:
        thread.join()
    check(world, jobs, states)
    for client in clients:
        client.close()


def submit_all(world: World) -> dict[str, str]:
    shop, luck = Shop(world.stores[-1]), random.Random(SEED)
    jobs = {}
    for number in range(JOBS):
        tenant = luck.choice(TENANTS)
        job_id = shop.submit(tenant, priority=luck.choice(("interactive", "bulk")), key=f"k{number}")
        assert shop.submit(tenant, priority=shop.view(job_id, tenant).spec.priority, key=f"k{number}") == job_id
        jobs[job_id] = tenant
        if luck.random() > 0.05:  # one in twenty: the API died before it published
            world.hints.put(job_id)
    return jobs


def work(world: World, number: int) -> None:
    hand, luck = Hand(world.stores[number]), random.Random(SEED + number)
    while not world.done.is_set():
        try:
            hint = world.hints.get(timeout=0.05)
        except queue.Empty:
            continue
        if luck.random() < 0.10:
            world.note("dropped hint")
            continue
        if luck.random() < 0.10:
            world.note("doubled hint")
            world.hints.put(hint)
        one_attempt(world, hand, luck)


def one_attempt(world: World, hand: Hand, luck: random.Random) -> None:
    claim = hand.store.claim("worker")
    if claim is None:
        world.note("nothing pending")
        return
    fate = luck.choices(("crash", "zombie", "retry", "release", "cancel", "good"), (12, 12, 6, 4, 4, 62))[0]
    world.note(fate)
    if fate == "crash":
        return
    if fate == "zombie":
        time.sleep(LEASE_MS / 1000 * 1.8)
    if fate == "retry":
        hand.store.retry(claim.job_id, claim.token, BOOM, delay_ms=20)
    elif fate == "release":
        hand.store.release(claim.job_id, claim.token)
    else:
        if fate == "cancel":
            try_cancel(hand.store, claim.tenant, claim.job_id)
        finish_and_repeat(world, hand, claim)


def finish_and_repeat(world: World, hand: Hand, claim) -> None:
    hand.store.heartbeat(claim.job_id, claim.token)
    well = hand.finish(claim)
    assert hand.finish(claim) == well  # as after a lost answer
    if well:
        with world.lock:
            world.finished[claim.job_id] += 1
    else:
        world.note("fenced")


def try_cancel(store: JobStore, tenant: str, job_id: str) -> None:
    try:
        store.cancel(tenant, job_id)
    except ProblemError as error:
        assert error.problem.type == "already-terminal"  # noqa: PT017 (a zombie of the same job may have been first)


def reap(world: World, number: int) -> None:
    store = world.stores[number]
    while not world.done.wait(0.03):
        report = store.reap()
        for _ in range(max(0, store.pending() - world.hints.qsize())):
            world.hints.put("reaper")
        store.collected(report.garbage)


def wait_until_ended(world: World, jobs: dict[str, str]) -> dict[str, State]:
    shop, end = Shop(world.stores[-1]), time.monotonic() + 60
    while time.monotonic() < end:
        states = {job_id: shop.state(job_id, tenant) for job_id, tenant in jobs.items()}
        if set(states.values()) <= TERMINAL:
            return states
        time.sleep(0.1)
    pytest.fail(f"not all jobs ended: {Counter(states.values())}, {world.fates}")


def check(world: World, jobs: dict[str, str], states: dict[str, State]) -> None:
    store = world.stores[-1]
    succeeded = {job_id for job_id, state in states.items() if state is State.SUCCEEDED}
    assert len(states) == JOBS
    assert set(states.values()) <= {State.SUCCEEDED, State.CANCELED, State.FAILED}
    assert world.finished == Counter(dict.fromkeys(succeeded, 1))
    for job_id in succeeded:
        view = store.get(jobs[job_id], job_id)
        assert view is not None
        assert view.manifest is not None
        assert view.outputs[0].path.split("/")[3] == view.manifest["by"]
    held = stats(store)
    assert (store.pending(), held["delayed"], held["running"]) == (0, 0, 0)
    assert held["dead"] == sum(state is State.FAILED for state in states.values())
    assert store.redis.exists("packshot:active", "packshot:live", "packshot:deadline") == 0
    assert {"dropped hint", "doubled hint", "crash", "zombie", "fenced"} <= set(world.fates)
