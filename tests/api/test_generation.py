"""A wish is a job without a photo; what is wrong with one is pointed at before anything is queued."""

import hashlib
import io
from typing import Any

import pytest

from jobs.records import OutputRecord
from tests.api.manifests import whole_manifest

MISSING = "sha256:" + "0" * 64


def wish(**fields: Any) -> dict[str, Any]:
    return {"operations": [{"op": "generate", **fields}]}


def test_a_wish_is_taken_without_a_photo(shop: Any) -> None:
    answer = shop.post("/v1/jobs", json=wish(text="navy striped dress 👗", count=8))
    assert answer.status_code == 202, answer.text
    document = shop.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()
    assert "input" not in document["spec"]
    assert document["spec"]["operations"][0]["count"] == 8
    assert [job["id"] for job in shop.get("/v1/jobs").get_json()["items"]] == [document["id"]]


def test_a_wish_is_found_again_by_its_idempotency_key(shop: Any, problem_of: Any) -> None:
    header = {"Idempotency-Key": "wish"}
    first, again = (shop.post("/v1/jobs", json=wish(count=2), headers=header).get_json()["id"] for _ in range(2))
    assert first == again
    other = shop.post("/v1/jobs", json=wish(count=3), headers=header)
    assert problem_of(other) == (422, "idempotency-mismatch")


def test_a_form_s_photo_is_no_part_of_a_wish(shop: Any, jpeg: bytes) -> None:
    data = {"file": (io.BytesIO(jpeg), "mug.jpg", "image/jpeg"), "spec": '{"operations": [{"op": "generate"}]}'}
    answer = shop.post("/v1/jobs", data=data)
    assert answer.status_code == 422
    assert [mistake["pointer"] for mistake in answer.get_json()["errors"]] == ["/input"]
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201, "the photo was stored"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"text": "x" * 501}, "/text"),
        ({"text": "nul \x00 and \x1b escape"}, "/text"),
        ({"count": 0}, "/count"),
        ({"count": 65}, "/count"),
        ({"like": [MISSING] * 9}, "/like"),
        ({"like": [MISSING]}, "/like/0"),
        ({"pattern": "paisley"}, "/pattern"),
        ({"colors": ["navy", "#12"]}, "/colors/1"),
    ],
)
def test_a_wrong_wish_is_pointed_at(shop: Any, problem_of: Any, fields: dict[str, Any], pointer: str) -> None:
    answer = shop.post("/v1/jobs", json=wish(**fields))
    assert problem_of(answer) == (422, "invalid-parameter")
    assert [mistake["pointer"] for mistake in answer.get_json()["errors"]] == [f"/operations/0{pointer}"]
    assert shop.services.store.pending() == 0


def test_a_strength_that_is_no_number_is_malformed_json(shop: Any, problem_of: Any) -> None:
    body = b'{"operations": [{"op": "generate", "like_strength": NaN}]}'
    assert problem_of(shop.post("/v1/jobs", data=body, content_type="application/json")) == (400, "malformed-json")


def test_variations_need_a_photo_and_come_once(shop: Any, jpeg: bytes) -> None:
    twice = [{"op": "variations"}, {"op": "relight"}, {"op": "variations"}]
    nothing = shop.post("/v1/jobs", json={"operations": [{"op": "variations"}]}).get_json()
    assert [mistake["pointer"] for mistake in nothing["errors"]] == ["/input"]
    doubled = shop.post("/v1/jobs", json=shop.spec(jpeg, operations=twice)).get_json()
    assert [mistake["pointer"] for mistake in doubled["errors"]] == ["/operations/2"]


def test_generate_stands_first_and_alone(shop: Any, jpeg: bytes) -> None:
    late = shop.post("/v1/jobs", json=shop.spec(jpeg, operations=[{"op": "relight"}, {"op": "generate"}])).get_json()
    assert [mistake["pointer"] for mistake in late["errors"]] == ["/operations/1"]
    both = shop.post("/v1/jobs", json=shop.spec(jpeg, **wish())).get_json()
    assert [mistake["pointer"] for mistake in both["errors"]] == ["/input"]


def test_another_tenant_s_picture_cannot_be_liked(shop: Any, rival: Any, jpeg: bytes) -> None:
    like = rival.upload(jpeg)
    assert rival.post("/v1/jobs", json=wish(like=[like])).status_code == 202
    answer = shop.post("/v1/jobs", json=wish(like=[like]))
    assert answer.status_code == 422
    detail = f"there is no upload {like}; upload the picture first"
    assert answer.get_json()["errors"] == [{"pointer": "/operations/0/like/0", "detail": detail}]


def test_erasing_the_job_erases_what_was_liked(shop: Any, jpeg: bytes) -> None:
    like = shop.upload(jpeg)
    job_id = shop.post("/v1/jobs", json=wish(like=[like])).get_json()["id"]
    assert shop.call("DELETE", f"/v1/jobs/{job_id}").status_code == 204
    assert shop.services.store.get_upload(shop.tenant, like.removeprefix("sha256:")) is None


def test_each_of_several_outputs_has_its_link(shop: Any, encode: Any) -> None:
    job_id = shop.post("/v1/jobs", json={**wish(count=3), "external_id": "dress"}).get_json()["id"]
    claim = shop.services.store.claim("test-worker")
    records = []
    for index in range(3):
        picture = encode("PNG", (8 + index, 8))
        path = f"results/{shop.tenant}/{job_id}/{claim.token}/{index}.png"
        shop.services.blobs.put(path, picture)
        records.append(
            OutputRecord(index, path, "png", 8 + index, 8, len(picture), hashlib.sha256(picture).hexdigest())
        )
    assert shop.services.store.finish(job_id, claim.token, outputs=records, manifest=whole_manifest())
    outputs = shop.get(f"/v1/jobs/{job_id}").get_json()["outputs"]
    assert [(output["index"], output["width"]) for output in outputs] == [(0, 8), (1, 9), (2, 10)]
    for output, record in zip(outputs, records, strict=True):
        answer = shop.app.test_client().get(output["url"].removeprefix("http://localhost"))
        assert (answer.status_code, len(answer.data)) == (200, record.bytes)
        assert f'filename="dress-{record.index}.png"' in answer.headers["Content-Disposition"]
    assert shop.get(f"/v1/jobs/{job_id}/outputs/3").status_code == 404


def test_what_can_be_asked_is_described(shop: Any) -> None:
    schemas = shop.get("/v1/operations").get_json()
    assert schemas["generate"]["properties"]["count"]["maximum"] == 64
    assert schemas["variations"]["properties"]["strength"]["default"] == 0.3
