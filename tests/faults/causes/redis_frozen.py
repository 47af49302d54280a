"""Fault 13: Redis holds its connections and answers nothing; and for longer than leases live."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.faults.catalogue import fault
from tests.faults.installation import LEASE_S, Installation
from tests.faults.invariants import same_workers
from tests.faults.photos import small_photo
from tests.faults.shop import OPERATIONS, Kept
from tests.waiting import until


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
    with same_workers(place.workers), _following(place) as followed:
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


@fault("R6", "Redis frozen for two leases while jobs run and a webhook is sent", "no second attempt; told once")
def outlast_the_leases(place: Installation) -> None:
    """The sweeps are the first to find Redis again; whoever holds a lease speaks up only after them."""
    told = place.proxy.on_script("end_delivery", "hold", times=0)
    (sent,) = place.shop.submit(operations=[{"op": "resize", "width": 80}])
    told.wait()
    done = place.proxy.on_script("end", "hold", times=0)
    with same_workers(place.workers):
        jobs = place.shop.submit(4)
        done.wait()
        beats = place.proxy.on_script("heartbeat", "hold", times=0)
        stopped_s, _ = place.redis.client().time()
        place.redis.pause()
        time.sleep(2 * LEASE_S)
        place.redis.resume()
        until(lambda: _pulse_s(place) > stopped_s + LEASE_S, "a sweep")
        for trap in (beats, done, told):
            trap.release()
        place.recovered(jobs[-1])
        place.shop.until_ended()
    assert place.shop.attempts(jobs) == {1}, "a job ran twice"
    until(lambda: _is_told(place, sent), "a record that knows of the message")
    assert len([one for one in place.sink.received if one.job_id == sent]) == 1, "the message was sent twice"


def _pulse_s(place: Installation) -> float:
    return int(str(place.redis.client().get("packshot:pulse"))) / 1000


def _is_told(place: Installation, job_id: str) -> bool:
    (message,) = {one.webhook_id for one in place.sink.received if one.job_id == job_id}
    return place.redis.client().hget(f"packshot:delivery:{message}", "state") == "delivered"


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
