"""The pixels of pending jobs, counted in and out: exact under every transition that there is."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from jobs.batches.records import NewBatch, NewItem
from jobs.problems import ProblemError, make_problem
from jobs.records import Claim, UploadRecord
from jobs.store import JobStore
from tests.jobs.conftest import BOOM, Hand, make_spec

SIZES = [(640, 480), (4000, 3000), (1, 1), (6000, 8000), (1333, 777)]
SHAS = [f"{number + 1:064x}" for number in range(len(SIZES))]
TENANTS = ("shop", "rival", "third")


def counted(store: JobStore) -> dict[str, int]:
    """What the record says, by lane."""
    told = store.redis.hgetall("packshot:depth-px")
    return {lane: int(px) for lane, px in told.items() if int(px)}


def pending(store: JobStore) -> dict[str, int]:
    """What lies in the queues, job by job."""
    queues = sorted(store.redis.scan_iter("packshot:queue:*", count=1000))
    with store.redis.pipeline(transaction=False) as asked:
        for queue in queues:
            asked.zrange(queue, 0, -1)
        ids = [(queue, job_id) for queue, found in zip(queues, asked.execute(), strict=True) for job_id in found]
        for _, job_id in ids:
            asked.hget(f"packshot:job:{job_id}", "uploads")
        uploads = asked.execute()
    found: Counter[str] = Counter()
    for (queue, _), sha in zip(ids, uploads, strict=True):
        width, height = SIZES[SHAS.index(sha)] if sha else (1000, 1000)
        found[queue.removeprefix("packshot:queue:").rpartition(":")[0]] += width * height
    return dict(found)


@dataclass
class World:
    """A merchant's and a worker's moves, drawn by lot."""

    store: JobStore
    luck: random.Random
    jobs: list[tuple[str, str]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    batches: list[tuple[str, str]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def upload(self, tenant: str) -> str:
        number = self.luck.randrange(len(SIZES))
        width, height = SIZES[number]
        record = UploadRecord(f"uploads/{tenant}/{SHAS[number]}/n", 1000, "jpeg", width, height)
        self.store.put_upload(tenant, SHAS[number], record)
        return SHAS[number]

    def submit(self) -> None:
        tenant = self.luck.choice(TENANTS)
        more = self.luck.choice([{}, {"priority": "bulk"}, {"deadline_s": 3600}, {"needs": {"device": "gpu"}}])
        spec = make_spec(self.upload(tenant), seed=self.luck.getrandbits(30), **more)
        self.jobs.append((tenant, self.store.submit(tenant, spec).job_id))

    def submit_wish(self) -> None:
        tenant = self.luck.choice(TENANTS)
        spec = make_spec(
            input=None, operations=[{"op": "generate", "text": "navy dress"}], seed=self.luck.getrandbits(30)
        )
        self.jobs.append((tenant, self.store.submit(tenant, spec).job_id))

    def send_batch(self) -> None:
        tenant = self.luck.choice(TENANTS)
        specs = [make_spec(self.upload(tenant), priority="bulk", seed=self.luck.getrandbits(30)) for _ in range(3)]
        items = tuple(NewItem(f"row-{number}", spec) for number, spec in enumerate(specs))
        self.batches.append((tenant, self.store.create_batch(tenant, NewBatch(items)).batch_id))

    def cancel_batch(self) -> None:
        if self.batches:
            tenant, batch = self.luck.choice(self.batches)
            with suppress(ProblemError):
                self.store.cancel_batch(tenant, batch)

    def claim(self) -> None:
        if claim := self.store.claim("hand", can=self.luck.choice(["cpu", "gpu"])):
            self.claims.append(claim)

    def end(self) -> None:
        if not self.claims:
            return
        claim = self.claims.pop(self.luck.randrange(len(self.claims)))
        how = self.luck.choice(["finish", "fail", "retry", "again", "cancel", "release", "lose", "lose"])
        self.done[how] += 1
        match how:
            case "finish":
                Hand(self.store).finish(claim)
            case "fail":
                self.store.fail(claim.job_id, claim.token, make_problem("image-corrupt", "torn"))
            case "retry" | "again":
                self.store.retry(claim.job_id, claim.token, BOOM, 0 if how == "again" else 3_600_000)
            case "cancel":
                self.store.cancel_running(claim.job_id, claim.token)
            case "release":
                self.store.release(claim.job_id, claim.token)
            case "lose":
                self.store.redis.zadd("packshot:lease", {claim.job_id: 1}, xx=True)
                self.store.reap()

    def let_time_pass(self) -> None:
        for name in ("delayed", "deadline"):
            for job_id in self.store.redis.zrange(f"packshot:{name}", 0, 1):
                self.store.redis.zadd(f"packshot:{name}", {job_id: 1}, xx=True)
                if name == "deadline":
                    self.store.redis.hset(f"packshot:job:{job_id}", "deadline_ms", 1)
        self.store.reap()

    def withdraw(self) -> None:
        if self.jobs:
            tenant, job_id = self.jobs.pop(self.luck.randrange(len(self.jobs)))
            with suppress(ProblemError):
                self.luck.choice([self.store.cancel, self.store.delete])(tenant, job_id)

    def requeue_dead(self) -> None:
        self.done["requeued"] += len(self.store.requeue_all_dead())

    def move(self) -> None:
        moves = [*[self.submit] * 5, self.submit_wish, self.send_batch, self.cancel_batch]
        moves += [*[self.claim] * 5, *[self.end] * 4, self.let_time_pass, self.withdraw, self.requeue_dead]
        chosen = self.luck.choice(moves)
        self.done[chosen.__name__] += 1
        chosen()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_sum_is_exact_after_every_move(store, seed):
    world = World(store, random.Random(seed))
    for _ in range(300):
        world.move()
        assert counted(store) == pending(store), world.done
    seen = {"finish", "fail", "retry", "again", "cancel", "release", "lose", "withdraw", "send_batch", "cancel_batch"}
    assert seen | {"let_time_pass", "submit_wish", "requeued"} <= {name for name, times in world.done.items() if times}


def test_all_of_an_erased_tenants_pixels_are_counted_out(store):
    world = World(store, random.Random(7))
    for _ in range(12):
        world.submit()
    for tenant, job_id in world.jobs:
        store.delete(tenant, job_id)
    assert counted(store) == pending(store) == {}


def test_a_job_counts_as_much_as_its_largest_upload_and_is_told_in_megapixels(store):
    world = World(store, random.Random(1))
    world.submit_wish()
    record = UploadRecord("uploads/shop/x/n", 1000, "png", 4000, 3000)
    store.put_upload("shop", SHAS[0], record)
    store.submit("shop", make_spec(SHAS[0], needs={"device": "gpu"}))
    told = {(each.priority, each.route): each.megapixels for each in store.gauges().pending}
    assert told == {("interactive", "any"): 1.0, ("interactive", "gpu"): 12.0}


def test_what_an_older_version_left_is_counted_anew_and_seldom(store, caplog):
    world = World(store, random.Random(3))
    for _ in range(10):
        world.submit()
    right = counted(store)
    for _, job_id in world.jobs[:5]:  # as an older version made them
        store.redis.hdel(f"packshot:job:{job_id}", "px")
    store.redis.hset("packshot:depth-px", mapping={"interactive": 5, "bulk@gpu+restore=9": 77})
    store.redis.hset("packshot:depth", "bulk@gpu+restore=9", 0)
    store.redis.delete("packshot:recounted")
    assert store.recount_pixels() > 0
    assert counted(store) == right == pending(store)
    store.redis.hincrby("packshot:depth-px", "interactive", 1)
    assert store.recount_pixels() is None  # it was counted just now
    assert store.recount_pixels(every_ms=1) is None
    store.redis.delete("packshot:recounted")
    assert store.recount_pixels() == 1
    assert counted(store) == right


def test_a_queue_that_runs_dry_forgets_what_was_counted_wrong(store):
    world = World(store, random.Random(5))
    world.submit_wish()
    store.redis.hincrby("packshot:depth-px", "interactive", 99)
    assert store.claim("hand") is not None
    assert counted(store) == {}
