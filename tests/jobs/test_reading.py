import contextlib
import threading
import time

import pytest

from jobs.changes import Topic
from jobs.problems import ProblemError
from jobs.states import State
from jobs.waiting import Goal, Waiter

from .conftest import BOOM, Hand, Shop


def all_pages(shop: Shop, **query):
    ids, cursor = [], None
    while True:
        page = shop.store.list("shop", cursor=cursor, **query)
        ids += [view.id for view in page.items]
        cursor = page.cursor
        if cursor is None:
            return ids


def test_the_newest_jobs_are_listed_first_over_pages(shop: Shop):
    submitted = [shop.submit() for _ in range(7)]
    shop.submit("other")
    page = shop.store.list("shop", limit=3)
    assert [view.id for view in page.items] == submitted[:3:-1]
    assert all_pages(shop, limit=3) == submitted[::-1]
    assert all_pages(shop, limit=7) == submitted[::-1]


def test_a_listing_longer_than_a_chunk_is_complete(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.store.listing.SCAN_CHUNK", 4)
    submitted = [shop.submit() for _ in range(12)]
    assert all_pages(shop, limit=5) == submitted[::-1]
    assert [view.id for view in shop.store.list("shop", limit=50).items] == submitted[::-1]


def test_a_rare_state_is_found_over_several_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.store.listing.MAX_SCANNED", 3)
    submitted = [shop.submit() for _ in range(8)]
    shop.store.cancel("shop", submitted[0])
    assert shop.store.list("shop", state=State.CANCELED).items == ()
    assert all_pages(shop, state=State.CANCELED) == [submitted[0]]


def test_jobs_are_found_by_their_external_id(shop: Shop):
    first, _, third = (shop.submit(external_id=name) for name in ("SKU 1:a", "SKU 2", "SKU 1:a"))
    assert all_pages(shop, external_id="SKU 1:a") == [third, first]
    assert all_pages(shop, external_id="SKU 1:a", state=State.RUNNING) == []
    shop.store.delete("shop", first)
    assert all_pages(shop, external_id="SKU 1:a") == [third]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 17, "٣"])
def test_an_odd_cursor_is_refused(shop: Shop, cursor: str):
    with pytest.raises(ProblemError) as caught:
        shop.store.list("shop", cursor=cursor)
    assert caught.value.problem.type == "invalid-parameter"


def test_waiting_for_an_unknown_job_gives_nothing_at_once(shop: Shop):
    assert shop.store.wait("shop", "job_x", seen_version=None, until_terminal=True, timeout_s=30) is None


def test_waiting_for_an_ended_job_gives_it_at_once(shop: Shop, hand: Hand):
    job_id = shop.submit()
    hand.finish(hand.claim())
    view = shop.store.wait("shop", job_id, seen_version=shop.view(job_id).version, until_terminal=True, timeout_s=30)
    assert view is not None
    assert view.state is State.SUCCEEDED


def test_a_wait_in_vain_gives_the_job_as_it_is(shop: Shop):
    job_id = shop.submit()
    view = shop.store.wait("shop", job_id, seen_version=1, until_terminal=False, timeout_s=0.05)
    assert view == shop.view(job_id)


def test_a_waiter_wakes_by_the_published_change(shop: Shop, hand: Hand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.waiting.RECHECK_S", 60)
    job_id = shop.submit()
    with shop.store.changes.watching("another", threading.Event()):
        until_subscribed(shop)
    thread, seen = start_wait(shop, job_id, seen_version=1, until_terminal=False)
    hand.claim()
    thread.join(30)
    assert seen[0].state is State.RUNNING


def test_a_waiter_for_the_end_sleeps_through_other_changes(shop: Shop, hand: Hand):
    job_id = shop.submit()
    thread, seen = start_wait(shop, job_id, seen_version=None, until_terminal=True)
    claim = hand.claim()
    shop.store.progress(job_id, claim.token, 0.5, "upscale")
    shop.store.fail(job_id, claim.token, BOOM)
    thread.join(30)
    assert seen[0].state is State.FAILED


def test_a_waiter_that_is_called_off_ends_at_once(shop: Shop):
    waiter, seen = Waiter(60), []
    goal, job_id = Goal(until_terminal=True, seen_version=None), shop.submit()
    thread = threading.Thread(target=lambda: seen.append(shop.store.wait_as("shop", job_id, goal, waiter)))
    thread.start()
    waiter.call_off()
    thread.join(30)
    assert seen[0].state is State.QUEUED


def test_those_who_are_woken_by_one_change_share_one_look():
    topic, looks = Topic(), []

    def look() -> int:
        looks.append(1)
        return len(looks)

    topic.change()
    assert [topic.look("view", look) for _ in range(3)] == [1, 1, 1]
    assert topic.look("events", look) == 2
    topic.change()
    assert [topic.look("view", look) for _ in range(3)] == [3, 3, 3]


def test_a_look_that_fails_is_not_shared():
    topic, fails = Topic(), [ConnectionError()]

    def look() -> str:
        if fails:
            raise fails.pop()
        return "seen"

    with pytest.raises(ConnectionError):
        topic.look("view", look)
    assert topic.look("view", look) == "seen"


def test_a_waiter_survives_the_loss_of_its_subscription(shop: Shop, hand: Hand):
    job_id = shop.submit()
    thread, seen = start_wait(shop, job_id, seen_version=1, until_terminal=False)
    until_subscribed(shop)
    shop.store.redis.client_kill_filter(_type="pubsub")
    hand.claim()
    thread.join(30)
    assert seen[0].state is State.RUNNING


@pytest.mark.parametrize("message", [b"\xff\xfe", b"", b" ", b"job_1"])
def test_a_waiter_survives_whatever_is_said_on_the_channel(
    shop: Shop, hand: Hand, message: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.waiting.RECHECK_S", 60)
    job_id = shop.submit()
    thread, seen = start_wait(shop, job_id, seen_version=1, until_terminal=False)
    until_subscribed(shop)
    shop.store.redis.publish("packshot:changes", message)
    hand.claim()
    thread.join(25)  # its own time is over later, and the look that waiters take unasked comes later still
    assert seen, "the thread that wakes waiters is gone"
    assert seen[0].state is State.RUNNING


def test_where_no_thread_can_be_had_the_next_waiter_tries_again(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    changes = shop.store.changes

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            stack.enter_context(changes.watching("another", threading.Event()))
    with changes.watching("another", threading.Event()):
        until_subscribed(shop)


def start_wait(shop: Shop, job_id: str, **how):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(shop.store.wait("shop", job_id, timeout_s=30, **how)))
    thread.start()
    return thread, seen


def until_subscribed(shop: Shop):
    while shop.store.redis.pubsub_numsub("packshot:changes")[0][1] == 0:
        time.sleep(0.01)
