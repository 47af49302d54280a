"""Faults of erasing: a job runs, and is erased, or all of its tenant's is, and its worker is killed in the midst."""

from api.key_records import SHOP_SCOPES
from api.keys import KeyRing
from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.invariants import collect_garbage
from tests.faults.processes import Process
from tests.faults.shop import Shop
from tests.faults.traps import Trap
from tests.waiting import until

TENANT = "erasable"
OWNER = (*SHOP_SCOPES, "keys:manage")
KEPT = tuple(f"packshot:{kind}" for kind in ("audit", "erasure:", "tenant:", "key", "claim:"))
"""What may name an erased tenant or job after: the log, the receipt, API keys; and for a minute who claimed it."""


@fault("E1", "a job, then all of a tenant's, erased while it runs; SIGKILL its worker", "nothing of it is left")
def erase_what_runs(place: Installation) -> None:
    """The picture lies in the store, and its worker is about to say so: it never does."""
    _erase_a_job(place)
    _erase_a_tenant(place)
    place.recovered()


def _erase_a_job(place: Installation) -> None:
    trap, job_id = _until_stored(place, place.shop)
    place.shop.lose([job_id])
    assert place.shop.http.delete(f"/v1/jobs/{job_id}").status_code in {202, 204}
    _worker_of(place, trap).kill()
    until(lambda: not place.redis.client().exists(f"packshot:job:{job_id}"), "the end of the record")
    collect_garbage(place.redis.client())
    assert not _files(place, f"results/*/{job_id}")
    assert place.shop.http.get(f"/v1/jobs/{job_id}").status_code == 410
    left = _traces(place, job_id) - {f"packshot:gone:{job_id}", "packshot:changed:dev"}  # both go by themselves
    assert all(name.startswith(KEPT) for name in left), f"of the erased job there are {sorted(left)}"


def _erase_a_tenant(place: Installation) -> None:
    shop = Shop(place.url, KeyRing(place.redis.client()).create(TENANT, scopes=OWNER).text, place.sink)
    place.shops.append(shop)
    trap, job_id = _until_stored(place, shop)
    shop.lose([job_id])
    begun = shop.http.post("/v1/tenant/erasure", json={"confirm": TENANT})
    assert begun.status_code == 202, begun.text
    address = f"/v1/tenant/erasure/{begun.json()['id']}"
    until(lambda: shop.http.get(address).json()["left"], "an erasure that waits for the worker")
    _worker_of(place, trap).kill()
    until(lambda: shop.http.get(address).json()["state"] == "done", "the end of the erasure")
    assert not _files(place, f"*/{TENANT}")
    collect_garbage(place.redis.client())
    assert not _files(place, f"*/{TENANT}"), "somebody wrote after the end"
    left = _traces(place, TENANT) | _traces(place, job_id)
    assert all(name.startswith(KEPT) for name in left), f"of the erased tenant there are {sorted(left)}"


def _until_stored(place: Installation, shop: Shop) -> tuple[Trap, str]:
    """A job whose worker has stored its picture, and is held before it tells the record."""
    trap = place.proxy.on_script("end", "hold")
    (job_id,) = shop.submit(webhook=False)
    trap.wait()
    assert trap.arguments["id"] == job_id
    assert _files(place, f"results/*/{job_id}")
    return trap, job_id


def _worker_of(place: Installation, trap: Trap) -> Process:
    return next(worker for worker in place.workers if trap.pid in worker.pids())


def _files(place: Installation, folder: str) -> list[str]:
    return [str(path) for path in place.blobs.glob(f"{folder}/**/*") if path.is_file()]


def _traces(place: Installation, word: str) -> set[str]:
    """The keys whose name or content names it."""
    redis = place.redis.client()
    read = {
        "string": redis.get,
        "hash": redis.hgetall,
        "zset": lambda name: redis.zrange(name, 0, -1),
        "list": lambda name: redis.lrange(name, 0, -1),
        "set": redis.smembers,
        "stream": redis.xrange,
    }
    names = [str(name) for name in redis.scan_iter("packshot:*")]
    return {name for name in names if word in f"{name} {read.get(redis.type(name), str)(name)}"}
