"""Faults 1 to 8: workers and the API are killed, told to leave, or stopped for a while."""

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.waiting import until


@fault("1", "SIGKILL a busy worker", "its jobs run again elsewhere, at attempt 2", short=True)
def kill_a_busy_worker(place: Installation) -> None:
    """The claimed job's worker is gone before it has written anything."""
    trap = place.proxy.on_script("end", "hold")
    place.shop.submit(4)
    trap.wait()
    worker = next(worker for worker in place.workers if trap.pid in worker.pids())
    worker.kill()
    trap.release()
    place.recovered()
    place.shop.until_ended()
    attempts = [place.shop.look(job_id)["attempt"] for job_id in place.shop.jobs]
    assert max(attempts) == 2, attempts
    until(lambda: worker.codes == [-9], "the end of the killed worker")
