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


def fail_at_first(monkeypatch, owner, name, seconds=0.0, fault=AWAY, times=1):
    """From now on the call fails for so long, and so often at least."""
    asked, call = [], getattr(owner, name)

    def fails(*arguments, **options):
        asked.append(time.monotonic())
        if len(asked) <= times or time.monotonic() < asked[0] + seconds:
            raise fault
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


@pytest.mark.parametrize(
    "fault",
    [
        redis.exceptions.NoPermissionError("this user has no permissions to run the 'evalsha' command"),
        redis.exceptions.AuthenticationError("invalid username-password pair or user is disabled."),
        redis.exceptions.NoScriptError("No matching script. Please use EVAL."),
        redis.exceptions.ResponseError("Error running script: MISCONF Redis is configured to save RDB snapshots"),
    ],
)
def test_what_passes_is_waited_for_and_told_once(workshop, monkeypatch, caplog, fault):
    asked = fail_at_first(monkeypatch, Workshop, "redis_now_ms", fault=fault, times=3)
    assert workshop.until_answered(workshop.redis_now_ms, 60) > 0
    assert len(asked) == 4
    (told,) = [record.getMessage() for record in caplog.records if record.name == "worker.workshop"]
    assert str(fault) in told


def test_a_fault_in_a_script_is_not_asked_for_again(workshop, client, drain, monkeypatch):
    broken = redis.exceptions.ResponseError("Error running script: attempt to index a nil value")
    asked = fail_at_first(monkeypatch, workshop.store, "finish", seconds=600, fault=broken)
    job_id = client.submit()
    with pytest.raises(redis.exceptions.ResponseError, match="nil value"):
        attempt_next_job(workshop, drain)
    assert len(asked) == 1
    assert workshop.leases.held() == []
    assert client.view(job_id).state is State.RUNNING  # until its lease lapses
