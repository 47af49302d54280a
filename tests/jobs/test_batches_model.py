"""Batches under bad luck: crashes, zombies, cancels, pauses. Every item ends once, identical work is done once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from jobs.batches.records import BatchState, ItemState, NewBatch, NewItem
from jobs.connection import connect
from jobs.problems import ProblemError
from jobs.records import Claim, UploadRecord
from jobs.settings import JobsSettings
from jobs.spec.parsing import work_hash
from jobs.store import JobStore

from .conftest import BOOM, Hand, make_spec, stats

BATCHES, ITEMS, WORKS = 6, 50, 80
WORKERS, REAPERS = 6, 2
TENANTS = ("ant", "bee")
LEASE_MS = 150
SEED = 7
PATIENCE_S = 60


@dataclass
class World:
    """The stores, one for each thread, and what happened."""

    stores: list[JobStore]
    batches: dict[str, str] = field(default_factory=dict)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    meddled: threading.Event = field(default_factory=threading.Event)
    lucky: threading.Event = field(default_factory=threading.Event)

    def note(self, fate: str) -> None:
        with self.lock:
            self.fates[fate] += 1


@pytest.fixture
def world(settings: JobsSettings):
    clients = [connect(settings.redis_url) for _ in range(WORKERS + REAPERS + 2)]
    lively = settings.model_copy(update={"lease_ms": LEASE_MS, "max_attempts": 4, "batch_window": 5})
    yield World([JobStore(client, lively) for client in clients])
    for client in clients:
        client.close()


def test_every_item_ends_once_and_no_work_is_done_twice(world: World):
    send_all(world)
    threads = [threading.Thread(target=work, args=(world, number)) for number in range(WORKERS)]
    threads += [threading.Thread(target=reap, args=(world, WORKERS + number)) for number in range(REAPERS)]
    threads += [threading.Thread(target=meddle, args=(world, WORKERS + REAPERS))]
    for thread in threads:
        thread.start()
    try:
        wait_until_ended(world)
        check(world)
        world.lucky.set()
        retry_all(world)
        wait_until_ended(world)
        check(world)
    finally:
        world.over.set()
        for thread in threads:
            thread.join()
    assert {"crash", "zombie", "failed", "cancel", "single"} <= set(world.fates)
    check_that_nothing_stays(world)


def item(store: JobStore, tenant: str, number: int, luck: random.Random) -> NewItem:
    sha256 = f"{luck.randrange(WORKS):064x}"
    store.put_upload(tenant, sha256, UploadRecord(f"uploads/{tenant}/{sha256}/n", 1, "jpeg", 6, 4))
    spec = make_spec(sha256, priority="bulk", external_id=f"sku-{number}", metadata={"at": str(number)})
    return NewItem(f"sku-{number}", spec)


def send_all(world: World) -> None:
    luck, store = random.Random(SEED), world.stores[-1]
    for number in range(BATCHES):
        tenant = TENANTS[number % 2]
        items = tuple(item(store, tenant, at, luck) for at in range(ITEMS))
        world.batches[store.create_batch(tenant, NewBatch(items)).batch_id] = tenant


def work(world: World, number: int) -> None:
    hand, luck = Hand(world.stores[number]), random.Random(SEED + number)
    while not world.over.is_set():
        claim = hand.store.claim("worker")
        if claim is None:
            time.sleep(0.005)
            continue
        fates = ("crash", "zombie", "failed", "retry", "release", "cancel", "good")
        fate = "good" if world.lucky.is_set() else luck.choices(fates, (6, 6, 8, 6, 4, 6, 64))[0]
        world.note(fate)
        one_attempt(world, hand, claim, fate)


def one_attempt(world: World, hand: Hand, claim: Claim, fate: str) -> None:
    if fate == "crash":
        return
    if fate == "zombie":
        time.sleep(LEASE_MS / 1000 * 1.8)
    if fate == "failed":
        hand.store.fail(claim.job_id, claim.token, BOOM)
    elif fate == "retry":
        hand.store.retry(claim.job_id, claim.token, BOOM, delay_ms=10)
    elif fate == "release":
        hand.store.release(claim.job_id, claim.token)
    elif fate == "cancel":
        attempt(world, "cancel job", partial(hand.store.cancel, claim.tenant, claim.job_id))
        assert not hand.finish(claim)
    elif hand.finish(claim):
        with world.lock:
            world.done[claim.tenant, claim.job_id] += 1
        assert hand.finish(claim)  # as after a lost answer


def reap(world: World, number: int) -> None:
    store = world.stores[number]
    while not world.over.wait(0.02):
        store.collected(store.reap().garbage)


def meddle(world: World, number: int) -> None:
    """A merchant who pauses and resumes, cancels a batch, and sends single jobs of the same work."""
    store, luck = world.stores[number], random.Random(SEED)
    condemned = next(iter(world.batches))
    for step in range(150):
        batch_id = luck.choice(list(world.batches))
        tenant = world.batches[batch_id]
        if step == 10:
            attempt(world, "cancel batch", partial(store.cancel_batch, world.batches[condemned], condemned))
        elif step % 5 == 0:
            spec = item(store, tenant, step, luck).spec
            assert spec
            world.note("single")
            store.submit(tenant, spec)
        else:
            attempt(world, "pause", partial(store.pause_batch, tenant, batch_id))
            attempt(world, "resume", partial(store.resume_batch, tenant, batch_id))
        time.sleep(0.005)
    world.meddled.set()


def attempt(world: World, fate: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ProblemError as error:
        assert error.problem.type == "already-terminal"  # noqa: PT017 (it ended meanwhile)
    else:
        world.note(fate)


def retry_all(world: World) -> None:
    for batch_id, tenant in world.batches.items():
        world.stores[-1].retry_batch(tenant, batch_id)


def wait_until_ended(world: World) -> None:
    store, end = world.stores[-1], time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        views = [store.get_batch(tenant, batch_id) for batch_id, tenant in world.batches.items()]
        idle = store.pending() + stats(store)["running"] + stats(store)["delayed"] == 0
        if idle and world.meddled.is_set() and all(view and view.state.is_terminal for view in views):
            return
        time.sleep(0.05)
    pytest.fail(f"not all batches ended: {views}, {world.fates}")


def check(world: World) -> None:
    store = world.stores[-1]
    done_once: Counter[tuple[str, str]] = Counter()
    for (tenant, job_id), times in dict(world.done).items():
        assert times == 1
        view = store.get(tenant, job_id)
        if view and store.redis.hexists(f"packshot:job:{job_id}", "batch"):  # single jobs are done as often as sent
            done_once[tenant, work_hash(view.spec, tenant)] += 1
    assert set(done_once.values()) == {1}
    for batch_id, tenant in world.batches.items():
        view = store.get_batch(tenant, batch_id)
        assert view
        items = store.batch_items(view, limit=ITEMS).items
        told = Counter(one.state.value for one in items)
        counts = {name: number for name, number in vars(view.counts).items() if number and name != "total"}
        assert told == counts
        assert sum(told.values()) == view.counts.total == ITEMS
        assert set(counts) <= {"succeeded", "failed", "canceled"}
        assert view.left == {}
        for one in items:
            assert bool(one.outputs) == (one.state is ItemState.SUCCEEDED)
        if world.lucky.is_set():
            assert view.counts.failed == 0
            assert view.state is BatchState.FINISHED or view.counts.canceled


def check_that_nothing_stays(world: World) -> None:
    store = world.stores[-1]
    for batch_id, tenant in world.batches.items():
        store.erase_batch(tenant, batch_id)
    for tenant in TENANTS:
        while items := store.list(tenant).items:
            for view in items:
                store.delete(tenant, view.id)
    kinds = {name.split(":")[1] for name in store.redis.keys("packshot:*")}
    counters = {
        "sequence",
        "turn",
        "claims",
        "depth",
        "times",
        "claim",
        "guard",
        "recent-ends",
        "change",
        "changed",
        "totals",
        "recounted",
        "recounted-jobs",
    }
    counters |= {"gone", "garbage", "upload", "uploads", "dead", "journal-due", "epoch", "pulse"}
    assert kinds <= counters | {"away"}  # for a lease, where this machine was too busy to sweep
    assert store.redis.llen("packshot:dead") == 0
