"""The batcher's promises, as properties over random traffic, and its policy, as small scenes."""

import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.batching.batcher import Batcher
from engine.batching.cutting import Box
from engine.batching.lanes import Lane, Slots
from engine.batching.units import Ticket, Work, new_work
from engine.errors import DeadlineExceeded, EngineClosed, UnitCancelled, UnitFailed
from engine.unit_shapes import LatentShape, TileShape
from tests.engine.conftest import make_card

CORE_PX = 2


def slots_of(limit: int) -> Slots:
    """As on a CPU: each unit has its slot, here with a core of 2 by 2 pixels."""
    return Slots((limit,), (Lane(6, 6),), trims=True)


MODELS = {"a": slots_of(4), "b": slots_of(1), "c": slots_of(7)}
CARDS = {name: make_card(name, tile=TileShape(tile_px=6, halo_px=2, scale=1, align_px=1)) for name in MODELS}
MODELS["latents"] = Slots((2, 5))
CARDS["latents"] = make_card("latents", latent=LatentShape(3, (3, CORE_PX, CORE_PX)))


def work_of(units: int = 1, model: str = "a", **ticket) -> Work:
    if model == "latents":
        return new_work(CARDS[model], np.zeros((units, 3), np.float32), Ticket(**ticket), MODELS[model])
    return new_work(CARDS[model], np.zeros((CORE_PX, CORE_PX * units, 3), np.uint8), Ticket(**ticket), MODELS[model])


def boxes_of(work: Work) -> list[Box]:
    """The units that a work of `work_of` is cut into."""
    if work.card.latent is not None:
        return [Box(y, 0, CORE_PX, CORE_PX) for y in range(0, work.target.shape[0], CORE_PX)]
    return [Box(0, x, CORE_PX, CORE_PX) for x in range(0, work.source.shape[1], CORE_PX)]


def units_done(work: Work) -> int:
    return work.done_px // CORE_PX**2


def run_all(batcher: Batcher, fails=lambda _: False, now: float = 0.0) -> list:
    """Run batches until none is left, a batch failing when one of its members does; returns the batches."""
    batches = []
    while (batch := batcher.next_batch(now)) is not None:
        batches.append(batch)
        if any(fails(member) for member in batch.members):
            batcher.failed(batch, RuntimeError("planted"), now)
        else:
            batcher.finished(batch, now)
    return batches


tickets = st.fixed_dictionaries(
    {"tenant": st.sampled_from("xyz"), "priority": st.integers(0, 1), "alone": st.booleans()},
    optional={"deadline": st.floats(1, 100)},
)
traffic = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(sorted(MODELS)), tickets), min_size=1, max_size=12)


@given(traffic, st.data())
@settings(max_examples=150, deadline=None)
def test_every_work_is_settled_once_and_only_culprits_fail(submissions, data):
    batcher = Batcher(MODELS)
    works = [work_of(units, model, **ticket) for units, model, ticket in submissions]
    culprits = {
        (number, data.draw(st.integers(0, len(boxes_of(work)) - 1)))
        for number, work in enumerate(works)
        if data.draw(st.integers(0, 3)) == 0
    }
    bad = {(works[number], boxes_of(works[number])[index]) for number, index in culprits}
    for work in works:
        batcher.add(work, 0.0)
    batches = run_all(batcher, lambda member: (member.work, member.placed.unit.box) in bad)
    settled = batcher.take_settled()
    assert Counter(settlement.work for settlement in settled) == Counter(works)
    assert {works.index(work) for work, error in settled if error} == {number for number, _ in culprits}
    assert batcher.idle
    for batch in batches:
        assert {member.work.card.model for member in batch.members} == {batch.model}
        assert 1 <= len(batch.members) <= MODELS[batch.model].sizes[-1]
        assert len(batch.members) == 1 or not any(member.work.ticket.alone for member in batch.members)


@given(traffic)
@settings(max_examples=100, deadline=None)
def test_without_failures_every_unit_runs_exactly_once(submissions):
    batcher = Batcher(MODELS)
    works = [work_of(units, model, **ticket) for units, model, ticket in submissions]
    for work in works:
        batcher.add(work, 0.0)
    ran = Counter((member.work, member.placed.unit.box) for batch in run_all(batcher) for member in batch.members)
    assert ran == Counter((work, box) for work in works for box in boxes_of(work))


