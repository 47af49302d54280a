"""A job that may have ended its process before has the next one to itself."""

import threading

import pytest
import redis.exceptions

from tests.waiting import PATIENCE_S, until
from tests.worker.conftest import hints_waiting
from worker.errors import AttemptEnded
from worker.runner import Run
from worker.tasks import attempt_next_job


class Rooms:
    """Jobs that stay at work until each is let go; who is there is told by `at_work`."""

    def __init__(self, monkeypatch):
        self.at_work, self.most = set(), {}
        self.changed = threading.Condition()
        self.let_go = set()
        rooms, result = self, Run.result

        def held(run):
            rooms.hold(run._claim.job_id)
            return result(run)

        monkeypatch.setattr(Run, "result", held)

    def hold(self, job_id):
        with self.changed:
            self.at_work.add(job_id)
            for there in self.at_work:
                self.most[there] = max(self.most.get(there, 0), len(self.at_work))
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: job_id in self.let_go, PATIENCE_S)
            self.at_work.remove(job_id)

    def until(self, *job_ids):
        with self.changed:
            assert self.changed.wait_for(lambda: self.at_work == set(job_ids), PATIENCE_S), self.at_work

    def release(self, *job_ids):
        with self.changed:
            self.let_go.update(job_ids)
            self.changed.notify_all()


@pytest.fixture
def rooms(monkeypatch):
    return Rooms(monkeypatch)


@pytest.fixture
def attempt(workshop, drain):
    threads = []

    def start():
        threads.append(threading.Thread(target=attempt_next_job, args=(workshop, drain)))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def lose(workshop, *job_ids):
    """As if the jobs' worker had died: they are queued again, and suspects."""
    for job_id in job_ids:
        assert workshop.store.claim("a worker that dies").job_id == job_id
    workshop.store.redis.zadd("packshot:lease", dict.fromkeys(job_ids, 1), xx=True)
    workshop.store.reap()


def test_jobs_whose_worker_was_lost_run_one_by_one_and_with_no_other(workshop, client, rooms, attempt):
    before = client.submit()
    attempt()
    rooms.until(before)
    suspects = [client.submit() for _ in range(2)]
    lose(workshop, *suspects)
    for _ in range(2):
        attempt()
    rooms.until(before)
    rooms.release(before)
    for job_id in suspects:
        rooms.until(job_id)
        assert len(workshop.leases.held()) == 1, "a suspect that is claimed dies with the one before it"
        rooms.release(job_id)
        until(lambda job_id=job_id: client.view(job_id).state == "succeeded")
    assert [rooms.most[job_id] for job_id in suspects] == [1, 1]


def test_a_process_with_a_suspect_takes_others_once_that_has_ended(workshop, client, rooms, attempt):
    suspect = client.submit()
    lose(workshop, suspect)
    attempt()
    rooms.until(suspect)
    other = client.submit()
    thread = attempt()
    thread.join(0.3)
    assert client.view(other).state == "queued"
    rooms.release(suspect, other)
    thread.join(PATIENCE_S)
    assert client.view(other).state == "succeeded"


def test_a_process_that_leaves_claims_no_more_behind_a_suspect(workshop, client, rooms, attempt, drain):
    suspect = client.submit()
    lose(workshop, suspect)
    attempt()
    rooms.until(suspect)
    other = client.submit()
    thread = attempt()
    drain.draining.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert (client.view(other).state, client.view(other).attempt) == ("queued", 0)
    assert hints_waiting(workshop) == 0
    rooms.release(suspect)


def test_a_suspect_that_waits_for_others_can_be_ended_meanwhile(workshop, client, rooms, attempt):
    before = client.submit()
    attempt()
    rooms.until(before)
    suspect = client.submit()
    lose(workshop, suspect)
    thread = attempt()
    until(lambda: len(workshop.leases.held()) == 2)
    client.store.cancel("dev", suspect)
    (lease,) = [lease for lease in workshop.leases.held() if lease.claim.job_id == suspect]
    lease.end("cancel")
    thread.join(PATIENCE_S)
    assert client.view(suspect).state == "canceled"
    rooms.release(before)


def test_a_claim_that_fails_leaves_the_process_open(workshop):
    def fail():
        raise AttemptEnded("lost")

    with pytest.raises(AttemptEnded), workshop.solitude.claimed(fail, lambda: False, workshop.until_answered):
        pass
    with workshop.solitude.claimed(lambda: None, lambda: False, workshop.until_answered) as claim:
        assert claim is None


def test_threads_ask_side_by_side_while_redis_is_away(workshop, client, attempt, monkeypatch):
    asked, claim = set(), workshop.store.claim

    def away_until_both_have_asked(owner, *, token, can):
        asked.add(token)
        if len(asked) < 2:
            raise redis.exceptions.ConnectionError("Connection closed by server.")
        return claim(owner, token=token, can=can)

    monkeypatch.setattr(workshop.store, "claim", away_until_both_have_asked)
    jobs = [client.submit() for _ in range(2)]
    threads = [attempt() for _ in jobs]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [client.view(job_id).state for job_id in jobs] == ["succeeded", "succeeded"], (
        "each waited for the one before"
    )
