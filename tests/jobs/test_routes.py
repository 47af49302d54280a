"""Routes: a job that not every worker can do waits for one that can, and nothing else waits for it."""

import json
from itertools import pairwise

import pytest

from jobs.problems import ProblemError
from jobs.routes import ANY, abilities, hint_queue, lane_of, missing, parts_of_lane, serves, words_of
from jobs.spec import JobSpec
from jobs.spec.editing import Upscale
from jobs.spec.parsing import canonical_body
from jobs.store.base import call_script

from .conftest import BOOM, Hand, Shop, make_spec

AS_BEFORE = "007130ab0c02eefcd2b6f4e8daffe76787f7eacc69b8ce4bf6ebd6186f474adf"
"""What the version before routes made of `make_spec()`."""

GPU, CPU = "gpu cutout=2 restore=5", "cpu cutout=2 restore=5"


def claimed(shop: Shop, can: str) -> str | None:
    claim = shop.store.claim("hand", can=can)
    return claim and claim.job_id


@pytest.mark.parametrize(
    ("needs", "route", "queue"),
    [
        (None, ANY, "packshot"),
        ({"device": "gpu"}, "gpu", "packshot.gpu"),
        ({"models": {"restore": "5", "cutout": "2"}}, "cutout=2+restore=5", "packshot"),
        ({"device": "cpu", "models": {"restore": "5"}}, "cpu+restore=5", "packshot.cpu"),
    ],
)
def test_a_route_is_named_by_what_its_jobs_need(needs: dict[str, object] | None, route: str, queue: str):
    lane = lane_of(make_spec(needs=needs, priority="bulk"))
    assert parts_of_lane(lane) == ("bulk", route)
    assert hint_queue("packshot", lane) == queue


def test_a_worker_is_given_only_what_it_can_do(shop: Shop):
    on_gpu = shop.submit(needs={"device": "gpu"})
    pinned = shop.submit(needs={"models": {"restore": "6"}})
    plain = shop.submit()
    assert [claimed(shop, CPU), claimed(shop, CPU)] == [plain, None]
    assert [claimed(shop, GPU), claimed(shop, GPU)] == [on_gpu, None]
    assert claimed(shop, "cpu restore=5 restore=6") == pinned
    assert shop.store.redis.hgetall("packshot:depth") == {"interactive": "0"}  # an empty route leaves nothing behind


def test_a_worker_that_says_nothing_of_itself_is_given_what_any_does(shop: Shop):
    shop.submit(needs={"device": "cpu"})
    plain = shop.submit()
    assert [claimed(shop, ""), claimed(shop, "")] == [plain, None]


def test_age_and_turns_hold_across_the_routes_that_a_worker_serves(shop: Shop):
    """Who spreads its jobs over routes is not served more often, and each tenant's come in their order."""
    many = [shop.submit("a", needs=needs) for needs in ({"device": "gpu"}, None, {"models": {"cutout": "2"}}, None)]
    few = [shop.submit("b"), shop.submit("b", needs={"device": "gpu"})]
    order = [claimed(shop, GPU) for _ in range(6)]
    assert order == [many[0], few[0], many[1], few[1], many[2], many[3]]


def test_what_other_workers_do_for_a_tenant_costs_it_no_turn_at_ours(shop: Shop):
    """Or a tenant whose plain jobs many workers do would never see its turn at the few that have a GPU."""
    for _ in range(8):
        shop.submit("a")
    wanted = shop.submit("a", needs={"device": "gpu"})
    others = [shop.submit("b", needs={"device": "gpu"}) for _ in range(4)]
    for _ in range(8):
        claimed(shop, CPU)
    assert [claimed(shop, GPU) for _ in range(2)] == [wanted, others[0]]


def test_a_click_goes_before_bulk_whatever_their_routes(shop: Shop):
    bulk = [shop.submit(priority="bulk", needs=needs) for needs in (None, {"device": "gpu"})]
    clicks = [shop.submit(needs={"device": "gpu"}), shop.submit()]
    assert [claimed(shop, GPU) for _ in range(4)] == [*clicks, *bulk]