@given(traffic, st.data())
@settings(max_examples=100, deadline=None)
def test_units_of_cancelled_and_late_work_never_run(submissions, data):
    batcher, now = Batcher(MODELS), 0.0
    works = [work_of(units, model, **ticket, cancelled=threading.Event()) for units, model, ticket in submissions]
    for work in works:
        batcher.add(work, now)
    while not batcher.idle:
        victim = data.draw(st.sampled_from(works))
        if data.draw(st.booleans()):
            victim.ticket.cancelled.set()
        now += data.draw(st.floats(0.1, 20))
        batch = batcher.next_batch(now)
        if batch is None:
            continue
        for member in batch.members:
            assert not member.work.ticket.cancelled.is_set()
            assert member.work.ticket.deadline is None or member.work.ticket.deadline > now
        batcher.finished(batch, now)
    for work, error in batcher.take_settled():
        assert error is None or isinstance(error, (UnitCancelled, DeadlineExceeded))
        assert (work.done_px == work.total_px) == (error is None)


def test_interactive_work_goes_before_bulk_that_came_first():
    batcher = Batcher(MODELS)
    bulk, click = work_of(20, priority=1, tenant="x"), work_of(2, tenant="y")
    batcher.add(bulk, 0.0)
    batcher.add(click, 0.0)
    first = batcher.next_batch(0.0)
    assert [member.work for member in first.members] == [click, click]
    assert first.reason == "urgent"


def test_a_click_for_one_picture_goes_before_a_catalogue_of_them_that_shares_its_batch_by_turns():
    batcher = Batcher(MODELS)
    bulk = work_of(20, "latents", priority=1, tenant="x")
    clicks = [work_of(4, "latents", tenant=tenant) for tenant in "yz"]
    for work in (bulk, *clicks):
        batcher.add(work, 0.0)
    first = batcher.next_batch(0.0)
    assert [member.work for member in first.members] == [clicks[0], clicks[1]] * 2 + [clicks[0]]
    assert [member.placed.unit.row for member in first.members] == [0, 0, 1, 1, 2]
    assert first.layout.size == 5
    assert first.usage == (5 * CORE_PX**2, 0, 5 * CORE_PX**2)


def test_bulk_rides_along_where_clicks_leave_room():
    slots = Slots((1, 2, 4), (Lane(6, 24),))  # fixed shapes, in steps of 8 pixels
    batcher = Batcher({"a": slots})
    bulk, click = (
        new_work(CARDS["a"], np.zeros((CORE_PX, width, 3), np.uint8), Ticket(priority=priority), slots)
        for width, priority in ((200, 1), (CORE_PX, 0))
    )
    batcher.add(bulk, 0.0)
    batcher.add(click, 0.0)
    first = batcher.next_batch(0.0)
    assert [member.work for member in first.members] == [click, bulk]
    assert (first.layout.size, first.reason) == (1, "urgent")


def test_a_click_begun_is_not_overtaken_by_the_clicks_after_it():
    """A waiting catalogue's low counter is no newcomer's advantage over who was served since."""
    batcher = Batcher({"b": slots_of(1)})
    batcher.add(work_of(40, "b", priority=1, tenant="catalogue"), 0.0)
    first = work_of(2, "b", tenant="first")
    batcher.add(first, 0.0)
    for number in range(2):
        batcher.finished(batcher.next_batch(0.0), 0.0)
        batcher.add(work_of(1, "b", tenant=f"newcomer {number}"), 0.0)
    assert first.settled


def test_bulk_gets_one_batch_in_eight_however_many_clicks_arrive():
    batcher = Batcher({"b": slots_of(1)})
    bulk = work_of(2, "b", priority=1, tenant="x")
    batcher.add(bulk, 0.0)
    leads = []
    for _ in range(16):  # a click for each batch, and one that waits
        batcher.add(work_of(1, "b", tenant="y"), 0.0)
        batch = batcher.next_batch(0.0)
        leads.append(batch.members[0].work)
        batcher.finished(batch, 0.0)
    assert [index for index, work in enumerate(leads, 1) if work is bulk] == [8, 16]
    assert bulk.settled


