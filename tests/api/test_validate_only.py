"""A dry run: what would come of a job, and nothing of it kept."""

import io
import json
from typing import Any

import pytest


def test_a_dry_run_tells_what_would_be_kept_and_stores_nothing(shop: Any, jpeg: bytes) -> None:
    spec = shop.spec(jpeg, external_id="mug")
    before = keys(shop)
    for answer in (
        shop.post("/v1/jobs?validate_only=true", json=spec),
        shop.post("/v1/jobs", json=spec | {"validate_only": True}),
    ):
        document = answer.get_json()
        assert answer.status_code == 200
        assert document["valid"] is True
        assert document["spec"]["input"] == spec["input"]
        assert "validate_only" not in document["spec"]
        assert [operation["op"] for operation in document["operations"]] == ["restore"]
        assert document["estimate"] == {"seconds": None, "queue_position": 0}
    assert keys(shop) == before
    assert shop.services.hints.waiting() == 0


def test_validate_only_false_queues_the_job(shop: Any, jpeg: bytes) -> None:
    answer = shop.post("/v1/jobs?validate_only=false", json=shop.spec(jpeg, validate_only=False))
    assert answer.status_code == 202
    assert "validate_only" not in shop.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()["spec"]


def test_a_dry_run_knows_the_queue_and_how_long_such_jobs_took(shop: Any, rival: Any, jpeg: bytes) -> None:
    shop.finished(jpeg)
    shop.services.redis.hset("packshot:times", mapping={"*": "4000.0 9 1", "restore|": "2000.0 9 1"})
    shop.services.redis.zadd("packshot:workers", {"w": now_ms(shop)})
    shop.services.redis.hset("packshot:worker:w", mapping={"threads": 2})
    for seed in range(3):
        rival.submit(jpeg, seed=seed)
    estimate = shop.post("/v1/jobs?validate_only=true", json=shop.spec(jpeg)).get_json()["estimate"]
    assert estimate == {"seconds": 2.0, "queue_position": 1}  # one turn of the rival's, while two run at once
    shop.submit(jpeg, seed=1)
    shop.submit(jpeg, seed=2)
    foreseen = shop.post("/v1/jobs?validate_only=true", json=shop.spec(jpeg, seed=3)).get_json()["estimate"]
    polled = shop.get(f"/v1/jobs/{shop.submit(jpeg, seed=3)}").get_json()
    assert foreseen == {"seconds": polled["eta_s"], "queue_position": 5}
    assert foreseen["seconds"] > 2


def test_the_place_that_is_foreseen_is_the_place_that_is_got(shop: Any, rival: Any, jpeg: bytes) -> None:
    for seed in range(3):
        rival.submit(jpeg, seed=seed)
        shop.submit(jpeg, seed=seed)
    spec = shop.spec(jpeg, priority="bulk")
    foreseen = shop.post("/v1/jobs?validate_only=true", json=spec).get_json()["estimate"]["queue_position"]
    job_id = shop.post("/v1/jobs", json=spec).get_json()["id"]
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["queue_position"] == foreseen


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"input": {"upload": "sha256:" + "0" * 64}}, "/input/upload"),
        ({"operations": [{"op": "enlarge"}]}, "/operations/0/op"),
        ({"renditions": ["no-such-shop"]}, "/renditions/0"),
        ({"parent": {"job": "job_" + "0" * 26}}, "/parent"),
        ({"validate_only": 1}, "/validate_only"),
        ({"validate_only": "yes"}, "/validate_only"),
    ],
)
def test_a_dry_run_meets_the_faults_of_a_submission(
    fields: dict[str, Any], pointer: str, shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    spec = shop.spec(jpeg) | fields
    dry = shop.post("/v1/jobs?validate_only=true", json=spec)
    earnest = shop.post("/v1/jobs", json=spec)
    assert problem_of(dry) == problem_of(earnest) == (422, "invalid-parameter")
    assert [mistake["pointer"] for mistake in dry.get_json()["errors"]] == [pointer]
    assert dry.get_json()["errors"] == earnest.get_json()["errors"]


def test_a_dry_run_tells_that_no_more_jobs_are_taken(
    make_shop: Any, settings: Any, jpeg: bytes, problem_of: Any
) -> None:
    small = make_shop(settings.model_copy(update={"max_active_per_tenant": 1}))
    small.submit(jpeg)
    assert problem_of(small.post("/v1/jobs?validate_only=true", json=small.spec(jpeg))) == (429, "rate-limited")


def test_a_dry_run_of_a_form_looks_at_its_photo_and_keeps_none_of_it(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    good = shop.post("/v1/jobs?validate_only=true", data=form(jpeg))
    assert good.status_code == 200
    assert good.get_json()["spec"]["input"]["upload"].startswith("sha256:")
    bad = shop.post("/v1/jobs", data=form(b"GIF89a", validate_only=True))
    assert problem_of(bad) == (415, "unsupported-image")
    assert shop.services.blobs.list("uploads/") == []
    assert keys(shop) == set()


def test_a_dry_run_neither_uses_an_idempotency_key_nor_is_answered_by_one(shop: Any, jpeg: bytes) -> None:
    spec, headers = shop.spec(jpeg), {"Idempotency-Key": "k"}
    assert shop.post("/v1/jobs?validate_only=true", json=spec, headers=headers).status_code == 200
    first = shop.post("/v1/jobs", json=spec, headers=headers)
    assert "Idempotency-Replayed" not in first.headers
    assert shop.post("/v1/jobs?validate_only=true", json=spec, headers=headers).get_json()["valid"] is True


def test_a_dry_run_finds_no_parent_among_anothers_jobs(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    spec = rival.spec(jpeg, parent={"job": job_id})
    assert problem_of(rival.post("/v1/jobs?validate_only=true", json=spec)) == (422, "invalid-parameter")


def form(photo: bytes, **more: Any) -> dict[str, Any]:
    spec = {"operations": [{"op": "upscale"}], **more}
    return {"file": (io.BytesIO(photo), "mug.jpg"), "spec": json.dumps(spec)}


def keys(shop: Any) -> set[str]:
    """What the record holds, but for keys, their use, and counters."""
    names = ("key", "rate", "used", "sequence", "guard", "threads")
    kept_anyway = tuple(f"packshot:{name}" for name in names)
    return {name for name in shop.services.redis.keys("packshot:*") if not name.startswith(kept_anyway)}


def now_ms(shop: Any) -> int:
    seconds, microseconds = shop.services.redis.time()
    return int(seconds * 1000 + microseconds // 1000)
