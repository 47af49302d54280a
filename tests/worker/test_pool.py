"""The pool wakes the message loop when a thread is free, and not before its task counts as done."""

import threading
from collections.abc import Iterator

import pytest
from kombu.asynchronous import Hub

from tests.waiting import until
from worker.app import refuse_pool
from worker.pool import WakingPool

LONG_S = 60


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def pool(hub: Hub) -> Iterator[WakingPool]:
    pool = WakingPool(limit=1)
    pool.start()
    pool.register_with_event_loop(hub)
    yield pool
    pool.stop()


def turn(hub: Hub) -> None:
    """One turn of the loop: wait for whatever wakes it, and let that be heard."""
    events = hub.poller.poll(LONG_S)
    assert events
    for descriptor, _ in events:
        callback, arguments = hub.readers[descriptor]
        callback(*arguments)


def test_a_thread_that_becomes_free_wakes_the_loop(hub: Hub, pool: WakingPool):
    done = []
    pool.apply_async(lambda: None, callback=done.append)
    turn(hub)
    assert len(done) == 1  # where Celery counts the task as done: the loop looks at that
    assert hub.poller.poll(0) in ([], None)  # heard, so the loop sleeps again


def test_a_loop_that_begins_anew_is_woken_too(hub: Hub, pool: WakingPool):
    hub.reset()
    pool.register_with_event_loop(hub)
    pool.apply_async(lambda: None)
    turn(hub)


def test_more_ends_than_the_loop_has_heard_of_stop_no_thread(hub: Hub, pool: WakingPool):
    for _ in range(5_000):
        pool.apply_async(lambda: None)
    last = threading.Event()
    pool.apply_async(last.set)
    until(last.is_set)
    turn(hub)


def test_the_worker_lets_it_in(pool: WakingPool):
    refuse_pool(WakingPool)
