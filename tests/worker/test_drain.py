"""The way out, without a process to end."""

import signal
import threading

import pytest

from jobs.states import State
from tests.waiting import PATIENCE_S
from worker.drain import Drain

from .conftest import hints_waiting


class Exit:
    """Stands in for the process' end: remembers the code."""

    def __init__(self):
        self.codes = []
        self.done = threading.Event()

    def __call__(self, code):
        self.codes.append(code)
        self.done.set()


@pytest.fixture
def leave():
    return Exit()


@pytest.fixture
def drain(workshop, leave):
    stopped = threading.Event()
    drain = Drain(stopped.set, leave)
    drain.stopped_consuming = stopped
    drain.watch(workshop)
    return drain


def test_a_job_that_does_not_finish_is_released_with_its_attempt_unused(workshop, client, drain, leave):
    job_id = client.submit()
    lease = workshop.leases.open(workshop.store.claim(workshop.owner))
    drain.request()
    assert leave.done.wait(PATIENCE_S)
    assert leave.codes == [0]
    assert drain.stopped_consuming.is_set()
    assert drain.draining.is_set()
    assert lease.reason == "drain"
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0)
    assert hints_waiting(workshop) == 1


def test_a_job_that_finishes_in_time_is_left_alone(workshop, client, leave):
    workshop.settings = workshop.settings.model_copy(update={"drain_timeout_s": 60.0})
    drain = Drain(lambda: None, leave)
    drain.watch(workshop)
    client.submit()
    lease = workshop.leases.open(workshop.store.claim(workshop.owner))
    drain.request()
    assert drain.draining.wait(PATIENCE_S)
    workshop.leases.close(lease)
    drain.request()  # the process would end by itself now; told again, it does not wait for that
    assert leave.done.wait(PATIENCE_S)
    assert not lease.ended.is_set()


def test_a_job_that_appears_during_the_grace_is_waited_for(workshop, client, leave):
    late = []

    class Late(Drain):
        """In the grace an answer comes that was long on its way."""

        def _told_again(self, timeout_s):
            if late:
                return super()._told_again(timeout_s)
            late.append(workshop.leases.open(workshop.store.claim(workshop.owner)))
            return False

    workshop.settings = workshop.settings.model_copy(update={"drain_timeout_s": 1.0})
    drain = Late(lambda: None, leave)
    drain.watch(workshop)
    job_id = client.submit()
    drain.request()
    assert leave.done.wait(PATIENCE_S)
    (lease,) = late
    assert lease.reason == "drain"
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0)


def test_told_twice_the_worker_releases_at_once(workshop, client, leave):
    workshop.settings = workshop.settings.model_copy(update={"drain_timeout_s": 3600.0})
    drain = Drain(lambda: None, leave)
    drain.watch(workshop)
    job_id = client.submit()
    workshop.leases.open(workshop.store.claim(workshop.owner))
    drain.request()
    drain.request()
    assert leave.done.wait(PATIENCE_S)
    assert client.view(job_id).state is State.QUEUED


@pytest.mark.parametrize("nohup", [False, True])
def test_a_terminal_that_is_closed_drains_the_worker_unless_nohup_started_it(leave, nohup):
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        if nohup:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        drain = Drain(threading.Event().set, leave)
        signal.signal(signal.SIGHUP, lambda *_: pytest.fail("Celery's, which starts it anew"))
        drain.install()
        signal.raise_signal(signal.SIGHUP)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert leave.codes == ([] if nohup else [0])
