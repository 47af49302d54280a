"""Faults 16 to 18: the network between Packshot and its Redis hangs, cuts, and is slow."""

from uuid import uuid4

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.photos import small_photo
from tests.faults.shop import OPERATIONS, Kept
from tests.faults.traps import Trap
from tests.waiting import until

SUCCEED_S = 180.0


@fault("16", "the proxy hangs during Submit", "503; the same key finds the same job", short=True)
def hang_during_submit(place: Installation) -> None:
    """Redis has written the job, and its answers do not come through."""
    kept = Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS), "webhook": {"url": place.sink.url}})
    trap = place.proxy.on_script("submit", "hold_answer", times=0)
    place.strike()
    _submit_into(trap, place, kept)
    trap.release()
    job_id = place.shop.submit_kept(kept)
    assert job_id == trap.arguments["id"], "the same key made a second job"
    place.recovered(job_id)


@fault("A16", "the proxy hangs before Submit reaches Redis", "503; the same key makes one job")
def hang_before_submit(place: Installation) -> None:
    """What was held arrives late, when the key has long made its job, or never."""
    kept = Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS), "webhook": {"url": place.sink.url}})
    trap = place.proxy.on_script("submit", "hold", times=0)
    place.strike()
    _submit_into(trap, place, kept)
    trap.release()
    job_id = place.shop.submit_kept(kept)
    assert place.shop.submit_kept(kept) == job_id
    place.recovered(job_id)
    place.shop.until_ended()
    ours = place.shop.http.get("/v1/jobs", params={"limit": 100}).json()["items"]
    assert {job["id"] for job in ours} <= {*place.shop.jobs}, "a job that nobody knows of"


@fault("17", "the proxy cuts during Finish", "the replay is as good; one result, attempt 1", short=True)
def cut_during_finish(place: Installation) -> None:
    """Once before Finish arrives, once when it is done and only its answer is lost."""
    before, after = place.proxy.on_script("end", "cut"), place.proxy.on_script("end", "cut_answer")
    jobs = place.shop.submit(2)
    before.wait()
    place.strike()
    after.wait()
    place.recovered(jobs[0])
    place.shop.until_ended()
    assert place.shop.attempts(jobs) == {1}
    assert not any(f"{job_id} was finished too late" in worker.log for job_id in jobs for worker in place.workers)


@fault("A17", "the proxy cuts everything again and again", "no duplicate run")
def cut_often(place: Installation) -> None:
    """Every connection, at whatever it is."""
    jobs = place.shop.submit(4)
    place.strike()

    def have_succeeded() -> bool:
        place.proxy.cut()
        return place.shop.have_succeeded(jobs)

    until(have_succeeded, "the success of all in spite of it", SUCCEED_S)
    assert place.shop.attempts(jobs) == {1}


@fault("18", "500 ms more to Redis and back", "slower; leases are held, no second attempt")
def slow_down(place: Installation) -> None:
    """Longer than a heartbeat's pause for two jobs in turn, shorter than any timeout."""
    place.proxy.delay(500)
    place.strike()
    jobs = place.shop.submit(4)
    until(lambda: place.shop.have_succeeded(jobs), "four slow jobs", SUCCEED_S)
    assert place.shop.attempts(jobs) == {1}
    place.recovered(jobs[0])


def _submit_into(trap: Trap, place: Installation, kept: Kept) -> None:
    """Until it has sprung: on a busy machine a request may be refused before it has come so far."""

    def hangs() -> bool:
        assert place.shop.post(kept).status_code == 503
        return trap.sprung

    until(hangs, "a submit that hangs")
