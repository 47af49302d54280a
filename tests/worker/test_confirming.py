"""A job's end and the replicas of Redis: asked for again where Redis was lost, never in doubt where they are slow."""

import redis.exceptions

from jobs.errors import NotConfirmed
from jobs.states import State
from worker.tasks import attempt_next_job


def test_an_end_that_no_replica_has_yet_is_an_end(workshop, client, drain, monkeypatch, caplog):
    def refuse():
        raise NotConfirmed("0 of 1 replicas confirmed it within 1000 ms")

    monkeypatch.setattr(workshop.store, "confirm", refuse)
    job_id = client.submit()
    assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1)
    assert f"{job_id} runs once more: 0 of 1 replicas" in caplog.text


def test_an_end_whose_redis_was_lost_is_told_to_the_one_that_took_over(workshop, client, drain, monkeypatch):
    told, finish = [], workshop.store.finish

    def note(job_id, token, **what):
        told.append(job_id)
        return finish(job_id, token, **what)

    def lose_once():
        if len(told) == 1:
            raise redis.exceptions.ConnectionError("lost with its machine")

    monkeypatch.setattr(workshop.store, "finish", note)
    monkeypatch.setattr(workshop.store, "confirm", lose_once)
    job_id = client.submit()
    assert attempt_next_job(workshop, drain)
    assert told == [job_id, job_id]
    assert client.image(job_id)
    assert client.view(job_id).state is State.SUCCEEDED