def test_a_near_deadline_goes_first_and_a_far_one_does_not():
    batcher = Batcher(MODELS)
    plain, far, near = work_of(1, "b"), work_of(1, "b", deadline=1000.0), work_of(1, "b", deadline=20.0)
    for work in (plain, far, near):
        batcher.add(work, 0.0)
    assert [batch.members[0].work for batch in run_all(batcher)] == [near, plain, far]


def test_a_catalogue_does_not_starve_another_tenants_click():
    batcher = Batcher(MODELS)
    for _ in range(50):
        batcher.add(work_of(10, tenant="catalogue"), 0.0)
    for _ in range(5):  # the catalogue has had its turn when the click arrives
        batcher.finished(batcher.next_batch(0.0), 0.0)
    click = work_of(4, tenant="click")
    batcher.add(click, 0.0)
    for _ in range(2):
        batcher.finished(batcher.next_batch(0.0), 0.0)
    assert units_done(click) == 4


def test_two_tenants_with_long_queues_get_equal_shares():
    batcher = Batcher(MODELS)
    for tenant, works in (("x", 30), ("y", 3)):
        for _ in range(works):
            batcher.add(work_of(20, tenant=tenant), 0.0)
    units = Counter()
    for _ in range(20):
        batch = batcher.next_batch(0.0)
        units.update(member.work.ticket.tenant for member in batch.members)
        batcher.finished(batch, 0.0)
    assert units["x"] == units["y"] == 40


def test_a_tenant_that_was_away_returns_without_credit():
    batcher = Batcher({"b": slots_of(1)})
    batcher.add(work_of(40, "b", tenant="x"), 0.0)
    for _ in range(20):
        batcher.finished(batcher.next_batch(0.0), 0.0)
    batcher.add(work_of(40, "b", tenant="y"), 0.0)
    units = Counter()
    for _ in range(10):
        batch = batcher.next_batch(0.0)
        units.update(member.work.ticket.tenant for member in batch.members)
        batcher.finished(batch, 0.0)
    assert units == {"x": 5, "y": 5}


def test_a_thumbnail_overtakes_a_large_photo_of_its_own_tenant():
    batcher = Batcher(MODELS)
    photo, thumbnail = work_of(700), work_of(1)
    batcher.add(photo, 0.0)
    batcher.finished(batcher.next_batch(0.0), 0.0)
    batcher.add(thumbnail, 0.0)
    batcher.finished(batcher.next_batch(0.0), 0.0)
    assert [settled.work for settled in batcher.take_settled()] == [thumbnail]


def test_a_large_photo_is_not_overtaken_for_ever():
    batcher = Batcher({"b": slots_of(1)})
    photo = work_of(10, "b")
    batcher.add(photo, 0.0)
    for _ in range(25):  # endless thumbnails, one for each unit run
        batcher.add(work_of(1, "b"), 0.0)
        batcher.finished(batcher.next_batch(0.0), 0.0)
    assert photo.settled


def test_equal_works_of_one_tenant_come_first_come_first_served():
    batcher = Batcher({"b": slots_of(1)})
    works = [work_of(3, "b") for _ in range(4)]
    for work in works:
        batcher.add(work, 0.0)
    run_all(batcher)
    assert [settled.work for settled in batcher.take_settled()] == works


def test_a_failing_unit_fails_its_work_alone_and_says_with_what():
    batcher = Batcher(MODELS)
    works = [work_of(1) for _ in range(4)]
    for work in works:
        batcher.add(work, 0.0)
    batches = run_all(batcher, lambda member: member.work is works[2])
    errors = {settled.work: settled.error for settled in batcher.take_settled()}
    assert [work for work in works if errors[work]] == [works[2]]
    assert isinstance(errors[works[2]], UnitFailed)
    assert isinstance(errors[works[2]].cause, RuntimeError)
    assert [(len(batch.members), batch.reason) for batch in batches] == [
        (4, "full"), (2, "split"), (2, "split"), (1, "split"), (1, "split"),
    ]  # fmt: skip


def test_once_a_unit_failed_the_rest_of_its_work_does_not_run():
    batcher = Batcher({"b": slots_of(1)})
    batcher.add(work_of(100, "b"), 0.0)
    assert len(run_all(batcher, lambda _: True)) == 1


