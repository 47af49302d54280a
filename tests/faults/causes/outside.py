"""Faults 26 to 29: receivers that fail, clocks that are wrong, more work than anybody can do, and races with it."""

import struct
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.photos import small_photo
from tests.faults.processes import Process
from tests.faults.shop import OPERATIONS, Kept, Shop
from tests.faults.sink import Received
from tests.waiting import until

CLOCK = Path(__file__).parents[1] / "shims" / "clock.c"
HOUR_S = 3600
LINK_S = 900
MOST_PENDING, MOST_ACTIVE = 30, 12
FLOOD_S = 15.0
RACES = 15


@fault("26", "a webhook's receiver answers 500, hangs, resets, redirects", "backoff; jobs unaffected")
def fail_the_receiver(place: Installation) -> None:
    """Each for as long as it takes to be tried twice; jobs succeed meanwhile, and all are told in the end."""
    for mode in (500, "reset", "redirect", "hang"):
        place.sink.answer(mode)
        place.strike()
        (job_id,) = place.shop.submit()
        until(lambda job_id=job_id: place.shop.look(job_id)["state"] == "succeeded", "a success nobody hears of")  # type: ignore[misc]
        tries = 1 if mode == "hang" else 2
        until(lambda job_id=job_id, tries=tries: len(_about(place, job_id)) >= tries, f"tries while it is {mode}")  # type: ignore[misc]
        assert not place.sink.ids_of(job_id)
    place.sink.answer(204)
    place.recovered()


@fault(
    "27",
    "clocks of a worker and the API: +1 h, -1 h, and a jump in the midst",
    "no lease lapses; deadlines, links, keys and webhooks go by Redis' time",
    settings={"PACKSHOT_LINK_TTL_S": str(LINK_S)},
)
def shift_the_clocks(place: Installation) -> None:
    """One worker alone is left, so that all goes by its clock; then the API's is shifted as well."""
    ahead = Ahead(place)
    place.retire(place.workers[0])
    for process in (place.workers[0], place.api):
        process.settings.update(ahead.environment)
        _restart(process)
        place.until_ready()
        for hours in (1, -1):
            place.strike()
            jobs = place.shop.submit(2, deadline_s=600)
            ahead.shift(hours * HOUR_S)
            jobs += place.shop.submit(3, deadline_s=600)
            place.shop.until_ended()
            told = [place.shop.look(job_id) for job_id in jobs]
            assert {(job["state"], job["attempt"]) for job in told} == {("succeeded", 1)}, told
            for job_id in jobs:
                _check_message(place, job_id)
        ahead.shift(0)
    place.recovered()


@fault(
    "28",
    "ten times the capacity, by three tenants",
    "429 and 503 with Retry-After; depth and memory bounded; all that was accepted ends",
    settings={
        "PACKSHOT_BACKEND": "fake",
        "PACKSHOT_FAKE_PLAN": "largest_batch=1,slot_ms=250",
        "PACKSHOT_MAX_PENDING": str(MOST_PENDING),
        "PACKSHOT_MAX_ACTIVE_PER_TENANT": str(MOST_ACTIVE),
    },
)
def flood(place: Installation) -> None:
    """Every tenant sends as fast as it is answered, whatever it is told."""
    shops = [place.shop, *(place.open_shop(f"flood-{number}") for number in range(2))]
    redis, over = place.redis.client(), time.monotonic() + FLOOD_S
    used = redis.info("memory")["used_memory"]
    held = {process: _memory_mib(process) for process in (place.api, *place.workers)}
    place.strike()
    deepest = 0
    with ThreadPoolExecutor(6) as pool:
        floods = [pool.submit(_flood, shop, over) for shop in shops for _ in range(2)]
        while time.monotonic() < over:
            deepest = max(deepest, sum(map(int, redis.hvals("packshot:depth"))))
            time.sleep(0.1)
    told: Counter[int] = sum((done.result() for done in floods), Counter())
    assert set(told) == {202, 429, 503}, told
    assert deepest <= MOST_PENDING, f"{deepest} jobs waited, {MOST_PENDING} were allowed"
    assert redis.info("memory")["used_memory"] - used < 8 << 20
    grown = {process.program.name: _memory_mib(process) - before for process, before in held.items()}
    assert max(grown.values()) < 100, f"memory grew by {grown} MiB"
    for shop in shops:
        shop.until_ended()
    place.recovered()


@fault("29", "cancels that race with the end", "one terminal state each", short=True)
def race(place: Installation) -> None:
    """Each job is canceled at another moment of its life. (tests/jobs/test_races.py does it a thousand times.)"""
    place.strike()
    jobs = place.shop.submit(RACES, operations=[{"op": "resize", "width": 40}])

    def cancel(number: int) -> int:
        time.sleep(number * 0.05)
        return place.shop.insist("POST", f"/v1/jobs/{jobs[number]}/cancel").status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(cancel, range(len(jobs))))
    assert set(answers) <= {200, 202, 409}, answers
    ended = place.shop.until_ended()
    assert set(ended) <= {"succeeded", "canceled", "failed"}, ended
    place.recovered()


class Ahead:
    """A clock that processes have with `environment`: so many seconds ahead of the true one."""

    def __init__(self, place: Installation, name: str = "ahead") -> None:
        self._file, library = place.folder / name, place.folder / "clock.so"
        self.shift(0)
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, CLOCK], check=True)
        self.environment = {"LD_PRELOAD": str(library), "FAULT_CLOCK": str(self._file)}

    def shift(self, seconds: int) -> None:
        """From now on, for all that run and all that start."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


def _restart(process: Process) -> None:
    ended = len(process.codes)
    process.terminate()
    process.wait(ended)


def _about(place: Installation, job_id: str) -> list[Received]:
    return [one for one in list(place.sink.received) if one.job_id == job_id]


def _check_message(place: Installation, job_id: str) -> None:
    """Signed at the true time, with links that open and that expire when they should."""
    until(lambda: place.sink.ids_of(job_id), f"the webhook of {job_id}")
    message = _about(place, job_id)[-1]
    now = time.time()
    assert abs(message.signed_at - now) < 120, f"signed {message.signed_at - now:.0f} s from now"
    for link in message.links:
        query = dict(part.split("=") for part in urlsplit(link).query.split("&"))
        assert 0 < int(query["expires"]) - now <= LINK_S, f"it expires in {int(query['expires']) - now:.0f} s"
        assert httpx.get(link, trust_env=False, timeout=30).status_code == 200


def _flood(shop: Shop, over: float) -> Counter[int]:
    told: Counter[int] = Counter()
    while time.monotonic() < over:
        kept = Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)[1:]})
        answer = shop.post(kept)
        told[answer.status_code] += 1
        if answer.status_code == 202:
            shop.note(str(answer.json()["id"]), kept)
        else:
            assert int(answer.headers["Retry-After"]) > 0
    return told


def _memory_mib(process: Process) -> float:
    return sum(psutil.Process(pid).memory_info().rss for pid in process.pids()) / 2**20
