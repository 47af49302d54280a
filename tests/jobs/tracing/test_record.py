"""What the record keeps of a job's request and trace, and gives to whoever claims it."""

import pytest

from jobs.batches.records import NewBatch, NewItem
from jobs.problems import make_problem
from jobs.records import Arrival, Claim, Lapsed
from jobs.spec import JobSpec, validate_spec
from jobs.store import JobStore
from tests.waiting import until

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spec() -> JobSpec:
    return validate_spec({"operations": [{"op": "generate"}]})


def claimed(store: JobStore) -> Claim:
    claim = store.claim("worker")
    assert claim is not None
    return claim


def test_a_claim_brings_what_the_request_left(store: JobStore, spec: JobSpec) -> None:
    job_id = store.submit("shop", spec, arrival=Arrival(request_id="req-1", trace=f"{TRACE} client")).job_id
    token = "t" * 26
    claim = store.claim("worker", token=token)
    assert claim is not None
    assert (claim.job_id, claim.request_id, claim.trace) == (job_id, "req-1", f"{TRACE} client")
    again = store.claim("worker", token=token)
    assert again == claim, "the same call again, after a lost answer, brings the same"
    assert store.trace_of(job_id) == f"{TRACE} client"


def test_a_job_that_came_without_says_so(store: JobStore, spec: JobSpec) -> None:
    job_id = store.submit("shop", spec).job_id
    claim = claimed(store)
    assert (claim.request_id, claim.trace, store.trace_of(job_id)) == ("", "", None)


def test_every_job_of_a_catalogue_names_the_request_that_brought_it(store: JobStore, spec: JobSpec) -> None:
    seeds = [validate_spec({"operations": [{"op": "generate"}], "seed": seed}) for seed in (1, 2)]
    items = tuple(NewItem(f"sku-{each.seed}", each) for each in seeds)
    store.create_batch("shop", NewBatch(items, request_id="req-2", trace=f"{TRACE} batch"))
    claims = [claimed(store) for _ in items]
    assert {(claim.request_id, claim.trace) for claim in claims} == {("req-2", f"{TRACE} batch")}


def test_a_wait_counts_from_when_the_job_was_queued_again(store: JobStore, spec: JobSpec) -> None:
    job_id = store.submit("shop", spec).job_id
    store.redis.hincrby(f"packshot:job:{job_id}", "created_ms", -3_600_000)
    first = claimed(store)
    assert first.waited_ms >= 3_600_000
    store.retry(job_id, first.token, make_problem("storage", "the disk is full"), delay_ms=0)
    assert 0 <= claimed(store).waited_ms < 3_600_000


def test_a_sweep_names_the_attempts_whose_leases_lapsed(store: JobStore, spec: JobSpec) -> None:
    store.settings = store.settings.model_copy(update={"lease_ms": 50})
    job_id = store.submit("shop", spec, arrival=Arrival(request_id="req-3", trace=f"{TRACE} own")).job_id
    assert claimed(store).attempt == 1
    found: list[Lapsed] = []
    until(lambda: found.extend(store.reap().lapsed) or found)
    (lapsed,) = found
    told = dict(vars(lapsed))
    assert told.pop("ran_ms") >= 50
    assert told == {
        "job_id": job_id,
        "tenant": "shop",
        "attempt": 1,
        "owner": "worker",
        "request_id": "req-3",
        "trace": f"{TRACE} own",
    }
