"""A whole service under fire: what was accepted is finished, and seen once."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from benchmarks.photos import tiny_photo
from benchmarks.service import Service
from packshot import Client, Job

_JOBS = 200
_SHORT_LEASES = {"PACKSHOT_LEASE_MS": "3000", "PACKSHOT_HEARTBEAT_MS": "1000", "PACKSHOT_MAX_ATTEMPTS": "20"}
"""Short ones may lapse as well where a busy machine gives a worker no time to beat; no job gives up for that."""
_OPERATIONS = [{"op": "resize", "width": 200}, {"op": "restore"}]


@pytest.mark.timeout(300)
def test_200_jobs_survive_two_sigkills_of_their_worker_each_visible_once(tmp_path: Path) -> None:
    with Service(tmp_path, settings=_SHORT_LEASES) as service, service.client() as client:
        with ThreadPoolExecutor(16) as pool:
            jobs = list(pool.map(lambda number: _submit(client, number), range(_JOBS)))
        for share_done in (0.1, 0.5):
            _wait_until_done(jobs, share_done)
            worker = _stopped_amid_a_job(service, client)
            worker.kill()
            _wait_for_another_worker(service, worker.pid)
        for job in jobs:
            job.wait(timeout_s=120)
        assert [job.state for job in jobs] == ["succeeded"] * _JOBS
        assert len({job.id for job in jobs}) == _JOBS
        assert all(len(job.outputs) == 1 for job in jobs)
        assert max(job.document["attempt"] for job in jobs) > 1, "no job was running when its worker was killed"
        results = tmp_path / "data" / "blobs" / "results"
        assert {job.id for job in jobs} == {path.name for path in results.glob("*/*")}


def _wait_until_done(jobs: list[Job], share: float) -> None:
    wanted = round(share * len(jobs))
    while sum(job.refresh().ended for job in jobs[: wanted + 8]) < wanted:
        time.sleep(0.05)


def _submit(client: Client, number: int) -> Job:
    return client.submit(tiny_photo(), _OPERATIONS, external_id=str(number))


def _stopped_amid_a_job(service: Service, client: Client) -> psutil.Process:
    """The worker, which stands still while a job runs: were it not stopped, that might be over before it is killed."""
    (worker,) = service.processes("worker")
    while True:
        worker.suspend()
        if any(client.jobs(state="running")):
            return worker
        worker.resume()
        assert any(client.jobs(state="queued")), "all jobs are over"
        time.sleep(0.01)


def _wait_for_another_worker(service: Service, killed_pid: int) -> None:
    while not [process for process in service.processes("worker") if process.pid != killed_pid]:
        time.sleep(0.05)
