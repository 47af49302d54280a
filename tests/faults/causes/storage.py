"""Faults 25 and 30, and further ones of their kind: what the service writes to, or opens, is used up."""

import resource
import shutil
import socket
import time
from contextlib import ExitStack, closing, suppress
from uuid import uuid4

import httpx
import psutil

from tests.faults.catalogue import fault
from tests.faults.disks import files, filled, free_kib, mount
from tests.faults.installation import Installation
from tests.faults.invariants import collect_garbage
from tests.faults.photos import small_photo
from tests.faults.shop import OPERATIONS, Kept
from tests.waiting import until

FILES = 64
BULKY = {"operations": [{"op": "upscale", "factor": 4}], "output": {"format": "png"}}
"""What makes of a photo of a few KiB a file of hundreds."""
OWN = {"PACKSHOT_MAX_ATTEMPTS": "3"}
"""The default: it is said so that the fault gets an installation of its own."""


IMPATIENT = OWN | {"PACKSHOT_STORAGE_PATIENCE_S": "10"}
AWAY_S, AT_WORK = 60.0, 30


@fault(
    "25",
    "the blobs' folder is full",
    "tried again, then failed `storage`; no partial file; recovers",
    settings=IMPATIENT,
)
def fill_the_blobs(place: Installation) -> None:
    """A disk of 1 MB, with room for a photo and for no result; then for no photo either."""
    mount(place, place.blobs, 1024)
    place.strike()
    with filled(place.blobs, leaving_kib=60):
        (job_id,) = place.shop.submit(**BULKY)
        place.shop.until_ended()
        job = place.shop.look(job_id)
        assert (job["state"], job["problem"]["type"]) == ("failed", "/problems/storage"), job
        assert str(place.blobs) not in job["problem"]["detail"], job
        kept = files(place.blobs)
        assert {path.parts[len(place.blobs.parts)] for path in kept} == {"uploads"}, kept
        with filled(place.blobs / "uploads"):
            answer = place.shop.post(_kept(small_photo("shoe")))
            _check_refusal(answer)
            assert files(place.blobs) == kept, "a photo that found no room left something"
    place.recovered()


@fault("S4", "the blobs' folder is away for a minute", "no attempt is used, and no job fails", settings=OWN)
def take_the_folder(place: Installation) -> None:
    """A file lies in its place: so nobody reads or writes there, root neither."""
    jobs = place.shop.submit(AT_WORK)
    until(lambda: any(place.shop.look(job_id)["state"] == "succeeded" for job_id in jobs), "a first result")
    kept = place.blobs.with_name("kept")
    place.strike()
    place.blobs.rename(kept)
    place.blobs.write_text("no folder", encoding="utf-8")
    before = sum(place.shop.look(job_id)["state"] == "succeeded" for job_id in jobs)
    time.sleep(AWAY_S)
    place.blobs.unlink()
    kept.rename(place.blobs)
    place.recovered()
    place.shop.until_ended()
    ended = [place.shop.look(job_id) for job_id in jobs]
    assert [(job["state"], job["attempt"]) for job in ended] == [("succeeded", 1)] * AT_WORK, ended
    assert before < AT_WORK


@fault("30", "RLIMIT_NOFILE 64 for API and worker", "503 or served, no process dies; recovers", settings=OWN)
def take_the_descriptors(place: Installation) -> None:
    """More idle clients than descriptors, beside work that goes on."""
    family = {pid for process in (place.api, place.workers[0]) for pid in process.pids()}
    for pid in family:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    place.strike()
    jobs = place.shop.submit(4)
    told = set()
    with ExitStack() as crowd:
        for _ in range(2 * FILES):
            with suppress(OSError):
                crowd.enter_context(closing(socket.create_connection(("127.0.0.1", place.port), timeout=5)))
        for _ in range(6):
            with suppress(httpx.HTTPError):
                told.add(httpx.get(f"{place.url}/v1/jobs", timeout=30, trust_env=False).status_code)
    assert told <= {401, 503}, told
    assert 503 in told
    place.recovered()
    assert {place.shop.look(job_id)["state"] for job_id in jobs} <= {"queued", "running", "succeeded"}
    lost = {pid for pid in (place.api.pid, place.workers[0].pid) if not psutil.pid_exists(pid)}
    assert not lost, f"processes ended: {lost}"
    assert not place.api.codes
    assert not place.workers[0].codes


@fault("S1", "the disk for arriving photos is full", "503; nothing is left on it; recovers", settings=OWN)
def fill_the_spool(place: Installation) -> None:
    """The API's TMPDIR is a disk of 1 MB, and the photo larger than that."""
    spool = place.folder / "spool"
    spool.mkdir()
    mount(place, spool, 1024)
    before = free_kib(spool)
    place.api.settings["TMPDIR"] = str(spool)
    place.api.kill(family=True)
    place.until_ready()
    large = small_photo() + bytes(3 << 20)
    for send in (_form, _raw):
        _check_refusal(send(place, large))
    until(lambda: free_kib(spool) == before, "the room that the refused photos took")
    place.recovered()


@fault("S2", "the disk of Redis' append-only file is full", "503; nothing acknowledged is lost; recovers", settings=OWN)
def fill_the_record(place: Installation) -> None:
    """Redis refuses every write (MISCONF) until it can write its file again."""
    place.redis.terminate()
    kept = place.folder / "kept"
    shutil.copytree(place.redis.folder, kept)
    mount(place, place.redis.folder, 16 * 1024)
    shutil.copytree(kept, place.redis.folder, dirs_exist_ok=True)
    place.redis.start()
    place.until_ready()
    jobs = place.shop.submit(4)
    with filled(place.redis.folder):
        until(lambda: place.shop.post(_kept(small_photo())).status_code == 503, "a refusal")
        _check_refusal(place.shop.post(_kept(small_photo())))
    place.recovered()
    assert place.shop.until_ended()["succeeded"] >= len(jobs)


@fault("S3", "Redis' memory is used up while photos arrive", "503; no photo is left behind; recovers", settings=OWN)
def fill_the_memory(place: Installation) -> None:
    """A photo that was stored, and that Redis does not take, is garbage; it is collected."""
    redis = place.redis.client()
    before = files(place.blobs)
    redis.config_set("maxmemory", redis.info("memory")["used_memory"] - 100_000)
    place.strike()
    for name in ("shoe", "mug"):
        for send in (_form, _raw):
            _check_refusal(send(place, small_photo(name, width=200)))
    redis.config_set("maxmemory", 0)
    place.recovered()
    collect_garbage(place.redis.client())
    left = {path for path in files(place.blobs) - before if "uploads" in path.parts}
    assert len(left) == 1, f"beside the last job's photo: {left}"


def _kept(photo: bytes) -> Kept:
    return Kept(uuid4().hex, photo, {"operations": list(OPERATIONS)})


def _form(place: Installation, photo: bytes) -> httpx.Response:
    return place.shop.post(_kept(photo))


def _raw(place: Installation, photo: bytes) -> httpx.Response:
    return place.shop.http.post("/v1/uploads", content=photo, headers={"Content-Type": "image/jpeg"})


def _check_refusal(answer: httpx.Response) -> None:
    """503 in our own words, with the time to come back."""
    assert answer.status_code == 503, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.json()["type"] in {"/problems/unavailable", "/problems/storage", "/problems/overloaded"}
    assert int(answer.headers["Retry-After"]) > 0
