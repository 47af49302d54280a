"""Redis is killed while a catalogue's pieces are written or fed, and comes back with its file: whole or absent."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions

from jobs.batches.records import NewBatch
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore
from tests.jobs.conftest import Hand, Merchant

ROWS, WINDOW = 12, 4
CALLS_TO_CREATE = 5  # open, three pieces of five rows, commit


class Killer:
    """Kills Redis at one call of a script, before it or with its answer on the way, and starts it again."""

    def __init__(self, server: EmbeddedRedis, store: JobStore, patch: pytest.MonkeyPatch) -> None:
        self.server, self.left, self.answered = server, 0, False
        self.run = store.run_script
        patch.setattr(store, "run_script", self._run)

    def strike(self, after_calls: int, *, answered: bool) -> None:
        self.left, self.answered = after_calls, answered

    def _run(self, name: str, /, **arguments: Any) -> Any:
        self.left -= 1
        if self.left:
            return self.run(name, **arguments)
        if self.answered:
            self.run(name, **arguments)
        self.server.kill()
        self.server.start()
        raise redis.exceptions.ConnectionError("the answer was lost with Redis")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Merchant, Killer]]:
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    monkeypatch.setattr("jobs.store.batches._ROWS_PER_CALL", 5)
    # Each second's sync holds up `everysec`'s very writes (aof.c, 6.2), so that a kill right then loses answered ones.
    server = EmbeddedRedis(tmp_path, "always")
    client = connect(server.start())
    settings = read_settings(JobsSettings, redis_url=server.url, data_dir=tmp_path, batch_window=WINDOW)
    store = JobStore(client, settings)
    yield Merchant(store), Killer(server, store, monkeypatch)
    store.close()
    client.close()
    server.kill()


def until_answered(ask: Callable[[], Any]) -> Any:
    """As a client with its idempotency key does, and a worker with its token."""
    while True:
        try:
            return ask()
        except redis.exceptions.RedisError:
            continue


def finish_rest(store: JobStore) -> int:
    hand, done = Hand(store), 0
    while claim := until_answered(lambda: store.claim("hand")):
        assert until_answered(lambda claim=claim: hand.finish(claim))
        done += 1
    return done


@pytest.mark.parametrize("answered", [False, True])
def test_a_batch_is_whole_or_absent_wherever_its_creation_lost_redis(place: tuple[Merchant, Killer], answered: bool):
    merchant, killer = place
    for call in range(1, CALLS_TO_CREATE + 1):
        items = tuple(merchant.item(100 * call + number) for number in range(ROWS))
        new = NewBatch(items, idempotency_key=f"order {call}", body="b")
        killer.strike(call, answered=answered)
        with pytest.raises(redis.exceptions.ConnectionError):
            merchant.store.create_batch("shop", new)
        there = merchant.store.find_batch("shop", f"order {call}", "b")
        assert (there is not None) == (answered and call == CALLS_TO_CREATE), "else nobody sees a part of it"
        again = merchant.store.create_batch("shop", new)
        assert again.created == (there is None)
        assert merchant.view(again.batch_id).counts.total == ROWS
        assert finish_rest(merchant.store) == ROWS
        assert merchant.counts(again.batch_id)["succeeded"] == ROWS
        assert merchant.view(again.batch_id).state == "finished"


@pytest.mark.parametrize("answered", [False, True])
def test_a_batch_ends_though_redis_is_killed_again_and_again_while_it_is_fed(
    place: tuple[Merchant, Killer], answered: bool
):
    merchant, killer = place
    batch_id, hand = merchant.send_many(ROWS), Hand(merchant.store)
    for number in range(2):
        killer.strike(1, answered=answered)
        claim = until_answered(lambda token=f"{number:032x}": hand.claim(token))
        killer.strike(1, answered=answered)
        assert until_answered(lambda claim=claim: hand.finish(claim))
    assert finish_rest(merchant.store) == ROWS - 2
    assert merchant.counts(batch_id) == {"total": ROWS, "succeeded": ROWS}
    assert merchant.view(batch_id).state == "finished"
