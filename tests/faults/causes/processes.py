"""Faults 1 to 8: workers and the API are killed, told to leave, or stopped for a while."""

import hashlib
import threading
import time
from contextlib import suppress
from uuid import uuid4

import httpx

from engine import EngineSettings
from engine.cards import load_cards
from tests.faults.catalogue import fault
from tests.faults.installation import LEASE_S, Installation
from tests.faults.invariants import collect_garbage
from tests.faults.photos import small_photo
from tests.faults.processes import Process
from tests.faults.shop import OPERATIONS, Kept
from tests.faults.traps import Trap
from tests.waiting import until

KILLED = -9
HANGS = f"largest_batch=1,hang_run={len(load_cards(EngineSettings().weights_dir)) + 1}"
"""The fake device hangs at the first batch after warming up, which is one run for each model."""


@fault("1", "SIGKILL a busy worker", "its job runs again at attempt 2, after lease and sweep")
def kill_a_busy_worker(place: Installation) -> None:
    """The job has been claimed, and nothing of it is written."""
    trap = place.proxy.on_script("progress", "hold")
    place.shop.submit(2)
    worker, job_id = _worker_of(place, trap.wait()), _job_of(trap)
    worker.kill()
    place.recovered(job_id)
    assert place.shop.look(job_id)["attempt"] == 2
    assert worker.returncode == KILLED


@fault("2", "SIGKILL idle workers that have just received a hint", "the hint is published again")
def kill_idle_workers(place: Installation) -> None:
    """A stopped worker's connection takes the hint off the list, and its death loses it."""
    for worker in place.workers:
        worker.stop()
    (job_id,) = place.shop.submit()
    until(lambda: place.redis.client().llen("packshot") == 0, "a hint that was handed to a worker which never reads it")
    for worker in place.workers:
        worker.kill()
    place.recovered(job_id)
    assert place.shop.look(job_id)["attempt"] == 1


@fault("3", "SIGKILL the API between record and publish", "the job completes; its key finds it again", short=True)
def kill_the_api_before_it_publishes(place: Installation) -> None:
    """The client has no answer, and the record has the job."""
    written = place.proxy.on_script("submit", "hold_answer")
    kept = Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS), "webhook": {"url": place.sink.url}})
    client = threading.Thread(target=_post_into, args=(written, place, kept))
    client.start()
    record = f"packshot:job:{_job_of(written.wait())}"
    until(lambda: place.redis.client().exists(record), "the record")
    place.api.kill(family=True)
    client.join()
    (job_id,) = place.shop.submit(key=kept.key)
    assert job_id == _job_of(written), "the same key made a second job"
    place.recovered(job_id)


@fault("4", "SIGKILL after the blob, before Finish", "run again; one result, the orphan collected", short=True)
def kill_between_blob_and_finish(place: Installation) -> None:
    """The first attempt's picture lies in the store, and nobody will ever refer to it."""
    trap = place.proxy.on_script("end", "hold", times=0)  # it asks again, on another connection
    place.shop.submit()
    worker, job_id = _worker_of(place, trap.wait()), _job_of(trap)
    worker.kill()
    trap.release()
    place.recovered(job_id)
    assert place.shop.look(job_id)["attempt"] == 2
    folders = list(place.blobs.glob(f"results/*/{job_id}/*"))
    assert len(folders) == 2, f"the orphan of the first attempt is not there: {folders}"


@fault("5", "SIGKILL after Finish, before the webhook", "delivered by another worker, once", short=True)
def kill_between_finish_and_webhook(place: Installation) -> None:
    """No worker gets as far as to claim the message; then the one that finished dies."""
    ends = place.proxy.on_script("end", "hold_answer")
    place.proxy.on_script("claim_delivery", "hold", times=0)
    place.shop.submit()
    worker, job_id = _worker_of(place, ends.wait()), _job_of(ends)
    until(lambda: place.shop.look(job_id)["state"] == "succeeded", "a job that has succeeded")
    assert not place.sink.ids_of(job_id)
    worker.kill()
    place.proxy.clear()
    until(lambda: place.sink.ids_of(job_id), "the webhook")
    place.recovered()


