"""A 202 that waits for a replica, and what is said where none has the job yet."""

from typing import Any

import pytest
import redis.exceptions

from jobs.store import confirming


@pytest.fixture
def lone_shop(make_shop: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its Redis should have a replica, and has none, for which it waits only a moment."""
    monkeypatch.setattr(confirming, "WAIT_MS", 10)
    return make_shop(settings.model_copy(update={"wait_replicas": 1}))


def test_a_job_that_no_replica_has_is_no_202_but_told_of(lone_shop: Any, shop: Any, jpeg: bytes) -> None:
    body, key = shop.spec(jpeg), {"Idempotency-Key": "order-7"}
    answer = lone_shop.post("/v1/jobs", json=body, headers=key)
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "0 of 1 replicas" in problem["detail"]
    assert "same Idempotency-Key" in problem["detail"]
    assert shop.get(f"/v1/jobs/{problem['made']}").get_json()["state"] == "queued", "the job is there all the same"
    again = shop.post("/v1/jobs", json=body, headers=key)  # as if the replica were back
    assert (again.status_code, again.get_json()["id"]) == (202, problem["made"])


def test_reading_and_refusals_wait_for_no_replica(lone_shop: Any, problem_of: Any) -> None:
    assert lone_shop.get("/v1/jobs").status_code == 200
    assert problem_of(lone_shop.post("/v1/uploads", data=b"no photo")) == (415, "unsupported-image")


def test_an_erasure_without_a_body_is_unconfirmed_too(lone_shop: Any, shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    answer = lone_shop.call("DELETE", f"/v1/jobs/{job_id}")
    assert (answer.status_code, "made" in answer.get_json()) == (503, False)
    assert shop.get(f"/v1/jobs/{job_id}").status_code == 410


def test_a_redis_lost_while_confirming_is_a_503(shop: Any, jpeg: bytes, monkeypatch: Any, problem_of: Any) -> None:
    def lose() -> None:
        raise redis.exceptions.ConnectionError("gone")

    body = shop.spec(jpeg)
    monkeypatch.setattr(shop.services.store, "confirm", lose)
    assert problem_of(shop.post("/v1/jobs", json=body)) == (503, "unavailable")
