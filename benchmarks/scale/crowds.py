"""Does a script cost more where more waits, or where more take part? One row for each size of each crowd.

A cost that follows the size is a wall to come: the last column tells by how much the dearest script of the row grew
against the smallest crowd of its kind.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.scale.growth import Row, calls_us, sweep_us
from benchmarks.scale.lives import Crowd
from benchmarks.scale.record import Record
from jobs.batches.records import NewBatch, NewItem
from jobs.connection import connect
from jobs.records import UploadRecord
from jobs.spec import validate_spec

_SAMPLE = 200
_THREADS = 4
_ROWS_OF_A_BATCH = 80

_NAMES = ("submit_us", "claim_us", "progress_us", "view_us", "end_us", "sweep_us")


def measure(folder: Path, largest: int = 100_000) -> list[dict[str, float | str]]:
    """Rows of µs per call, by what there is many of: pending jobs, tenants that wait, workers, batches, listeners."""
    rows: list[dict[str, float | str]] = []
    for crowd, sizes, gather in _CROWDS:
        smallest: Row = {}
        for size in (size for size in sizes if size <= largest):
            with Record(folder / f"{crowd.replace(' ', '-')}-{size}") as record:
                costs = gather(record, size)
            smallest = smallest or costs
            growth = max(costs[name] / smallest[name] for name in _NAMES)
            row: dict[str, float | str] = {"many": crowd, "size": size}
            rows.append(row | {name: round(costs[name], 1) for name in _NAMES} | {"growth": growth})
            print({name: _short(value) for name, value in rows[-1].items()}, flush=True)
    return rows


def _short(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(value, 1)


def _costs(record: Record, crowd: Crowd) -> Row:
    return calls_us(crowd, _SAMPLE) | {"sweep_us": sweep_us(record)}


def _pending(record: Record, size: int) -> Row:
    crowd = Crowd(record, tenants=10)
    crowd.wait(size)
    return _costs(record, crowd)


def _tenants(record: Record, size: int) -> Row:
    crowd = Crowd(record, tenants=size)
    crowd.wait(size)
    return _costs(record, crowd)


def _workers(record: Record, size: int) -> Row:
    for number in range(size):
        facts = {"threads": str(_THREADS), "backend": "onnxruntime"}
        record.store.run_script("announce", owner=f"worker-{number}", facts=facts, age_ms=0, life_ms=3_600_000)
    crowd = Crowd(record)
    crowd.live(2_500)  # ends to look back at, and a mean run time
    return _costs(record, crowd)


def _batches(record: Record, size: int) -> Row:
    crowd = Crowd(record)
    for number in range(size):
        tenant, sha = f"shop-{number}", "c" * 64
        record.store.put_upload(tenant, sha, UploadRecord(f"uploads/{tenant}/{sha}/n", 1000, "jpeg", 640, 480))
        record.store.create_batch(tenant, NewBatch(tuple(_item(sha, row) for row in range(_ROWS_OF_A_BATCH))))
    return _costs(record, crowd)


def _item(sha: str, row: int) -> NewItem:
    spec = {"input": {"upload": f"sha256:{sha}"}, "operations": [{"op": "relight"}], "seed": row}
    return NewItem(f"sku-{row}", spec=validate_spec(spec))


def _kinds(record: Record, size: int) -> Row:
    """Kinds of work by their operations and channels: each has its own mean run time."""
    crowd = Crowd(record)
    with record.redis.pipeline(transaction=False) as pipeline:
        for number in range(size):
            pipeline.hset("packshot:times", f"relight+kind-{number}|", f"1500.0 10 {1_700_000_000_000 + number}")
        pipeline.execute()
    return _costs(record, crowd)


def _listeners(record: Record, size: int) -> Row:
    crowd = Crowd(record)
    with _subscribed(record, size):
        return _costs(record, crowd)


@contextmanager
def _subscribed(record: Record, size: int) -> Iterator[None]:
    """As many API processes, each hearing of every change; nobody reads, so as not to need processor time here."""
    client = connect(record.store.settings.redis_url)
    ears = [client.pubsub(ignore_subscribe_messages=True) for _ in range(size)]  # type: ignore[no-untyped-call]
    try:
        for ear in ears:
            ear.subscribe("packshot:changes")
        yield
    finally:
        for ear in ears:
            ear.close()
        client.close()


_CROWDS: tuple[tuple[str, tuple[int, ...], Callable[[Record, int], Row]], ...] = (
    ("pending jobs", (10, 1_000, 20_000, 100_000), _pending),
    ("tenants that wait", (1, 100, 10_000), _tenants),
    ("workers", (1, 100, 1_000), _workers),
    ("open batches", (1, 20, 500), _batches),
    ("kinds of work", (1, 900, 1_000), _kinds),
    ("API processes that listen", (1, 16, 64), _listeners),
)
