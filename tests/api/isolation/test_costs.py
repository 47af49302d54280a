"""What could be timed: another's thing costs the same looks as one that never was, and brings the same little back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api import presence
from api.admission import MAX_GUESSES
from jobs.blobs import BlobStore
from jobs.connection import connect
from tests.api.isolation.belongings import NOBODYS, Belongings, Household
from tests.api.isolation.conftest import plain
from tests.api.isolation.routes import NAMES_A_THING, Ask

KINDS = ("ended", "erased")
ASKS = [(route, ask) for route, asks in NAMES_A_THING.items() for ask in asks]
IN_SCRIPT = "  "
TENANTS_NAME_BYTES = 128
"""A look at whose a thing is brings back a name; no more than that may differ."""


@pytest.fixture(autouse=True)
def _nothing_is_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which workers live is asked at most every two seconds: whose request pays for it is chance."""
    monkeypatch.setattr(presence, "KEPT_S", 3600.0)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every look at the blobs, as it happens."""
    seen: list[str] = []
    call = BlobStore._call

    def noted(self: BlobStore, path: str, work: Callable[[], Any]) -> Any:
        seen.append(plain(path))
        return call(self, path, work)

    monkeypatch.setattr(BlobStore, "_call", noted)
    return seen


@contextmanager
def commands(url: str) -> Iterator[list[str]]:
    """What Redis does meanwhile, in scripts too; names and secrets left out."""
    client = connect(url)
    told: list[str] = []
    with client.monitor() as monitor:
        yield told
        marker = "the end of what is watched"
        other = connect(url)
        other.echo(marker)
        while marker not in (heard := monitor.next_command())["command"]:
            if not heard["command"].startswith(("PING", "CLIENT", "HELLO", "SELECT")):
                told.append(IN_SCRIPT * (heard["client_type"] == "lua") + plain(heard["command"]))
        other.close()
    client.close()


def sent_by_redis(shop: Any) -> int:
    return int(shop.services.redis.info("stats")["total_net_output_bytes"])


@pytest.mark.parametrize(
    ("route", "ask_for"), ASKS, ids=[f"{route.partition(' ')[0]} {ask.name}" for route, ask in ASKS]
)
def test_anothers_thing_costs_what_costs_one_that_never_was(
    route: str, ask_for: Ask, zebra: Household, rival: Household, ask: Callable[..., TestResponse], looked: list[str]
) -> None:
    method = route.partition(" ")[0]
    url = rival.shop.services.settings.redis_url

    def cost(of: Belongings) -> tuple[list[str], list[str], int]:
        looked.clear()
        with commands(url) as done:
            ask(method, ask_for, of).close()
        blobs = list(looked)
        before = sent_by_redis(rival.shop)
        ask(method, ask_for, of).close()
        return done, blobs, sent_by_redis(rival.shop) - before

    cost(NOBODYS)  # scripts are loaded, and this key's last use is noted
    nobodys = cost(NOBODYS)
    assert nobodys[0], "nothing was watched"
    for kind in KINDS:
        anothers = cost(getattr(zebra, kind))
        differ = [pair for pair in zip(anothers[0], nobodys[0], strict=False) if pair[0] != pair[1]]
        assert anothers[:2] == nobodys[:2], (kind, differ)
        assert abs(anothers[2] - nobodys[2]) <= TENANTS_NAME_BYTES, kind


def test_a_wrong_secret_costs_the_round_trips_of_an_unknown_key(zebra: Household, rival: Household) -> None:
    """Not every step of a script: whose key was guessed at, that tenant's audit log is told."""
    client, url = rival.shop.app.test_client(), rival.shop.services.settings.redis_url
    costs = []
    for key_id in ("0" * 16, "0" * 16, zebra.ended.key):
        with commands(url) as done:
            answer = client.get("/v1/me", headers={"Authorization": f"Bearer psk_{key_id}.{'A' * 43}"})
        assert answer.status_code == 401
        round_trips = [command for command in done if not command.startswith(IN_SCRIPT)]
        costs.append((round_trips, {**answer.get_json(), "request_id": ""}))
    assert costs[1] == costs[2]


def test_guessing_at_a_key_that_never_was_is_stopped_as_guessing_at_one_that_is(zebra: Household) -> None:
    client = zebra.shop.app.test_client()
    told = []
    for at, key_id in enumerate(("f" * 16, zebra.ended.key)):
        zebra.shop.services.redis.delete("packshot:failures:127.0.0.1")
        headers = {"Authorization": f"Bearer psk_{key_id}.{str(at) * 43}"}
        told.append([client.get("/v1/me", headers=headers).status_code for _ in range(MAX_GUESSES + 2)])
    zebra.shop.services.redis.delete("packshot:failures:127.0.0.1")
    assert told[0] == told[1] == [401] * MAX_GUESSES + [429] * 2
