"""What the operator sees and does, over all tenants; and that nobody else does."""

import json
from typing import Any

import pytest

from jobs.problems import make_problem
from tests.api.test_meta import register_worker

ROUTES = [
    ("GET", "overview"),
    ("GET", "workers"),
    ("GET", "tenants"),
    ("GET", "jobs"),
    ("GET", "failures"),
    ("GET", "dead"),
    ("POST", "dead/requeue"),
    ("POST", "dead/job_" + "0" * 26 + "/requeue"),
    ("DELETE", "dead/job_" + "0" * 26),
]


@pytest.fixture
def operator(make_shop: Any, shop: Any, settings: Any) -> Any:
    """Somebody who may look over all tenants of the shop's app, and has no jobs."""
    return make_shop(settings, "house", shop.app, scopes=["operator"])


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_who_is_no_operator_sees_and_does_nothing(
    method: str, path: str, make_shop: Any, shop: Any, settings: Any, jpeg: bytes, problem_of: Any
) -> None:
    job_id = give_up(shop, jpeg)
    merchant = make_shop(settings, shop.tenant, shop.app, scopes=["jobs:read", "jobs:write", "uploads:write"])
    answer = merchant.call(method, f"/v1/operator/{path.replace('job_' + '0' * 26, job_id)}")
    assert problem_of(answer) == (403, "forbidden")
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "failed"
    assert shop.services.redis.llen("packshot:dead") == 1


def test_the_overview_counts_what_waits_and_runs(shop: Any, rival: Any, operator: Any, jpeg: bytes) -> None:
    shop.submit(jpeg)
    rival.submit(jpeg)
    rival.submit(jpeg, seed=1, priority="bulk")
    shop.services.store.claim("worker")
    found = operator.get("/v1/operator/overview").get_json()
    assert found["pending"] == {"interactive": 1, "bulk": 1}
    assert (found["running"], found["delayed"], found["dead"], found["workers"]) == (1, 0, 0, 0)
    queues = {(queue["priority"], queue["route"], queue["jobs"], queue["megapixels"]) for queue in found["queues"]}
    assert queues == {("interactive", "any", 1, 0.003), ("bulk", "any", 1, 0.003)}
    assert found["hints_waiting"] == 3
    assert found["oldest_pending_s"] >= 0
    assert found["latency"] == {
        "jobs": 0,
        "since": None,
        **{name: {"p50": None, "p95": None} for name in ("wait_s", "run_s", "total_s")},
    }
    assert found["redis"]["version"][0].isdigit()
    assert found["redis"]["lost_at"] is None


def test_a_redis_that_lost_jobs_is_told_to_the_operator_and_by_readyz(shop: Any, operator: Any, jpeg: bytes) -> None:
    shop.submit(jpeg)
    store = shop.services.store
    store.reap()
    store.redis.delete("packshot:sequence", "packshot:epoch")
    store.reap()
    register_worker(shop)
    lost_at = operator.get("/v1/operator/overview").get_json()["redis"]["lost_at"]
    assert lost_at
    assert shop.app.test_client().get("/readyz").get_json()["lost_at"] == lost_at


def test_the_overview_of_an_idle_service_is_empty(operator: Any) -> None:
    found = operator.get("/v1/operator/overview").get_json()
    assert found["oldest_pending_s"] is None
    assert found["throughput"] == {"jobs_per_minute": 0.0, "megapixels_per_s": 0.0}
    assert [queue for queue in found["queues"] if queue["jobs"]] == []
    assert found["problems"] == []


def test_the_overview_tells_how_long_jobs_took_and_what_they_failed_of(shop: Any, operator: Any, jpeg: bytes) -> None:
    shop.finished(jpeg)
    first, second = fail(shop, jpeg, seed=1), fail(shop, jpeg, seed=2)
    found = operator.get("/v1/operator/overview").get_json()
    assert found["latency"]["jobs"] == 3
    assert 0 <= found["latency"]["run_s"]["p50"] <= found["latency"]["total_s"]["p95"]
    assert found["throughput"]["jobs_per_minute"] == 0.6
    [problem] = found["problems"]
    assert (problem["type"], problem["count"]) == ("/problems/image-corrupt", 2)
    assert problem["last_job"] in {first, second}
    assert problem["recent"] == 2
    long_ago = {f"{job_id} image-corrupt": 1000 for job_id in (first, second)}
    shop.services.redis.zadd("packshot:failures", long_ago)
    (problem,) = operator.get("/v1/operator/overview").get_json()["problems"]
    assert (problem["count"], problem["recent"]) == (2, 0)