def test_alone_work_never_shares_a_batch():
    batcher = Batcher(MODELS)
    for alone in (False, True, False):
        batcher.add(work_of(2, alone=alone), 0.0)
    shapes = sorted((len(batch.members), batch.reason) for batch in run_all(batcher))
    assert shapes == [(1, "alone"), (1, "alone"), (4, "full")]


def test_without_a_window_the_first_unit_leaves_at_once():
    batcher = Batcher(MODELS)
    batcher.add(work_of(1), 5.0)
    assert batcher.next_batch(5.0).reason == "idle"


def test_a_window_gathers_the_start_of_a_burst_and_then_lets_it_go():
    batcher = Batcher(MODELS, window_s=0.002)
    batcher.add(work_of(1), 5.0)
    assert batcher.next_batch(5.0) is None
    assert batcher.window_ends == pytest.approx(5.002)
    batcher.add(work_of(1), 5.001)
    batch = batcher.next_batch(5.002)
    assert (len(batch.members), batch.reason) == (2, "window")


def test_a_full_batch_does_not_wait_for_its_window():
    batcher = Batcher(MODELS, window_s=0.002)
    batcher.add(work_of(4), 5.0)
    assert batcher.next_batch(5.0).reason == "full"


def test_work_that_came_while_the_device_was_busy_does_not_wait():
    batcher = Batcher(MODELS, window_s=0.002)
    batcher.add(work_of(4), 5.0)
    batch = batcher.next_batch(5.0)
    batcher.add(work_of(1), 6.0)
    batcher.finished(batch, 6.5)
    assert batcher.next_batch(6.5).reason == "idle"


def test_drop_all_settles_everything_and_a_batch_that_ends_later_changes_nothing():
    batcher = Batcher(MODELS)
    batcher.add(work_of(4), 0.0)
    batcher.add(work_of(2), 0.0)
    batch = batcher.next_batch(0.0)
    batcher.drop_all(EngineClosed("closed"))
    batcher.finished(batch, 1.0)
    assert [type(settled.error) for settled in batcher.take_settled()] == [EngineClosed, EngineClosed]
    assert batcher.next_batch(1.0) is None


def test_the_facts_tell_waiting_batches_and_the_share_of_their_time():
    batcher = Batcher(MODELS)
    mine, other = work_of(3, tenant="x"), work_of(5, tenant="y")
    batcher.add(mine, 1.0)
    batcher.add(other, 1.0)
    for started in (2.0, 4.0):
        batcher.finished(batcher.next_batch(started), started + 2.0)
    facts = mine.tally.facts(mine.card, "fake")
    assert (facts.batches, facts.mean_batch_size, facts.wait_ms) == (2, 4.0, 1000.0)
    assert facts.device_ms == 2000.0 * 2 / 4 + 2000.0 * 1 / 4
    assert facts.flush_reasons == {"full": 2}
    assert facts.padding_waste == 0.0


def begun_px(works: list[Work]) -> int:
    return sum(work.held_px for work in works if work.begun and not work.settled)


@given(traffic, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_no_more_work_is_begun_than_the_device_has_room_for_and_all_of_it_ends(submissions, device_px):
    batcher = Batcher(MODELS, device_px=device_px)
    works = [work_of(units, model, **ticket) for units, model, ticket in submissions]
    for work in works:
        batcher.add(work, 0.0)
    while (batch := batcher.next_batch(0.0)) is not None:
        unsettled = [work for work in works if work.begun and not work.settled]
        assert begun_px(works) <= device_px or len(unsettled) == 1
        batcher.finished(batch, 0.0)
    assert all(work.done_px == work.total_px for work in works)


def test_what_waits_for_room_is_not_overtaken_for_ever_by_what_needs_less():
    batcher = Batcher({"b": slots_of(1)}, device_px=2 * CORE_PX**2 * 10)
    small, large = work_of(2, "b", tenant="x"), work_of(9, "b", tenant="y")
    batcher.add(small, 0.0)
    batcher.finished(batcher.next_batch(0.0), 0.0)
    batcher.add(large, 0.0)
    for turn in range(20):
        batcher.add(work_of(2, "b", tenant=f"z{turn}"), 0.0)
        batcher.finished(batcher.next_batch(0.0), 0.0)
        if large.begun:
            break
    assert large.begun
    assert turn < 5
