"""A Redis whose memory is full refuses, keeps every job whole, and goes on when there is room again."""

from pathlib import Path

import pytest
import redis

from jobs.connection import connect, is_unavailable
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.states import State
from jobs.store import JobStore

from .conftest import BOOM, Hand, Shop


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(tmp_path)
    client = connect(server.start())
    store = JobStore(client, read_settings(JobsSettings, redis_url=server.url, data_dir=tmp_path))
    yield store
    client.close()
    server.stop()


def test_no_transition_is_done_by_half(full: JobStore):
    shop, hand = Shop(full), Hand(full)
    waiting, running = shop.submit(), shop.submit()
    claim = hand.claim()
    assert claim.job_id == waiting
    full.redis.config_set("maxmemory", "100kb")
    attempts = [
        lambda: full.submit("shop", shop.view(running).spec),
        lambda: full.claim("hand"),
        lambda: full.heartbeat(claim.job_id, claim.token),
        lambda: full.progress(claim.job_id, claim.token, 0.5, "x"),
        lambda: hand.finish(claim),
        lambda: full.retry(claim.job_id, claim.token, BOOM, 0),
        lambda: full.cancel("shop", running),
        lambda: full.delete("shop", running),
        full.reap,
    ]
    for attempt in attempts:
        with pytest.raises(redis.ResponseError) as caught:
            attempt()
        assert is_unavailable(caught.value)
    assert (shop.state(claim.job_id), shop.state(running)) == (State.RUNNING, State.QUEUED)
    full.redis.config_set("maxmemory", "0")
    assert hand.finish(claim)
    assert hand.claim().job_id == running
