"""The power really goes: a file system of our own keeps only what had reached the disk. As root alone, on Linux."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.power_cut import Disk, NoPowerCut, disk
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Disk]:
    try:
        with disk(tmp_path) as made:
            yield made
    except NoPowerCut as reason:
        pytest.skip(f"the power cannot be cut here: {reason}")


def test_what_was_stored_and_written_outlives_a_loss_of_power(made: Disk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(made.root / "data", "always")
    kept = BlobStore.from_url((made.root / "kept").as_uri())
    fast = BlobStore.from_url((made.root / "fast").as_uri(), synced=False)
    try:
        server.start()
        with connect(server.url) as client:
            for number in range(20):
                client.set(f"job{number}", number)
                kept.put(f"results/t/job{number}/0.webp", b"picture" * 1000)
                fast.put(f"results/t/job{number}/0.webp", b"picture" * 1000)
            made.cut()
        server.kill()
        made.power_on()
        server.start()
        with connect(server.url) as client:
            assert client.exists(*(f"job{number}" for number in range(20))) == 20
    finally:
        server.kill()
    assert [len(kept.get(path)) for path in kept.list("results")] == [7000] * 20
    assert sum(fast.size(path) == 7000 for path in fast.list("results")) < 20, "else this test shows nothing"
