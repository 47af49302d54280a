"""A Redis that is away for a moment, at whatever moment, costs a running job no attempt."""

import time

import pytest
import redis.exceptions

from jobs.states import State
from worker.tasks import attempt_next_job
from worker.workshop import Workshop

AWAY = redis.exceptions.ConnectionError("Connection closed by server.")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"lease_ms": 300, "heartbeat_ms": 100})


def fail_at_first(monkeypatch, owner, name, seconds=0.0):
    """From now on the call fails for so long, and once at least."""
    asked, call = [], getattr(owner, name)

    def fails(*arguments, **options):
        asked.append(time.monotonic())
        if len(asked) == 1 or time.monotonic() < asked[0] + seconds:
            raise AWAY
        return call(*arguments, **options)

    monkeypatch.setattr(owner, name, fails)
    return asked


@pytest.mark.parametrize("question", ["get_upload", "finish"])
def test_whatever_is_asked_is_asked_again(workshop, client, drain, monkeypatch, question):
    asked = fail_at_first(monkeypatch, workshop.store, question)
    job_id = client.submit({"op": "restore"}, deadline_s=600)
    attempt_next_job(workshop, drain)
    assert len(asked) > 1
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1), view.problem


def test_the_clock_is_asked_again(workshop, client, drain, monkeypatch):
    asked = fail_at_first(monkeypatch, Workshop, "redis_now_ms")
    job_id = client.submit(deadline_s=600)
    attempt_next_job(workshop, drain)
    assert len(asked) > 1
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1), view.problem


def test_a_result_waits_for_longer_than_a_lease(workshop, client, drain, monkeypatch):
    fail_at_first(monkeypatch, workshop.store, "finish", seconds=4 * workshop.settings.lease_ms / 1000)
    job_id = client.submit()
    attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1), view.problem