def test_one_claim_in_eight_is_bulk_also_of_a_route(shop: Shop):
    for _ in range(15):
        shop.submit(needs={"device": "gpu"})
    bulk = [shop.submit(priority="bulk", needs={"device": "gpu"}) for _ in range(2)]
    order = [claimed(shop, GPU) for _ in range(17)]
    assert [at for at, job_id in enumerate(order) if job_id in bulk] == [7, 15]


def test_a_retry_goes_back_to_its_route_and_keeps_what_it_needs(shop: Shop, hand: Hand):
    job_id = shop.submit(needs={"device": "gpu"})
    claim = shop.store.claim("hand", can=GPU)
    assert claim is not None
    assert claim.spec.needs is not None
    shop.store.retry(job_id, claim.token, BOOM, 0)
    shop.store.reap()
    assert claimed(shop, CPU) is None
    again = shop.store.claim("hand", can=GPU)
    assert again is not None
    assert again.attempt == 2
    assert again.spec == claim.spec
    hand.lose_lease(again)
    shop.store.reap()
    assert [claimed(shop, CPU), claimed(shop, GPU)] == [None, job_id]


def test_the_claim_tells_how_many_more_wait_for_the_likes_of_it(shop: Shop):
    for needs in ({"device": "gpu"}, {"models": {"cutout": "2"}}, None, {"device": "cpu"}):
        shop.submit(needs=needs)
    claims = [shop.store.claim("hand", can=GPU) for _ in range(3)]
    assert [claim and claim.more for claim in claims] == [1, 0, 0]


def test_hints_are_missed_by_queue_and_those_of_others_routes_not_at_all(shop: Shop):
    for needs in (None, None, {"device": "gpu"}, *[{"models": {"cutout": "9"}}] * 6):
        shop.submit(needs=needs)
    assert shop.store.missing_hints(CPU) == {"packshot": 2, "packshot.gpu": 1}
    assert shop.store.missing_hints("cpu cutout=9") == {"packshot": 2 + 4, "packshot.gpu": 1}
    shop.store.redis.lpush("packshot.gpu", "hint")
    assert shop.store.missing_hints(CPU) == {"packshot": 2}
    assert shop.store.backlog().hints_waiting == 1


def test_the_backlog_tells_routes_apart(shop: Shop):
    for priority, needs in (("bulk", None), ("interactive", {"device": "gpu"}), ("bulk", {"device": "gpu"})):
        shop.submit(priority=priority, needs=needs)
    backlog = shop.store.backlog()
    assert backlog.pending == {"interactive": 1, "bulk": 2}
    assert [(lane.priority, lane.route, lane.jobs) for lane in backlog.lanes] == [
        ("bulk", ANY, 1),
        ("interactive", ANY, 0),
        ("bulk", "gpu", 1),
        ("interactive", "gpu", 1),
    ]
    assert shop.store.pending() == 3
    assert backlog.oldest_pending_s is not None


def test_jobs_of_routes_count_among_the_pending_ones_allowed(shop: Shop):
    shop.store.settings = shop.store.settings.model_copy(update={"max_pending": 2})
    shop.submit(needs={"device": "gpu"}), shop.submit()
    with pytest.raises(ProblemError, match="2 jobs are waiting"):
        shop.submit()


def test_a_tenant_may_open_so_many_routes_at_once_and_others_may_still(shop: Shop):
    for version in range(8):
        shop.submit(needs={"models": {"cutout": str(version)}})
    with pytest.raises(ProblemError, match="8 other kinds of needs") as refused:
        shop.submit(needs={"models": {"cutout": "8"}})
    assert refused.value.problem.type == "overloaded"
    (
        shop.submit(needs={"models": {"cutout": "7"}}),
        shop.submit(),
        shop.submit("other", needs={"models": {"cutout": "8"}}),
    )
    assert claimed(shop, "cpu cutout=0") is not None
    shop.submit(needs={"models": {"cutout": "8"}})


def test_a_claim_reads_as_much_whatever_waits_on_routes_of_others(shop: Shop):
    def commands_of_a_claim() -> int:
        shop.submit()
        shop.store.redis.set("packshot:claims", 0)  # no bulk turn
        before = shop.store.redis.info("commandstats")
        assert claimed(shop, CPU) is not None
        after = shop.store.redis.info("commandstats")
        return sum(told["calls"] - before.get(name, {"calls": 0})["calls"] for name, told in after.items())

    claimed(shop, CPU)
    alone = [commands_of_a_claim() for _ in range(3)][-1]
    for number in range(24):
        for _ in range(3):
            shop.submit(f"tenant-{number}", needs={"models": {"relight": str(number)}})
    assert commands_of_a_claim() == alone


