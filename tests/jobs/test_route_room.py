"""What jobs with needs may take of the room that all share, and which versions they may wait for."""

import pytest

from jobs.model_wishes import Share
from jobs.presence import LIVENESS_MS
from jobs.problems import ProblemError
from jobs.states import State
from jobs.store.base import call_script, script_text

from .conftest import Hand, Merchant, Shop, make_spec


def pin(version: str) -> dict[str, object]:
    return {"models": {"cutout": version}}


def announce(shop: Shop, owner: str, can: str) -> None:
    facts = {"threads": 1, "can": can}
    call_script(shop.store.redis, "announce", owner=owner, facts=facts, age_ms=0, life_ms=LIVENESS_MS)


def test_a_version_that_no_worker_announced_is_refused_and_the_known_ones_are_named(shop: Shop):
    announce(shop, "one", "cpu cutout=2 cutout=10 restore=5")
    with pytest.raises(ProblemError, match="version 3 of the model cutout; workers have 10, 2") as refused:
        shop.submit(needs={"models": {"restore": "5", "cutout": "3"}})
    assert refused.value.problem.type == "unknown-model"
    assert refused.value.problem.extra["errors"][0]["pointer"] == "/needs/models/cutout"
    with pytest.raises(ProblemError, match="no worker has that model"):
        shop.store.foresee("shop", make_spec(needs={"models": {"dream": "1"}}))
    shop.submit(needs={"device": "gpu", "models": {"cutout": "2"}})
    assert shop.store.redis.hgetall("packshot:depth") == {"interactive@gpu+cutout=2": "1"}


def test_a_version_that_is_wished_for_or_was_there_lately_may_be_waited_for(shop: Shop):
    announce(shop, "one", "cpu cutout=2")
    shop.store.share_version("cutout", Share("3", 0.0), use="2")
    shop.submit(needs=pin("3"))
    shop.store.redis.delete("packshot:workers", "packshot:worker:one")  # none lives: the fleet is scaled to nothing
    shop.submit(needs=pin("2"))
    shop.store.redis.hset("packshot:versions", mapping={"cutout=1": 1, "cutout=2": 8 * 86_400_000})
    shop.submit(needs=pin("2"))  # however long ago that was
    with pytest.raises(ProblemError, match="version 1"):
        shop.submit(needs=pin("1"))


def test_before_the_first_worker_ever_any_version_may_be_waited_for_but_not_for_ever(shop: Shop, hand: Hand):
    job_id, on_gpu = shop.submit(needs=pin("2")), shop.submit(needs={"device": "gpu"})
    week = shop.store.redis.zscore("packshot:deadline", job_id) - shop.store.redis.time()[0] * 1000
    assert 6.9 * 86_400_000 < week < 7.1 * 86_400_000
    hand.pass_deadline(job_id)
    shop.store.reap()
    assert shop.state(job_id) is State.EXPIRED
    assert shop.store.redis.hgetall("packshot:depth") == {"interactive@gpu": "1"}
    assert shop.store.redis.zscore("packshot:deadline", on_gpu) is None


def test_tenants_that_fill_the_routes_together_leave_room_for_devices_and_for_what_is_served(shop: Shop):
    for number in range(32):
        shop.submit(f"tenant-{number // 8}", needs=pin(str(number)))
    with pytest.raises(ProblemError, match="jobs with 32 other kinds of needs"):
        shop.submit("honest", needs=pin("99"))
    shop.submit("honest", needs={"device": "gpu"})
    shop.submit("honest", needs=pin("31"))  # it is there already
    announce(shop, "one", "cpu cutout=99")
    shop.submit("honest", needs=pin("99"))
    assert shop.store.claim("hand", can="cpu cutout=99") is not None


def test_empty_routes_that_an_earlier_version_left_take_no_room_and_go(shop: Shop):
    shop.store.redis.hset("packshot:depth", mapping={f"interactive@cutout={number}": 0 for number in range(64)})
    job_id = shop.submit(needs=pin("99"))
    shop.store.recount_pixels()
    assert shop.store.redis.hgetall("packshot:depth") == {"interactive@cutout=99": "1"}
    claim = shop.store.claim("hand", can="cpu cutout=99")
    assert claim is not None
    assert claim.job_id == job_id


def test_a_catalogues_row_that_has_no_room_for_its_needs_holds_up_no_other(merchant: Merchant):
    rows = [merchant.item(number, needs=pin(str(number))) for number in range(9)]
    batch = merchant.send(*rows, merchant.item(50))
    assert merchant.states(batch) == ["queued"] * 8 + ["waiting", "queued"]
    claim = merchant.store.claim("hand", can="cpu cutout=3")
    assert claim is not None
    assert Hand(merchant.store).finish(claim)
    assert merchant.states(batch)[8] == "queued"


def test_a_catalogues_row_with_a_version_that_nobody_announced_fails_alone(merchant: Merchant, shop: Shop):
    announce(shop, "one", "cpu cutout=2")
    batch = merchant.send(merchant.item(1, needs=pin("3")), merchant.item(2))
    assert merchant.states(batch) == ["failed", "queued"]
    assert "workers have 2" in str(shop.store.redis.hgetall(f"packshot:batch:{batch}:problems"))


def test_the_scripts_think_a_worker_alive_for_as_long_as_the_programs_do():
    assert f"local LIVENESS_MS = {LIVENESS_MS} --" in script_text("submit")