def test_a_worker_is_listed_with_what_it_announced(shop: Any, operator: Any) -> None:
    assert operator.get("/v1/operator/workers").get_json() == {"items": []}
    engine = {
        "batches": 3,
        "mean_batch": 1.5,
        "fill": 0.9,
        "wait_ms": {"p50": 0.5, "p95": 3.0},
        "device_busy": 0.25,
    }
    told = {"host": "den", "pid": 7, "device": "CPU", "backend": "onnxruntime", "threads": 4, "started": 1000}
    facts = {"models": "{}", "jobs": json.dumps(["job_" + "0" * 26]), "engine": json.dumps(engine), **told}
    announce(shop, "new", facts)
    announce(shop, "old", {"backend": "fake", "models": "{}", "beat": 1000})  # of an earlier version
    old, new = reversed(operator.get("/v1/operator/workers").get_json()["items"])
    assert (new["device"], new["running"], new["jobs"]) == ("CPU", 1, ["job_" + "0" * 26])
    assert (new["started_at"], new["engine"]) == ("1970-01-01T00:00:01.000Z", engine)
    assert (old["device"], old["running"], old["engine"], old["blobs_fault"]) == ("", 0, None, None)
    announce(shop, "new", facts | {"blobs_fault": "no space left"})
    assert operator.get("/v1/operator/workers").get_json()["items"][0]["blobs_fault"] == "no space left"


def test_the_busiest_tenants_come_first_with_what_of_theirs_waits(
    shop: Any, rival: Any, operator: Any, jpeg: bytes
) -> None:
    assert operator.get("/v1/operator/tenants").get_json() == {"items": [], "tenants": 0}
    rival.submit(jpeg)
    shop.services.store.claim("worker")
    for seed in (1, 2):
        shop.submit(jpeg, seed=seed, priority="bulk" if seed == 1 else "interactive")
    found = operator.get("/v1/operator/tenants").get_json()
    loads = [(load["tenant"], load["active"], load["pending"]) for load in found["items"]]
    assert (loads, found["tenants"]) == ([("shop", 2, 2), ("rival", 1, 0)], 2)
    assert len(operator.get("/v1/operator/tenants?limit=1").get_json()["items"]) == 1


def test_a_workers_pixels_a_second_are_in_the_overview(shop: Any, operator: Any) -> None:
    for owner, told in (("new", {"megapixels_per_s": 1.5, "flush_reasons": {"full": 2}}), ("old", {})):
        engine = {"batches": 1, "mean_batch": 1, "fill": 1, "wait_ms": {"p50": 1, "p95": 1}, "device_busy": 0, **told}
        announce(shop, owner, {"backend": "fake", "models": "{}", "engine": json.dumps(engine)})
    assert operator.get("/v1/operator/overview").get_json()["throughput"]["megapixels_per_s"] == 1.5


def test_the_operator_lists_all_tenants_jobs(shop: Any, rival: Any, operator: Any, jpeg: bytes) -> None:
    first, second = shop.finished(jpeg), rival.submit(jpeg)
    items = operator.get("/v1/operator/jobs").get_json()["items"]
    assert [(item["id"], item["tenant"]) for item in items] == [(second, "rival"), (first, "shop")]
    [own] = operator.get("/v1/operator/jobs?tenant=rival").get_json()["items"]
    assert own["id"] == second
    [done] = operator.get("/v1/operator/jobs?state=succeeded").get_json()["items"]
    assert operator.app.test_client().get(done["outputs"][0]["url"]).data == jpeg


def test_jobs_come_in_pages(shop: Any, operator: Any, jpeg: bytes) -> None:
    ids = [shop.submit(jpeg, seed=seed) for seed in range(3)]
    first = operator.get("/v1/operator/jobs?limit=2").get_json()
    rest = operator.get(f"/v1/operator/jobs?limit=2&cursor={first['cursor']}").get_json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["cursor"] is None


def test_failures_come_newest_first_in_pages(shop: Any, rival: Any, operator: Any, jpeg: bytes) -> None:
    ids = [fail(shop, jpeg, seed=1), fail(rival, jpeg, seed=2), give_up(shop, jpeg, seed=3)]
    first = operator.get("/v1/operator/failures?limit=2").get_json()
    rest = operator.get(f"/v1/operator/failures?limit=2&cursor={first['cursor']}").get_json()
    found = first["items"] + rest["items"]
    assert {item["id"] for item in found} == set(ids)
    assert [item["finished_at"] for item in found] == sorted((item["finished_at"] for item in found), reverse=True)
    assert {item["id"]: item["dead"] for item in found} == {ids[0]: False, ids[1]: False, ids[2]: True}
    assert {item["id"]: item["tenant"] for item in found}[ids[1]] == "rival"
    assert rest["cursor"] is None


