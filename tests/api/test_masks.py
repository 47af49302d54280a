"""A job's mask is an upload of the same tenant, as its photo is."""

from typing import Any


def inpaint(mask: str) -> list[dict[str, Any]]:
    return [{"op": "restore"}, {"op": "inpaint", "mask": mask}]


def test_a_job_with_a_mask_that_was_uploaded_is_taken(shop: Any, jpeg: bytes, encode: Any) -> None:
    mask = shop.upload(encode("PNG"))
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg, operations=inpaint(mask)))
    assert answer.status_code == 202, answer.text
    spec = shop.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()["spec"]
    assert spec["operations"][1]["mask"] == mask


def test_a_mask_that_is_not_there_is_pointed_at(shop: Any, jpeg: bytes) -> None:
    missing = "sha256:" + "0" * 64
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg, operations=inpaint(missing)))
    assert answer.status_code == 422
    document = answer.get_json()
    assert document["errors"] == [
        {"pointer": "/operations/1/mask", "detail": f"there is no upload {missing}; upload the mask first"}
    ]


def test_erasing_the_job_erases_the_mask(shop: Any, jpeg: bytes, encode: Any) -> None:
    mask = shop.upload(encode("PNG"))
    job_id = shop.post("/v1/jobs", json=shop.spec(jpeg, operations=inpaint(mask))).get_json()["id"]
    assert shop.call("DELETE", f"/v1/jobs/{job_id}").status_code == 204
    assert shop.services.store.get_upload(shop.tenant, mask.removeprefix("sha256:")) is None
