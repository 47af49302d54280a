"""What the service tells about itself, and what every answer carries."""

import json
from typing import Any

import pytest

from api.problems import STATUSES
from jobs.problems import PROBLEM_TYPES
from jobs.spec import OPERATION_MODELS


def register_worker(shop: Any, owner: str = "host-1", age_ms: int = 0) -> None:
    models = {"upscale-x2": {"version": "1", "digest": "ab"}}
    fields = {"backend": "onnxruntime", "models": json.dumps(models)}
    redis = shop.services.redis
    redis.hset(f"packshot:worker:{owner}", mapping=fields)
    redis.zadd("packshot:workers", {owner: redis.time()[0] * 1000 - age_ms})


def test_every_problem_has_a_status() -> None:
    assert STATUSES.keys() == PROBLEM_TYPES.keys()


def test_operations_come_with_their_schemas(shop: Any) -> None:
    schemas = shop.get("/v1/operations").get_json()
    assert set(schemas) == set(OPERATION_MODELS)
    assert schemas["perspective"]["$defs"]["Corner"]["properties"]["x"]["minimum"] == 0
    assert {way.get("maximum") for way in schemas["rotate"]["properties"]["angle"]["anyOf"]} == {None, 360}


def test_models_are_those_of_the_living_workers(shop: Any) -> None:
    register_worker(shop)
    assert shop.get("/v1/models").get_json() == {
        "models": {"upscale-x2": {"version": "1", "digest": "ab"}},
        "backends": ["onnxruntime"],
        "workers": 1,
    }


def test_health_needs_neither_key_nor_redis(make_shop: Any, shop: Any, settings: Any) -> None:
    assert shop.app.test_client().get("/healthz").get_json() == {"status": "ok"}


def test_readiness_needs_a_worker(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    shop.submit(jpeg)
    answer = shop.app.test_client().get("/readyz")
    assert problem_of(answer) == (503, "unavailable")
    assert (answer.get_json()["workers"], answer.get_json()["pending"]) == (0, 1)
    register_worker(shop)
    register_worker(shop, "host-2")
    assert shop.app.test_client().get("/readyz").get_json() == {
        "status": "ready",
        "redis": "ok",
        "blobs": "ok",
        "workers": 2,
        "backends": ["onnxruntime"],
        "pending": 1,
        "lost_at": None,
    }


def test_where_no_workers_blob_store_answers_polls_go_on_and_readiness_says_so(shop: Any, jpeg: bytes) -> None:
    """Jobs are taken and wait. Where it answers some workers, those take the others' jobs."""
    job_id = shop.submit(jpeg)
    for owner in ("host-1", "host-2"):
        register_worker(shop, owner)
        shop.services.redis.hset(f"packshot:worker:{owner}", "blobs_fault", "s3://secret-bucket: refused")
    answer = shop.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["blobs"]) == (200, "degraded", "away")
    assert "secret-bucket" not in answer.text
    assert shop.services.store.gauges().without_blobs == 2
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "queued"
    shop.services.redis.hset("packshot:worker:host-2", "blobs_fault", "")
    told = shop.get("/readyz").get_json()
    assert (told["status"], told["blobs"]) == ("ready", "partial")
    assert shop.services.store.gauges().without_blobs == 1


def test_a_worker_that_went_silent_does_not_count(shop: Any) -> None:
    register_worker(shop, "silent", age_ms=40_000)
    register_worker(shop, "without-facts")
    shop.services.redis.delete("packshot:worker:without-facts")
    assert shop.app.test_client().get("/readyz").status_code == 503
    register_worker(shop)
    assert shop.get("/v1/models").get_json()["workers"] == 1


def test_looking_for_workers_does_not_walk_all_keys(shop: Any) -> None:
    register_worker(shop)
    redis = shop.services.redis
    redis.config_resetstat()
    assert shop.app.test_client().get("/readyz").status_code == 200
    assert not {"cmdstat_scan", "cmdstat_keys"} & redis.info("commandstats").keys()


def test_a_problems_type_can_be_looked_up(shop: Any, problem_of: Any) -> None:
    kind = shop.get("/v1/jobs/42").get_json()["type"]
    assert shop.app.test_client().get(kind).get_json()["title"] == "There is no such thing"
    assert problem_of(shop.get("/problems/none-such")) == (404, "not-found")


def test_a_request_keeps_its_id(shop: Any) -> None:
    assert shop.get("/healthz", headers={"X-Request-Id": "order-17"}).headers["X-Request-Id"] == "order-17"


@pytest.mark.parametrize("told", ["", "a b", "x" * 129, "a;b"])
def test_an_unusable_request_id_is_replaced(told: str, shop: Any) -> None:
    given = shop.get("/healthz", headers={"X-Request-Id": told}).headers["X-Request-Id"]
    assert given != told
    assert given


def test_a_fault_of_ours_shows_nothing_of_itself(shop: Any, monkeypatch: Any, problem_of: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(shop.services.store, "get", fail)
    answer = shop.get("/v1/jobs/job_" + "0" * 26)
    assert problem_of(answer) == (500, "internal")
    assert b"hunter2" not in answer.data


def test_a_refused_method_says_which_are_allowed(shop: Any) -> None:
    assert shop.get("/v1/uploads").headers["Allow"] == "POST"


def test_a_request_for_another_protocol_is_answered_in_http(shop: Any) -> None:
    """Werkzeug looked for a route of WebSockets, and the method was told to be wrong."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert shop.get("/v1/jobs", headers=upgrade).status_code == 200