@fault("A1", "SIGKILL while a webhook is sent", "sent again under the same id, once its lease is over")
def kill_in_the_midst_of_a_webhook(place: Installation) -> None:
    """The receiver has read it, and has not answered."""
    place.sink.answer("hang")
    (job_id,) = place.shop.submit()
    until(lambda: any(one.job_id == job_id for one in place.sink.received), "the first attempt to deliver")
    for worker in place.workers:
        worker.kill()
    place.sink.answer(204)
    until(lambda: place.sink.ids_of(job_id), "the second attempt")
    place.recovered()


@fault("A2", "SIGKILL the API between a photo's blob and its record", "the blob is collected; its key makes one job")
def kill_the_api_before_it_records_a_photo(place: Installation) -> None:
    """The photo lies in the store, and the record knows only that one was to come."""
    photo = small_photo("lamp", 120)
    stored = place.proxy.on_script("put_upload", "hold")
    kept = Kept(uuid4().hex, photo, {"operations": list(OPERATIONS)})
    client = threading.Thread(target=_post_into, args=(stored, place, kept))
    client.start()
    stored.wait()
    folder = place.blobs / "uploads" / "dev" / hashlib.sha256(photo).hexdigest()
    assert len(list(folder.iterdir())) == 1
    place.api.kill(family=True)
    client.join()
    stored.release()
    collect_garbage(place.redis.client())
    assert not list(folder.glob("*")), "the photo that nobody refers to stays"
    (job_id,) = place.shop.submit(key=kept.key, photo=photo, webhook=False)
    place.recovered(job_id)


@fault("6", "SIGTERM under load", "what runs is finished, exit code 0, no attempt is used")
def terminate_under_load(place: Installation) -> None:
    """All workers at once, as a new release does it."""
    jobs = place.shop.submit_until_running(6)
    ended = [len(worker.codes) for worker in place.workers]
    for worker in place.workers:
        worker.terminate()
    assert [worker.wait(many) for worker, many in zip(place.workers, ended, strict=True)] == [0, 0]
    place.recovered()
    place.shop.until_ended()
    assert {(job["state"], job["attempt"]) for job in map(place.shop.look, jobs)} == {("succeeded", 1)}


@fault(
    "7", "SIGTERM with a stuck batch", "exit at the deadline, lease released, no attempt used",
    settings={"PACKSHOT_BACKEND": "fake", "PACKSHOT_FAKE_PLAN": HANGS, "PACKSHOT_DRAIN_TIMEOUT_S": "1"},
)  # fmt: skip
def terminate_with_a_stuck_batch(place: Installation) -> None:
    """The device never answers; the next processes have one that does."""
    (job_id,) = place.shop.submit()
    place.shop.until_running()
    for worker in place.workers:
        worker.settings["PACKSHOT_FAKE_PLAN"] = "largest_batch=1"
        worker.terminate()
    assert [worker.wait() for worker in place.workers] == [0, 0]
    place.recovered(job_id)
    assert place.shop.look(job_id)["attempt"] == 1, "the attempt that was released counts"


@fault("8", "SIGSTOP for more than two leases, then CONT", "another finishes the job; the zombie is fenced")
def stop_and_continue(place: Installation) -> None:
    """The stopped worker has its picture ready, and tells the record of it when it wakes."""
    trap = place.proxy.on_script("end", "hold")
    place.shop.submit()
    worker, job_id = _worker_of(place, trap.wait()), _job_of(trap)
    worker.stop()
    wakes_at = time.monotonic() + 2 * LEASE_S
    place.recovered(job_id)
    before = place.shop.look(job_id)["outputs"]
    time.sleep(max(0.0, wakes_at - time.monotonic()))
    worker.cont()
    trap.release()
    until(lambda: f"{job_id} was finished too late" in worker.log, "the zombie's refusal")
    job = place.shop.look(job_id)
    assert job["attempt"] == 2
    assert [output["sha256"] for output in job["outputs"]] == [output["sha256"] for output in before]
    assert not worker.codes or worker.runs, "the zombie should live on"


def _worker_of(place: Installation, trap: Trap) -> Process:
    return next(worker for worker in place.workers if trap.pid in worker.pids())


def _job_of(trap: Trap) -> str:
    return str(trap.arguments["id"])


def _post_into(trap: Trap, place: Installation, kept: Kept) -> None:
    """Until it has sprung: on a busy machine a request may be refused before it has come so far."""

    def is_there() -> bool:
        with suppress(httpx.HTTPError):
            place.shop.post(kept)
        return trap.sprung

    until(is_there, "a request that is held")