def test_the_record_reads_as_before_to_programs_that_know_no_routes(shop: Shop):
    """An earlier version refuses fields that it does not know, and requeues by the lane that the record names."""
    job_id = shop.submit(needs={"device": "gpu"})
    record = shop.store.redis.hgetall(f"packshot:job:{job_id}")
    assert "needs" not in json.loads(record["spec"])
    assert record["lane"] == "interactive@gpu"
    plain = shop.store.redis.hgetall(f"packshot:job:{shop.submit()}")
    assert plain["lane"] == "interactive"
    assert "needs" not in plain
    assert shop.store.redis.zcard("packshot:queue:interactive:shop") == 1


def test_a_record_of_before_routes_is_claimed_as_any(shop: Shop):
    shop.upload()
    order = shop.store._order("shop", make_spec(), None) | {"id": "job_" + "0" * 26}
    call_script(shop.store.redis, "submit", **order, work="w", body="b")
    assert shop.view("job_" + "0" * 26).route == ANY
    assert claimed(shop, GPU) == "job_" + "0" * 26


def test_what_a_request_means_is_as_before_where_nothing_is_needed():
    plain, needing = make_spec(), make_spec(needs={"device": "gpu"})
    assert canonical_body(plain, "shop") == AS_BEFORE
    assert canonical_body(plain, "shop") != canonical_body(needing, "shop")


def test_an_operation_that_earlier_workers_do_not_know_is_a_route(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Upscale, "spec_version", property(lambda _: 2))
    monkeypatch.setattr(Upscale, "newest", 2)
    spec: JobSpec = make_spec()
    assert words_of(spec) == ["upscale~2"]
    assert serves(abilities("cpu", {}), "upscale~2")
    assert not serves("cpu cutout=2", "upscale~2")


def test_what_nobody_can_do_is_told_with_all_that_one_worker_must_have():
    assert missing("gpu+cutout=2", [CPU, GPU]) is None
    assert missing("gpu+cutout=3", [CPU, GPU]) == {"device": "gpu", "models": {"cutout": "3"}, "operations": {}}
    assert missing(ANY, []) == {"device": None, "models": {}, "operations": {}}


@pytest.mark.parametrize("needs", [{"device": "tpu"}, {"models": {"Cutout": "2"}}, {"models": {"cutout": "2@x"}}])
def test_needs_that_are_none_are_refused(needs: dict[str, object]):
    with pytest.raises(ProblemError, match="needs"):
        make_spec(needs=needs)


@pytest.mark.parametrize("needs", [{}, {"models": {}}, {"device": None}])
def test_needs_of_nothing_are_none(needs: dict[str, object]):
    assert make_spec(needs=needs) == make_spec()


def test_a_patient_look_counts_the_workers_that_serve_the_route(shop: Shop):
    """A click with a deadline is refused for the few workers that may do it, however many there are in all."""
    for owner, can in (("one", GPU), *((f"cpu-{number}", CPU) for number in range(9))):
        facts = {"threads": 1, "can": can}
        call_script(shop.store.redis, "announce", owner=owner, facts=facts, age_ms=0, life_ms=30_000)
    shop.store.redis.hset("packshot:times", "*", "10000.0 50 0")
    for _ in range(3):
        shop.submit(needs={"device": "gpu"})
    with pytest.raises(ProblemError, match="would wait"):
        shop.submit(needs={"device": "gpu"}, deadline_s=20)
    shop.submit(deadline_s=20)


def test_jobs_of_one_tenant_leave_in_the_order_they_came(shop: Shop):
    needs = [None, {"device": "gpu"}, {"models": {"cutout": "2"}}, {"device": "gpu", "models": {"restore": "5"}}]
    submitted = [shop.submit(needs=needs[number % 4]) for number in range(16)]
    order = [claimed(shop, GPU) for _ in submitted]
    assert all(submitted.index(a) < submitted.index(b) for a, b in pairwise(order) if a and b)
    assert len(set(order)) == 16
