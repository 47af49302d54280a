"""Redis' clock counts, whatever the machine's own says."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis

from jobs.clock import KEPT_S, RedisClock
from jobs.links import LinkSigner


class Told:
    """A Redis whose clock is as we say."""

    def __init__(self) -> None:
        self.now, self.asked, self.away = 1_000.25, 0, False

    def time(self) -> tuple[int, int]:
        self.asked += 1
        if self.away:
            raise redis.exceptions.ConnectionError
        return int(self.now), round(self.now % 1 * 1e6)


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [50.0]
    monkeypatch.setattr("jobs.clock.time.monotonic", lambda: now[0])
    return now  # type: ignore[return-value]


def test_between_two_readings_the_monotonic_clock_carries_it_on(monotonic: list[float]) -> None:
    told = Told()
    clock = RedisClock(told)  # type: ignore[arg-type]
    assert clock.now() == pytest.approx(1_000.25)
    monotonic[0] += KEPT_S - 1
    assert clock.now() == pytest.approx(1_000.25 + KEPT_S - 1)
    assert told.asked == 1
    monotonic[0] += 1
    told.now = 9_000.0
    assert clock.now() == pytest.approx(9_000.0)


def test_a_redis_that_is_away_stops_a_clock_only_before_its_first_reading(monotonic: list[float]) -> None:
    told = Told()
    clock = RedisClock(told)  # type: ignore[arg-type]
    told.away = True
    with pytest.raises(redis.exceptions.ConnectionError):
        clock.now()
    told.away = False
    clock.now()
    told.away = True
    monotonic[0] += 2 * KEPT_S
    assert clock.now() == pytest.approx(1_000.25 + 2 * KEPT_S)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_machine_whose_clock_is_wrong_signs_links_that_open_and_expire_as_any(
    store: Any, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = LinkSigner(store.redis, 900)
    wrong = LinkSigner(store.redis, 900)
    by_redis = store.redis.time()[0]
    monkeypatch.setattr("time.time", lambda: by_redis + hours * 3600.0)
    link = urlsplit(wrong.sign("/v1/jobs/x/outputs/0", "shop"))
    query = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert 600 <= int(query["expires"]) - by_redis <= 960
    assert right.tenant_of(link.path, query) == wrong.tenant_of(link.path, query) == "shop"