def test_an_erased_job_is_no_failure_any_more(shop: Any, operator: Any, jpeg: bytes) -> None:
    job_id = fail(shop, jpeg)
    shop.call("DELETE", f"/v1/jobs/{job_id}")
    assert operator.get("/v1/operator/failures").get_json() == {"items": [], "cursor": None}
    assert operator.get("/v1/operator/overview").get_json()["problems"] == []


def test_dead_jobs_come_newest_first_in_pages(shop: Any, operator: Any, jpeg: bytes) -> None:
    ids = [give_up(shop, jpeg, seed=seed) for seed in range(3)]
    first = operator.get("/v1/operator/dead?limit=2").get_json()
    rest = operator.get(f"/v1/operator/dead?limit=2&cursor={first['cursor']}").get_json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert first["items"][0]["problem"]["type"] == "/problems/gave-up"
    assert rest["cursor"] is None


@pytest.mark.parametrize("path", ["jobs", "failures", "dead"])
def test_a_cursor_that_no_page_gave_is_refused(path: str, operator: Any, problem_of: Any) -> None:
    for cursor in ("x", "-1", "1.job_", "²"):
        answer = operator.get(f"/v1/operator/{path}?cursor={cursor}")
        assert problem_of(answer) == (422, "invalid-parameter"), cursor


def test_a_dead_job_runs_again_with_all_its_attempts(shop: Any, operator: Any, jpeg: bytes) -> None:
    job_id = give_up(shop, jpeg)
    waiting = shop.services.hints.waiting()
    assert operator.post(f"/v1/operator/dead/{job_id}/requeue").get_json() == {"requeued": 1, "left": 0}
    document = shop.get(f"/v1/jobs/{job_id}").get_json()
    assert (document["state"], document["attempt"], document["problem"]) == ("queued", 0, None)
    assert document["finished_at"] is document["expires_at"] is None
    assert shop.services.hints.waiting() == waiting + 1
    shop.finish(job_id, jpeg)
    assert shop.get(shop.output_link(job_id)).data == jpeg


def test_a_job_that_is_not_dead_is_not_queued_again(shop: Any, operator: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = fail(shop, jpeg)
    assert problem_of(operator.post(f"/v1/operator/dead/{job_id}/requeue")) == (404, "not-found")
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "failed"


def test_a_dead_job_whose_photo_is_gone_stays_dead(shop: Any, operator: Any, jpeg: bytes, problem_of: Any) -> None:
    lost, kept = give_up(shop, jpeg), give_up(shop, jpeg + b"!", seed=2)
    shop.call("DELETE", f"/v1/uploads/{shop.upload(jpeg)}")
    answer = operator.post(f"/v1/operator/dead/{lost}/requeue")
    assert problem_of(answer) == (409, "upload-gone")
    assert shop.get(f"/v1/jobs/{lost}").get_json()["state"] == "failed"
    assert operator.post("/v1/operator/dead/requeue").get_json() == {"requeued": 1, "left": 1}
    assert shop.get(f"/v1/jobs/{kept}").get_json()["state"] == "queued"


def test_a_job_struck_off_the_list_stays_failed(shop: Any, operator: Any, jpeg: bytes) -> None:
    job_id = give_up(shop, jpeg)
    for _ in range(2):
        assert operator.call("DELETE", f"/v1/operator/dead/{job_id}").status_code == 204
    assert operator.get("/v1/operator/dead").get_json()["items"] == []
    [failure] = operator.get("/v1/operator/failures").get_json()["items"]
    assert (failure["id"], failure["dead"]) == (job_id, False)
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "failed"


def announce(shop: Any, owner: str, facts: dict[str, Any]) -> None:
    seconds, _ = shop.services.redis.time()
    shop.services.redis.zadd("packshot:workers", {owner: seconds * 1000})
    shop.services.redis.hset(f"packshot:worker:{owner}", mapping=facts)


def fail(shop: Any, photo: bytes, **more: Any) -> str:
    """A job that a worker ends at once."""
    job_id: str = shop.submit(photo, **more)
    claim = shop.services.store.claim("worker")
    assert claim.job_id == job_id
    assert shop.services.store.fail(job_id, claim.token, make_problem("image-corrupt", "the scan is cut short"))
    return job_id


def give_up(shop: Any, photo: bytes, **more: Any) -> str:
    """A job whose every attempt fails."""
    job_id: str = shop.submit(photo, **more)
    for _ in range(shop.services.store.settings.max_attempts):
        claim = shop.services.store.claim("worker")
        assert claim.job_id == job_id
        assert shop.services.store.retry(job_id, claim.token, make_problem("processing-failed", "boom"), 0)
    return job_id
