"""A small fleet in every run of the tests: two versions of the worker at one record and one S3 store. No root."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.processes import Process
from tests.fleet.fleet import Fleet
from tests.fleet.load import Load, succeeded
from tests.fleet.versions import NoHistory, tree_before
from tests.waiting import until

SUCCEEDED = "succeeded at attempt"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Its second worker is of the version before, where git has it."""
    folder = tmp_path_factory.mktemp("fleet")
    fleet = Fleet(folder, workers=2, settings={"PACKSHOT_BACKEND": "fake"})  # of networks nothing is asked here
    try:
        fleet.trees["worker-1"] = tree_before(folder / "before")
    except NoHistory:
        fleet.trees.clear()
    with fleet:
        yield fleet


def test_a_worker_of_the_version_before_works_beside_one_of_this(fleet: Fleet):
    if not fleet.trees:
        pytest.skip("the version before is not in this checkout: it is a shallow clone, or no clone at all")
    ours, before = fleet.workers
    jobs = fleet.shop.submit(4)
    for worker, other in ((ours, before), (before, ours)):
        done = worker.log.count(SUCCEEDED)
        other.stop()
        succeeded(fleet.shop, [*jobs, *fleet.shop.submit(1)])
        other.cont()
        until(partial(has_done_more, worker, done), f"a job in the log of {worker.program.name}")
    fleet.check()


def has_done_more(worker: Process, jobs: int) -> bool:
    """It says so a moment after the record does."""
    return worker.log.count(SUCCEEDED) > jobs


def test_what_is_under_way_survives_its_host_and_a_moment_without_s3(fleet: Fleet):
    with Load(fleet.shop) as load:
        with fleet.s3.away():
            time.sleep(1)
        load.until_more(1)
        under_way = load.under_way()
        fleet.workers[0].kill(family=True)
    succeeded(fleet.shop, under_way)
    assert fleet.shop.http.get("/readyz").status_code == 200
    fleet.until_ready()
    fleet.check(again=True)
    assert fleet.doubled() == []
    assert {kept.ended for kept in fleet.shop.jobs.values()} == {"succeeded"}
