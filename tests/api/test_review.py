"""Pictures that a person should look at, as the API tells them."""

from typing import Any

from jobs.records import OutputRecord
from tests.api.manifests import whole_manifest

REASON = {"output": 1, "measure": "missing", "measured": 0.034, "allowed": 0.03, "sentence": "3.4% are missing"}
REVIEW = {"needs_review": True, "reasons": [REASON]}


def finish(shop: Any, photo: bytes, marked: list[bool]) -> str:
    """A job with an output for each of `marked`."""
    job_id: str = shop.submit(photo)
    claim = shop.services.store.claim("test-worker")
    records = [
        OutputRecord(index, f"results/{index}.jpg", "jpeg", 64, 48, len(photo), "ab" * 32, needs_review=needs)
        for index, needs in enumerate(marked)
    ]
    manifest = whole_manifest(**({"review": REVIEW} if any(marked) else {}))
    assert shop.services.store.finish(job_id, claim.token, outputs=records, manifest=manifest)
    return job_id


def test_a_job_and_its_outputs_say_whether_they_need_a_look_and_the_job_why(shop: Any, jpeg: bytes) -> None:
    document = shop.get(f"/v1/jobs/{finish(shop, jpeg, [False, True])}").get_json()
    assert document["needs_review"] is True
    assert [output["needs_review"] for output in document["outputs"]] == [False, True]
    assert document["review"] == REVIEW


def test_listings_say_it_too_without_the_reasons(shop: Any, jpeg: bytes) -> None:
    fine, doubtful = finish(shop, jpeg, [False]), finish(shop, jpeg, [True])
    items = {item["id"]: item for item in shop.get("/v1/jobs").get_json()["items"]}
    assert (items[fine]["needs_review"], items[doubtful]["needs_review"]) == (False, True)
    assert "review" not in items[doubtful]


def test_a_job_under_way_needs_no_look_yet(shop: Any, jpeg: bytes) -> None:
    document = shop.get(f"/v1/jobs/{shop.submit(jpeg)}").get_json()
    assert (document["needs_review"], document["review"]) == (False, None)


def test_a_limit_that_is_none_is_refused_where_it_stands(shop: Any, jpeg: bytes) -> None:
    asked = shop.spec(jpeg, review={"missing": 3, "sharp": 1})
    answer = shop.post("/v1/jobs", json=asked)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.get_json()["errors"]} == {"/review/missing", "/review/sharp"}
