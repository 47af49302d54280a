"""Faults 12 and 15: Redis comes back with less than it had, or in the midst of a catalogue."""

import threading
from collections.abc import Callable

import httpx

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.invariants import same_workers
from tests.faults.photos import small_photo
from tests.waiting import until

ROWS = 3


@fault(
    "12", "append-only file cut short", "lost ids 404, the same idempotency key makes a new job; an alarm",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def cut_the_journal(place: Installation) -> None:
    """As a power failure leaves it: its end is gone, and what is last in it is half a command."""
    (kept,) = place.shop.submit()
    place.shop.until_ended()
    journal = max(place.redis.folder.rglob("*.aof"), key=lambda path: path.stat().st_mtime)
    length = journal.stat().st_size
    lost = place.shop.submit(2)
    until(lambda: journal.stat().st_size > length + 100, "jobs in the journal")
    place.shop.until_ended()
    _until_seen(place)
    place.redis.kill()
    with journal.open("r+b") as file:
        file.truncate(length + 11)
    place.redis.start()
    place.shop.lose(lost)
    assert [place.shop.look(job_id)["state"] for job_id in lost] == ["lost", "lost"]
    assert place.shop.look(kept)["state"] == "succeeded"
    _until_alarm(place)  # a worker that looks when as many have come again cannot tell them from the lost ones
    again = [place.shop.submit_again(job_id) for job_id in lost]
    assert not {*again} & {*lost}
    place.recovered(again[0])


@fault(
    "15", "FLUSHALL", "ids 404, an alarm in log, /readyz and overview; workers live; the key's file brings it back",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def forget_everything(place: Installation) -> None:
    """With jobs that have ended, that run and that wait."""
    _lose_everything(place, place.redis.client().flushall)


@fault(
    "R5", "Redis comes back empty", "as after FLUSHALL",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def come_back_empty(place: Installation) -> None:
    """Its disk was lost, or another machine took its name."""

    def replace() -> None:
        place.redis.kill()
        for journal in place.redis.folder.rglob("*.aof"):
            journal.unlink()
        place.redis.start()

    _lose_everything(place, replace)


def _lose_everything(place: Installation, lose: Callable[[], object]) -> None:
    place.shop.submit()
    place.shop.until_ended()
    place.shop.submit_until_running(4)
    lost = list(place.shop.jobs)
    with same_workers(place.workers):
        place.shop.lose(lost)
        place.strike()
        lose()
        assert {place.shop.look(job_id)["state"] for job_id in lost} == {"lost"}
        again = place.shop.submit_again(lost[-1])
        assert again not in lost
        _until_alarm(place)
        place.recovered(again)
        until(lambda: place.ready_pids() == {worker.pid for worker in place.workers}, "the workers' announcements")


@fault("R4", "Redis SIGKILL while a catalogue is committed in pieces", "whole under its key, or not at all")
def crash_in_the_midst_of_a_catalogue(place: Installation) -> None:
    """Its rows are written, and do not count yet."""
    http, catalogue = place.shop.http, _Catalogue(place.shop.http)
    trap = place.proxy.on_script("commit_batch", "hold")
    client = threading.Thread(target=catalogue.send)
    client.start()
    trap.wait()
    place.redis.kill()
    place.redis.start()
    trap.release()
    client.join()
    until(lambda: catalogue.send() in {200, 202}, "the catalogue")
    batches = [batch["id"] for batch in http.get("/v1/batches").json()["items"]]
    assert batches == [catalogue.id], f"it was answered {catalogue.told}"
    until(lambda: http.get(f"/v1/batches/{catalogue.id}").json()["counts"]["succeeded"] == ROWS, "all rows")
    if (staged := str(trap.arguments["id"])) != catalogue.id:  # nobody ever saw it, and it goes when its time is over
        place.redis.client().zadd("packshot:batch-expiry", {staged: 1}, xx=True)
    place.recovered()


class _Catalogue:
    """A few rows of one photo, sent as often as wanted under one key; `told` are the answers' statuses."""

    def __init__(self, http: httpx.Client) -> None:
        self.id, self.told = "", list[int]()
        self._http = http
        photo = http.post("/v1/uploads", content=small_photo()).json()["id"]
        rows = [{"sku": f"mug-{at}", "upload": photo, "seed": at} for at in range(ROWS)]
        self._manifest = {"defaults": {"operations": [{"op": "restore"}]}, "items": rows}

    def send(self) -> int:
        """Once more; the status."""
        answer = self._http.post("/v1/batches", json=self._manifest, headers={"Idempotency-Key": "catalogue"})
        self.told.append(answer.status_code)
        if answer.status_code in {200, 202}:
            self.id = str(answer.json()["id"])
        return answer.status_code


def _until_seen(place: Installation) -> None:
    """Until every worker has looked how many jobs there are: of what came later it could not tell that it is gone."""
    looks = [
        place.proxy.on_command(b"MGET", b"packshot:sequence", "hold_answer", pids=worker.pids)
        for worker in place.workers
    ]
    for look in looks:
        look.wait().release()


def _until_alarm(place: Installation) -> None:
    for worker in place.workers:
        until(lambda: "less than it had acknowledged" in worker.log, "the alarm in the log")  # noqa: B023
    until(lambda: place.shop.http.get("/readyz").json().get("lost_at"), "the alarm of /readyz")
    assert place.shop.http.get("/v1/operator/overview").json()["redis"]["lost_at"]
