"""A tenant's jobs by what is asked of them, and where the record keeps what finds them."""

from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.records import OutputRecord
from jobs.states import State
from jobs.store import JobStore
from tests.jobs.conftest import Hand, Shop


def listed(shop: Shop, **query: Any) -> list[str]:
    """All ids, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = shop.store.list("shop", cursor=cursor, **query)
        found += [view.id for view in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


def created_at(shop: Shop, job_id: str, milliseconds: int) -> None:
    shop.store.redis.hset(f"packshot:job:{job_id}", "created_ms", milliseconds)


def finish_with(hand: Hand, *, needs_review: bool) -> str:
    claim = hand.claim()
    output = OutputRecord(0, f"results/x/{claim.job_id}/0.png", "png", 2, 3, 4, "b" * 64, needs_review=needs_review)
    manifest = {"review": {"needs_review": needs_review, "reasons": []}}
    assert hand.store.finish(claim.job_id, claim.token, outputs=[output], manifest=manifest)
    return claim.job_id


def test_a_span_of_time_holds_its_first_moment_and_not_its_last(shop: Shop):
    ids = [shop.submit() for _ in range(6)]
    for at, job_id in enumerate(ids):
        created_at(shop, job_id, 1000 + 100 * at)
    assert listed(shop, created_after_ms=1200) == ids[:1:-1]
    assert listed(shop, created_before_ms=1200) == ids[1::-1]
    assert listed(shop, created_after_ms=1100, created_before_ms=1300) == [ids[2], ids[1]]
    assert listed(shop, created_after_ms=1101, created_before_ms=1200) == []
    assert listed(shop, created_before_ms=1000) == listed(shop, created_after_ms=1501) == []
    assert listed(shop, created_before_ms=9999) == listed(shop, created_after_ms=0) == ids[::-1]


def test_a_span_of_time_is_found_without_reading_what_is_newer(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.store.listing.SCAN_CHUNK", 2)
    ids = [shop.submit() for _ in range(12)]
    for at, job_id in enumerate(ids):
        created_at(shop, job_id, 1000 + at)
    read: list[int] = []
    read_many = JobStore._read_many
    monkeypatch.setattr(JobStore, "_read_many", lambda store, names: read.append(len(names)) or read_many(store, names))
    assert listed(shop, created_after_ms=1001, created_before_ms=1003) == [ids[2], ids[1]]
    assert sum(read) == 3  # of twelve: the two, and the one that is too old


def test_a_span_of_time_goes_on_over_pages(shop: Shop):
    ids = [shop.submit() for _ in range(5)]
    for at, job_id in enumerate(ids):
        created_at(shop, job_id, 1000 + at)
    assert listed(shop, created_after_ms=1001, created_before_ms=1004, limit=1) == ids[3:0:-1]


def test_metadata_is_found_by_all_that_is_asked(shop: Shop):
    red = shop.submit(metadata={"colour": "red", "season": "s:1"})
    blue = shop.submit(metadata={"colour": "blue", "season": "s:1"})
    shop.submit()
    assert listed(shop, metadata={"season": "s:1"}) == [blue, red]
    assert listed(shop, metadata={"season": "s:1", "colour": "red"}) == [red]
    assert listed(shop, metadata={"season": "s"}) == []


def test_children_are_found_by_their_parent(shop: Shop, hand: Hand):
    parent = shop.submit()
    hand.finish(hand.claim())
    child = shop.submit(parent={"job": parent, "output": 0}, seed=1)
    other = shop.submit(parent={"job": parent}, seed=2)
    assert listed(shop, parent=parent) == [other, child]
    assert listed(shop, parent=parent, state=State.RUNNING) == []
    assert shop.view(child).spec.parent.output == 0
    assert listed(shop, parent=child) == []


def test_a_parent_is_no_part_of_the_work(shop: Shop):
    parent = shop.submit()
    shop.submit(parent={"job": parent})
    works = {shop.store.redis.hget(f"packshot:job:{job_id}", "work") for job_id in listed(shop)}
    assert len(works) == 1


@pytest.mark.parametrize("parent", [{"job": "job_" + "0" * 26}, {"job": "own", "output": 1}, {"job": "anothers"}])
def test_a_parent_that_is_not_there_is_refused(parent: dict[str, Any], shop: Shop, hand: Hand):
    known = {"anothers": shop.submit("rival"), "own": shop.submit()}
    hand.finish(hand.claim())
    hand.finish(hand.claim())
    with pytest.raises(ProblemError) as caught:
        shop.submit(parent=parent | {"job": known.get(parent["job"], parent["job"])})
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == ["/parent"]
    assert shop.store.pending() == 0


def test_an_erased_parent_is_refused_and_its_children_are_kept(shop: Shop, hand: Hand):
    parent = shop.submit()
    hand.finish(hand.claim())
    child = shop.submit(parent={"job": parent})
    shop.store.delete("shop", parent)
    assert listed(shop, parent=parent) == [child]
    with pytest.raises(ProblemError, match="invalid-parameter"):
        shop.submit(parent={"job": parent})


def test_what_needs_a_look_is_found_and_what_does_not_too(shop: Shop, hand: Hand):
    for seed in range(3):
        shop.submit(seed=seed)
    marked, fine = finish_with(hand, needs_review=True), finish_with(hand, needs_review=False)
    [waiting] = set(listed(shop)) - {marked, fine}
    assert listed(shop, needs_review=True) == [marked]
    assert listed(shop, needs_review=False) == [waiting, fine]
    assert listed(shop, needs_review=True, state=State.FAILED) == []


def test_an_erased_job_leaves_every_index(shop: Shop, hand: Hand):
    parent = shop.submit()
    finish_with(hand, needs_review=True)
    child = shop.submit(parent={"job": parent}, external_id="mug", seed=1)
    finish_with(hand, needs_review=True)
    for job_id in (child, parent):
        shop.store.delete("shop", job_id)
    indexes = ("children", "external", "jobs", "recent", "review")
    assert [name for name in shop.store.redis.keys("packshot:*") if name.split(":")[1] in indexes] == []


def test_another_tenants_jobs_are_in_no_listing(shop: Shop, hand: Hand):
    shop.submit("rival", external_id="mug", metadata={"a": "b"})
    finish_with(hand, needs_review=True)
    for query in (
        {},
        {"external_id": "mug"},
        {"metadata": {"a": "b"}},
        {"needs_review": True},
        {"created_after_ms": 0},
    ):
        assert listed(shop, **query) == []


def test_of_many_ids_each_has_its_place(shop: Shop):
    own, others = shop.submit(), shop.submit("rival")
    views = shop.store.get_many("shop", ["job_" + "0" * 26, own, others, own])
    assert [view and view.id for view in views] == [None, own, None, own]


def test_the_newest_of_all_tenants_are_kept_for_the_operator(shop: Shop):
    ids = [shop.submit(tenant) for tenant in ("a", "b", "c")]
    shop.store.redis.zremrangebyrank("packshot:recent", 0, 0)  # as if there were 10,000 newer ones
    assert [view.id for view in shop.store.list_recent(None).items] == [ids[2], ids[1]]
    assert [view.id for view in shop.store.list_recent("a").items] == [ids[0]]
