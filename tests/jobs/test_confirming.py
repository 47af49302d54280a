"""Who asks for it is answered once a replica has what was written, and loses nothing with the first machine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.replicas import Pair, running_pair
from jobs.connection import connect
from jobs.errors import NotConfirmed
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore, confirming
from tests.jobs.conftest import Hand, Shop
from tests.waiting import until


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    with running_pair(tmp_path) as pair:
        yield pair


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., JobStore]]:
    opened: list[JobStore] = []

    def open_one(url: str, **waits: int) -> JobStore:
        settings = read_settings(JobsSettings, redis_url=url, data_dir=tmp_path, **waits)
        opened.append(JobStore(connect(url), settings))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
        store.redis.close()


def confirms(store: JobStore) -> bool:
    """A replica on a busy machine may take longer than a client is kept waiting."""
    try:
        store.confirm()
    except NotConfirmed:
        return False
    return True


def test_what_was_confirmed_is_there_after_the_failover(pair: Pair, open_store: Callable[..., JobStore]):
    shop = Shop(open_store(pair.primary.url, wait_replicas=1))
    job_id = shop.submit(key="order-7")
    claim = Hand(shop.store).claim()
    until(lambda: confirms(shop.store))
    pair.fail_over()
    after = open_store(pair.replica.url)
    assert Shop(after).submit(key="order-7") == job_id, "the key finds it"
    assert Hand(after).finish(claim), "and its worker ends it there"


def test_what_a_replica_lacks_is_not_confirmed_until_it_has_it(
    pair: Pair, open_store: Callable[..., JobStore], monkeypatch: pytest.MonkeyPatch
):
    writer, other = (open_store(pair.primary.url, wait_replicas=1) for _ in range(2))
    until(lambda: confirms(writer))
    pair.freeze_replica()
    monkeypatch.setattr(confirming, "WAIT_MS", 300)
    Shop(writer).submit()
    for store in (writer, other):  # the other wrote nothing itself, and may have found what the first one wrote
        with pytest.raises(NotConfirmed, match="0 of 1 replicas confirmed it within 300 ms"):
            store.confirm()
    pair.freeze_replica(frozen=False)
    monkeypatch.setattr(confirming, "WAIT_MS", 1000)
    until(lambda: confirms(other))


def test_a_full_memory_confirms_what_it_has(pair: Pair, open_store: Callable[..., JobStore]):
    store = open_store(pair.primary.url, wait_replicas=1)
    store.redis.config_set("maxmemory", 1)
    until(lambda: confirms(store))


def test_more_replicas_than_there_are_confirm_nothing(
    open_store: Callable[..., JobStore], redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(confirming, "WAIT_MS", 10)
    with pytest.raises(NotConfirmed, match="0 of 2 replicas"):
        open_store(redis_url, wait_replicas=2).confirm()
    open_store(redis_url).confirm()
