"""Faults 9 to 15, 19 and 20: Redis loses connections, ends, freezes, fills up, forgets, and holds what is no hint."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx

from jobs.queue import HintQueue, make_celery
from jobs.settings import JobsSettings, read_settings
from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.photos import small_photo
from tests.faults.shop import OPERATIONS, Kept
from tests.faults.waiting import until

GARBAGE = (
    b"garbage",
    b"",
    b"null",
    b"\xff\xfe",
    b'{"properties": {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "packshot"}}}',
    b'{"headers": {"task": "packshot.work", "id": "1", "eta": "9999-99-99"}, "body": "%%%", "properties": {}}',
)


@fault("9", "CLIENT KILL TYPE normal", "no duplicate run", short=True)
def kill_connections(place: Installation) -> None:
    """Every connection of the API and the workers, again and again while jobs run."""
    with _same_workers(place):
        jobs = place.shop.submit(4)
        place.shop.until_running()
        place.strike()
        for _ in range(5):
            for kind in ("normal", "pubsub"):
                place.redis.client().client_kill_filter(_type=kind, skipme=True)
            time.sleep(0.2)  # meanwhile they come back, to be killed at something else
        place.recovered(jobs[-1])
        place.shop.until_ended()
        assert _attempts(place, jobs) == {1}, "a job ran twice"


@fault("10", "Redis SIGTERM and restart", "the workers recover, and live on")
def restart(place: Installation) -> None:
    """In the midst of a few jobs."""
    with _same_workers(place):
        place.shop.submit(4)
        place.shop.until_running()
        place.redis.terminate()
        place.redis.start()
        place.recovered()


@fault("11", "Redis SIGKILL and restart with its append-only file", "nothing acknowledged is lost", short=True)
def crash(place: Installation) -> None:
    """While a shop submits as fast as it can: what has its 202 is found again."""
    with _same_workers(place), _submitting(place) as enough:
        enough(3)
        place.redis.kill()
        place.redis.start()
        enough(4)
    place.recovered()


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
    place.shop.until_ended()  # so every worker has seen them
    place.redis.kill()
    with journal.open("r+b") as file:
        file.truncate(length + 11)
    place.redis.start()
    place.shop.lose(lost)
    assert [place.shop.look(job_id)["state"] for job_id in lost] == ["lost", "lost"]
    assert place.shop.look(kept)["state"] == "succeeded"
    again = [place.shop.submit_again(job_id) for job_id in lost]
    assert not {*again} & {*lost}
    _until_alarm(place)
    place.recovered(again[0])


@fault("13", "Redis frozen for 20 s", "503 in under 5 s from every route, then on as before")
def freeze(place: Installation) -> None:
    """Polls that wait, streams, submits, listings and links, many at once; some were under way before."""
    jobs = place.shop.submit(3)
    (ended,) = place.shop.submit(operations=[{"op": "resize", "width": 80}])
    until(lambda: place.shop.look(ended)["state"] == "succeeded", "a job with a link")
    link = place.shop.look(ended)["outputs"][0]["url"]
    paths = [
        *(f"/v1/jobs/{jobs[0]}{tail}" for tail in ("", "?wait=30", "/events")),
        *("/v1/jobs", "/v1/events", "/v1/batches", "/v1/keys", "/v1/webhooks", "/v1/models", "/v1/operations"),
        *("/v1/operator/overview", "/readyz", link),
    ]
    with _same_workers(place), _following(place) as followed:
        place.redis.pause()
        timer = threading.Timer(20, place.redis.resume)
        timer.start()
        try:
            _all_unavailable(place, paths * 4)
            assert place.shop.http.get("/healthz").status_code == 200
        finally:
            timer.join()
        place.recovered()
        place.shop.until_ended()
        followed()


@fault("14", "maxmemory reached", "503 with Retry-After; what runs is finished; recovers", short=True)
def fill_the_memory(place: Installation) -> None:
    """No byte is left, from the claim of a job on until it has ended."""
    redis = place.redis.client()
    trap = place.proxy.on_script("end", "hold")
    place.shop.submit(2)
    running = str(trap.wait().arguments["id"])
    with _same_workers(place):
        place.strike()
        redis.config_set("maxmemory", "1")
        trap.release()
        answer = place.shop.post(Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)}))
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        until(lambda: place.shop.look(running)["state"] == "succeeded", "the end of a job that ran")
        until(lambda: place.sink.ids_of(running), "its webhook")
        redis.config_set("maxmemory", "0")
        place.recovered()


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
    place.shop.submit(4)
    place.shop.until_running()
    lost = list(place.shop.jobs)
    with _same_workers(place):
        place.shop.lose(lost)
        place.strike()
        lose()
        assert {place.shop.look(job_id)["state"] for job_id in lost} == {"lost"}
        again = place.shop.submit_again(lost[-1])
        assert again not in lost
        _until_alarm(place)
        place.recovered(again)
        until(lambda: place.ready_pids() == {worker.pid for worker in place.workers}, "the workers' announcements")


@fault("19", "garbage on the list of hints", "thrown away with a line in the log; the workers go on", short=True)
def put_garbage_on_the_list(place: Installation) -> None:
    """Text, JSON that is no message, messages that are no hints; and the like on the channel of changes."""
    with _same_workers(place):
        place.strike()
        for item in GARBAGE * 3:
            place.redis.client().lpush("packshot", item)
            place.redis.client().publish("packshot:changes", item)
        place.recovered()
        until(lambda: not place.redis.client().exists("packshot"), "an empty list")
        assert any("thrown away" in worker.log for worker in place.workers)


@fault("20", "the same id pushed 100 times", "one run", short=True)
def push_one_id_often(place: Installation) -> None:
    """Before, while and after the job runs."""
    settings = read_settings(JobsSettings, redis_url=place.redis.url, data_dir=place.data)
    hints = HintQueue(make_celery(settings), settings)
    (job_id,) = place.shop.submit()
    place.strike()
    assert all(hints.publish(job_id) for _ in range(100))
    hints.close()
    place.recovered(job_id)
    until(lambda: not place.redis.client().exists("packshot"), "an empty list")
    assert _attempts(place, [job_id]) == {1}


@fault("R1", "Redis read-only for a while", "503, then on as before; the workers live")
def make_it_read_only(place: Installation) -> None:
    """As after a failover to a replica that nobody has promoted yet."""
    redis = place.redis.client()
    with _same_workers(place):
        place.shop.submit(2)
        place.strike()
        redis.replicaof("127.0.0.1", "1")
        answer = place.shop.post(Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)}))
        assert answer.status_code == 503, answer.text
        until(lambda: all("read only replica" in worker.log for worker in place.workers), "refusals in the log")
        redis.replicaof("NO", "ONE")
        place.recovered()


@fault("R2", "SCRIPT FLUSH again and again", "nobody notices")
def lose_the_scripts(place: Installation) -> None:
    """As after a restart or a failover in the midst of everything."""
    jobs = place.shop.submit(4)
    place.strike()
    while not all(place.shop.look(job_id)["state"] == "succeeded" for job_id in jobs):
        place.redis.client().script_flush()
    assert _attempts(place, jobs) == {1}


@fault(
    "R3", "another password on Redis, and back", "503 and a clear line in the log, then on as before",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def change_the_password(place: Installation) -> None:
    """A rotation that reached Redis before it reached Packshot."""
    redis = place.redis.client()
    password = redis.config_get("requirepass")["requirepass"]
    with _same_workers(place):
        place.shop.submit(2)
        place.strike()
        redis.config_set("requirepass", "another")
        redis.client_kill_filter(_type="normal", skipme=True)
        answer = place.shop.post(Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)}))
        assert answer.status_code == 503, answer.text
        until(
            lambda: all("invalid username-password pair" in worker.log for worker in place.workers),
            "a clear line in the log",
        )
        assert not any(password in worker.log for worker in place.workers)
        redis.config_set("requirepass", password)
        place.recovered()


@fault("R4", "Redis SIGKILL while a catalogue is committed in pieces", "whole under its key, or not at all")
def crash_in_the_midst_of_a_catalogue(place: Installation) -> None:
    """Its rows are written, and do not count yet."""
    http = place.shop.http
    photo = http.post("/v1/uploads", content=small_photo()).json()["id"]
    rows = [{"sku": f"mug-{at}", "upload": photo, "seed": at} for at in range(3)]
    manifest = {"defaults": {"operations": [{"op": "restore"}]}, "items": rows}

    def send() -> httpx.Response:
        return http.post("/v1/batches", json=manifest, headers={"Idempotency-Key": "catalogue"})

    trap = place.proxy.on_script("commit_batch", "hold")
    first: list[int] = []
    client = threading.Thread(target=lambda: first.append(send().status_code))
    client.start()
    trap.wait()
    place.redis.kill()
    place.redis.start()
    trap.release()
    client.join()
    made: list[str] = []

    def is_made() -> bool:
        answer = send()
        made[:] = [answer.json()["id"]] if answer.status_code in {200, 202} else []
        return bool(made)

    until(is_made, "the catalogue")
    assert http.get("/v1/batches").json()["items"][0]["id"] == made[0]
    assert len(http.get("/v1/batches").json()["items"]) == 1, f"two catalogues; first came {first}"
    until(lambda: http.get(f"/v1/batches/{made[0]}").json()["counts"]["succeeded"] == len(rows), "all rows")
    if (staged := str(trap.arguments["id"])) != made[
        0
    ]:  # nobody ever saw it, and it goes by itself when its time is over
        place.redis.client().zadd("packshot:batch-expiry", {staged: 1}, xx=True)
    place.recovered()


@contextmanager
def _same_workers(place: Installation) -> Iterator[None]:
    """Nobody may have ended meanwhile."""
    before = [worker.pid for worker in place.workers]
    yield
    assert [worker.pid for worker in place.workers] == before, "a worker ended"


def _attempts(place: Installation, jobs: list[str]) -> set[int]:
    return {place.shop.look(job_id)["attempt"] for job_id in jobs}


def _until_alarm(place: Installation) -> None:
    for worker in place.workers:
        until(lambda: "less than it had acknowledged" in worker.log, "the alarm in the log")  # noqa: B023
    until(lambda: place.shop.http.get("/readyz").json().get("lost_at"), "the alarm of /readyz")
    assert place.shop.http.get("/v1/operator/overview").json()["redis"]["lost_at"]


@contextmanager
def _submitting(place: Installation) -> Iterator[Callable[[int], None]]:
    """A thread that submits until the block ends; gives what waits for so many more 202s."""
    over, failed = threading.Event(), []

    def submit() -> None:
        try:
            while not over.is_set():
                place.shop.submit(operations=[{"op": "resize", "width": 80}])
        except BaseException as error:  # noqa: BLE001  (told by whoever waits)
            failed.append(error)

    def enough(more: int) -> None:
        wanted = len(place.shop.jobs) + more
        until(lambda: failed or len(place.shop.jobs) >= wanted, f"{more} more jobs")
        assert not failed, failed[0]

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield enough
    finally:
        over.set()
        thread.join()


@contextmanager
def _following(place: Installation) -> Iterator[Callable[[], None]]:
    """A stream that was open before; gives what waits for its end, which comes before the stack's patience is over."""
    job_id = next(iter(place.shop.jobs))
    told: list[int] = []

    def follow() -> None:
        with place.shop.http.stream("GET", f"/v1/jobs/{job_id}/events", timeout=120) as answer:
            told.append(answer.status_code)
            for _ in answer.iter_lines():
                pass
        told.append(0)

    thread = threading.Thread(target=follow)
    thread.start()
    until(lambda: told, "an open stream")

    def followed() -> None:
        until(lambda: told == [200, 0], "the end of a stream")

    yield followed
    thread.join()


def _all_unavailable(place: Installation, paths: list[str]) -> None:
    """Each is asked for at the same time, with the submit and the upload."""
    answers: list[tuple[str, int, float]] = []

    def ask(path: str) -> None:
        started = time.monotonic()
        status = place.shop.http.get(path).status_code
        answers.append((path, status, time.monotonic() - started))

    def send() -> None:
        started = time.monotonic()
        answer = place.shop.post(Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)}))
        answers.append(("submit", answer.status_code, time.monotonic() - started))

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    threads += [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for _, status, _ in answers} == {503}, answers
    assert all(seconds < 5 for *_, seconds in answers), max(answers, key=lambda one: one[2])
