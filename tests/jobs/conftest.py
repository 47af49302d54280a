"""A merchant and a worker at the bare store, without API or Celery."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.batches.records import BatchView, NewBatch, NewItem
from jobs.connection import connect
from jobs.problems import Problem, make_problem
from jobs.records import Claim, JobView, OutputRecord, UploadRecord
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings
from jobs.spec import JobSpec, validate_spec
from jobs.states import State
from jobs.store import JobStore

SHA = "a" * 64
BOOM: Problem = make_problem("processing-failed", "boom")
BROKEN = NewItem("broken", problem=make_problem("invalid-parameter", "no such colour"))


def make_spec(sha256: str = SHA, **fields: Any) -> JobSpec:
    return validate_spec({"input": {"upload": f"sha256:{sha256}"}, "operations": [{"op": "upscale"}]} | fields)


@dataclass
class Shop:
    """Submits jobs of any tenant and looks at them; every photo it names is uploaded."""

    store: JobStore

    def upload(self, tenant: str = "shop", sha256: str = SHA, nonce: str = "n0") -> UploadRecord:
        record = UploadRecord(f"uploads/{tenant}/{sha256}/{nonce}", 1000, "jpeg", 640, 480)
        return self.store.put_upload(tenant, sha256, record)

    def submit(self, tenant: str = "shop", *, key: str | None = None, **fields: Any) -> str:
        self.upload(tenant)
        return self.store.submit(tenant, make_spec(**fields), idempotency_key=key).job_id

    def view(self, job_id: str, tenant: str = "shop") -> JobView:
        view = self.store.get(tenant, job_id)
        assert view is not None
        return view

    def state(self, job_id: str, tenant: str = "shop") -> State:
        return self.view(job_id, tenant).state


@dataclass
class Hand:
    """A worker's thread: claims and ends jobs."""

    store: JobStore

    def claim(self, token: str | None = None) -> Claim:
        claim = self.store.claim("hand", token=token)
        assert claim is not None
        return claim

    def finish(self, claim: Claim) -> bool:
        path = f"results/{claim.tenant}/{claim.job_id}/{claim.token}/0.png"
        output = OutputRecord(0, path, "png", 2, 3, 4, "b" * 64)
        return self.store.finish(claim.job_id, claim.token, outputs=[output], manifest={"by": claim.token})

    def lose_lease(self, claim: Claim) -> None:
        """As if the lease's time had passed without a heartbeat."""
        assert self.store.redis.zadd("packshot:lease", {claim.job_id: 1}, xx=True, ch=True) == 1

    def pass_deadline(self, job_id: str) -> None:
        """As if the job's deadline had come."""
        self.store.redis.hset(f"packshot:job:{job_id}", "deadline_ms", 1)
        assert self.store.redis.zadd("packshot:deadline", {job_id: 1}, xx=True, ch=True) == 1


class Merchant:
    """Sends batches and looks at them."""

    def __init__(self, store: JobStore, tenant: str = "shop") -> None:
        self.store, self.tenant = store, tenant

    def item(self, number: int, *, sha256: str | None = None, **fields: Any) -> NewItem:
        sha256 = sha256 or f"{number:064x}"
        record = UploadRecord(f"uploads/{self.tenant}/{sha256}/n", 1000, "jpeg", 640, 480)
        self.store.put_upload(self.tenant, sha256, record)
        spec = make_spec(sha256, priority="bulk", external_id=f"sku-{number}", **fields)
        return NewItem(f"sku-{number}", spec)

    def send(self, *items: NewItem, **more: Any) -> str:
        return self.store.create_batch(self.tenant, NewBatch(items, **more)).batch_id

    def send_many(self, number: int, **fields: Any) -> str:
        return self.send(*(self.item(at, **fields) for at in range(1, number + 1)))

    def view(self, batch_id: str) -> BatchView:
        view = self.store.get_batch(self.tenant, batch_id)
        assert view is not None
        return view

    def counts(self, batch_id: str) -> dict[str, int]:
        return {name: number for name, number in vars(self.view(batch_id).counts).items() if number}

    def states(self, batch_id: str) -> list[str]:
        page = self.store.batch_items(self.view(batch_id), limit=1000)
        return [item.state.value for item in page.items]


def stats(store: JobStore) -> dict[str, int]:
    """How many jobs are delayed, running and given up."""
    sorted_sets = {"delayed": "delayed", "running": "lease"}
    counts = {name: store.redis.zcard(f"packshot:{key}") for name, key in sorted_sets.items()}
    return counts | {"dead": store.redis.llen("packshot:dead")}


def finish_all(hand: Hand) -> int:
    done = 0
    while claim := hand.store.claim("hand"):
        assert hand.finish(claim)
        done += 1
    return done


@pytest.fixture
def shop(store: JobStore) -> Shop:
    return Shop(store)


@pytest.fixture
def hand(store: JobStore) -> Hand:
    return Hand(store)


@pytest.fixture
def merchant(store: JobStore) -> Merchant:
    return Merchant(store)


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may end or freeze."""
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def small_store(settings: JobsSettings) -> Iterator[JobStore]:
    """A store whose queue holds four jobs, two of each tenant."""
    client = connect(settings.redis_url)
    small = settings.model_copy(update={"max_pending": 4, "max_active_per_tenant": 2})
    store = JobStore(client, small)
    yield store
    store.close()
    client.close()
