"""A worker's part in batches: it says that there is more to do, and how many jobs it runs at once."""

from api.presence import living_workers
from jobs.batches.records import BatchState, NewBatch, NewItem
from jobs.spec import validate_spec
from jobs.states import State
from worker.presence import Presence
from worker.tasks import attempt_next_job, take_hint

from .conftest import TENANT, hints_waiting, png


def items(client, number):
    """Rows that all ask for something else."""
    upload = client.upload(png())
    documents = [
        {"input": {"upload": upload}, "operations": [{"op": "resize", "width": 8 + at}]} for at in range(number)
    ]
    return tuple(NewItem(f"sku-{at}", validate_spec(document)) for at, document in enumerate(documents))


def test_each_item_that_ends_brings_a_hint_for_the_next(workshop, client, drain):
    window = workshop.settings.batch_window
    batch_id = workshop.store.create_batch(TENANT, NewBatch(items(client, window + 2))).batch_id
    for done in range(3):
        assert hints_waiting(workshop) == done
        assert attempt_next_job(workshop, drain)
    view = workshop.store.get_batch(TENANT, batch_id)
    assert (view.counts.succeeded, view.counts.queued, view.counts.waiting) == (3, window - 1, 0)


def test_a_single_job_brings_no_hint(workshop, client, drain):
    client.submit()
    attempt_next_job(workshop, drain)
    assert hints_waiting(workshop) == 0


def test_a_thread_takes_the_hints_that_wait_without_celery(workshop, client, drain):
    jobs = [client.submit({"op": "resize", "width": 8 + at}) for at in range(4)]
    for job_id in jobs[1:3]:
        workshop.hints.publish(job_id)
    take_hint(workshop, drain, jobs[0])
    states = [client.view(job_id).state for job_id in jobs]
    assert states == [State.SUCCEEDED] * 3 + [State.QUEUED]  # one attempt for each hint
    assert hints_waiting(workshop) == 0


def test_a_thread_that_drains_leaves_the_hints_to_others(workshop, client, drain, monkeypatch):
    jobs = [client.submit({"op": "resize", "width": 8 + at}) for at in range(2)]
    workshop.hints.publish(jobs[1])
    finish = workshop.store.finish
    monkeypatch.setattr(workshop.store, "finish", lambda *done, **more: drain.draining.set() or finish(*done, **more))
    take_hint(workshop, drain, jobs[0])
    assert [client.view(job_id).state for job_id in jobs] == [State.SUCCEEDED, State.QUEUED]
    assert hints_waiting(workshop) == 1


def test_a_batch_goes_all_the_way(workshop, client, drain):
    broken = client.submit({"op": "rotate", "angle": 90}, photo=png())  # known work, done before the batch comes
    attempt_next_job(workshop, drain)
    rows = (*items(client, 3), NewItem("turned", workshop.store.get(TENANT, broken).spec))
    batch_id = workshop.store.create_batch(TENANT, NewBatch(rows)).batch_id
    while attempt_next_job(workshop, drain):
        pass
    view = workshop.store.get_batch(TENANT, batch_id)
    assert view.state is BatchState.FINISHED
    found = workshop.store.batch_items(view, limit=10).items
    assert [item.outputs[0].width for item in found] == [8, 9, 10, 48]
    assert found[3].job_id == broken
    assert set(view.times) == {"*"}
    assert workshop.store.run_times(["resize|"])["resize|"] > 0


def test_the_api_reads_how_many_jobs_a_worker_runs_at_once(workshop):
    Presence(workshop).announce()
    (worker,) = living_workers(workshop.store.redis)
    assert worker.threads == workshop.settings.threads > 0
