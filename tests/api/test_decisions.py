"""What people say of a job's outputs: approved, rejected, taken back."""

from typing import Any

import pytest


def test_a_verdict_stands_with_the_output_and_changes_the_version(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    before = shop.get(f"/v1/jobs/{job_id}")
    assert before.get_json()["outputs"][0]["decision"] is None
    answer = decide(shop, job_id, verdict="approved", note="like the sample ✓")
    assert answer.status_code == 200
    decision = answer.get_json()["decision"]
    assert decision.pop("at").endswith("Z")
    assert decision == {"verdict": "approved", "note": "like the sample ✓"}
    after = shop.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.get_json()["outputs"][0]["decision"] == answer.get_json()["decision"]
    [listed] = shop.get("/v1/jobs").get_json()["items"]
    assert listed["outputs"][0]["decision"] == answer.get_json()["decision"]


def test_the_same_verdict_again_changes_nothing(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    first = decide(shop, job_id, verdict="rejected").get_json()
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    assert decide(shop, job_id, verdict="rejected").get_json()["decision"] == first["decision"]
    assert shop.get(f"/v1/jobs/{job_id}").headers["ETag"] == etag


def test_a_verdict_may_be_changed_and_taken_back(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    decide(shop, job_id, verdict="approved")
    assert decide(shop, job_id, verdict="rejected").get_json()["decision"]["verdict"] == "rejected"
    assert decide(shop, job_id, verdict=None).get_json()["decision"] is None
    assert shop.services.redis.hexists(f"packshot:job:{job_id}", "decisions") is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/verdict"),
        ({"verdict": "fine"}, "/verdict"),
        ({"verdict": True}, "/verdict"),
        ({"verdict": "approved", "note": "x" * 501}, "/note"),
        ({"verdict": "approved", "note": "\u0007"}, "/note"),
        ({"verdict": "approved", "note": "\ud800"}, "/note"),
        ({"verdict": "approved", "by": "me"}, "/by"),
    ],
)
def test_what_is_no_decision_is_refused_with_its_place(
    body: dict[str, Any], pointer: str, shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    job_id = shop.finished(jpeg)
    answer = decide(shop, job_id, **body)
    assert problem_of(answer) == (422, "invalid-parameter")
    assert [mistake["pointer"] for mistake in answer.get_json()["errors"]] == [pointer]
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["outputs"][0]["decision"] is None


def test_only_an_output_that_is_there_can_be_decided_about(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    waiting = shop.submit(jpeg)
    assert problem_of(decide(shop, waiting, verdict="approved")) == (409, "not-ready")
    shop.finish(waiting, jpeg)
    assert problem_of(decide(shop, waiting, output="1", verdict="approved")) == (404, "not-found")
    assert problem_of(decide(shop, waiting, output="00", verdict="approved")) == (404, "not-found")


def test_a_tenant_does_not_decide_about_anothers_output(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    assert problem_of(decide(rival, job_id, verdict="approved")) == (404, "not-found")
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["outputs"][0]["decision"] is None


def test_deciding_needs_the_right_to_write(make_shop: Any, shop: Any, settings: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    reader = make_shop(settings, shop.tenant, shop.app, scopes=["jobs:read"])
    assert decide(reader, job_id, verdict="approved").status_code == 403


def test_a_decision_is_erased_with_its_job(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    decide(shop, job_id, verdict="rejected", note="private words")
    shop.call("DELETE", f"/v1/jobs/{job_id}")
    redis = shop.services.redis
    hashes = [name for name in redis.keys("packshot:*") if redis.type(name) == "hash"]
    assert not [name for name in hashes if "private words" in str(redis.hgetall(name))]


def decide(shop: Any, job_id: str, output: str = "0", **body: Any) -> Any:
    return shop.post(f"/v1/jobs/{job_id}/outputs/{output}/decision", json=body)
