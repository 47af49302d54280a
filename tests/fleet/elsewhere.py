"""Jobs that not every host can do: they wait for one that can, and for nobody else."""

from pathlib import Path

from tests.faults.processes import Program
from tests.fleet.fleet import Fleet, HostProcess
from tests.fleet.load import succeeded
from tests.fleet.scenes import Told, scene
from tests.waiting import until

ROOT = Path(__file__).parents[2]


@scene("a job that wants a GPU", "jobs with needs.device=gpu before there is such a host; it joins, dies, comes back")
def gpu(fleet: Fleet) -> Told:
    shop = fleet.shop
    wanting = shop.submit(4, needs={"device": "gpu"})
    succeeded(shop, shop.submit(4))
    states = {shop.look(job_id)["state"] for job_id in wanting}
    assert states == {"queued"}, f"without a GPU they are {states}"
    worker = _gpu_worker(fleet)
    succeeded(shop, wanting)
    until(lambda: worker.log.count("succeeded at attempt") >= 4, "the log of the GPU's host")
    assert sum(any(job_id in other.log for job_id in wanting) for other in fleet.workers if other is not worker) == 0
    more = shop.submit(6, needs={"device": "gpu"})
    worker.kill(family=True)
    succeeded(shop, more)
    fleet.retire(worker)
    return Told(None, "none was claimed by a CPU's host; CPU jobs went on meanwhile")


def _gpu_worker(fleet: Fleet) -> HostProcess:
    """A worker that says its CPU is a GPU."""
    name = f"gpu-{len(fleet.workers)}"
    program = fleet.worker_program(name)
    environment = {**program.environment, "PYTHONPATH": str(ROOT)}
    worker = HostProcess(Program(name, "tests.fleet.gpu_worker", (), environment), fleet.folder / "logs", fleet.strike)
    if fleet.network:
        worker.host = fleet.network.hosts[-1]
    fleet.add(worker)
    fleet.until_ready()
    return worker
