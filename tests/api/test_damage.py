"""Photos and pictures that the blob store damaged: given to nobody, told once, and made anew when asked for."""

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
import structlog

from api.zip_streams import MISSING
from jobs.checked_blobs import HELD_BYTES
from jobs.errors import BlobDamaged


def flip(shop: Any, kind: str) -> None:
    """One bit of the only blob of a kind, at its old size."""
    [path] = shop.services.blobs.list(f"{kind}/")
    damaged = bytearray(shop.services.blobs.get(path))
    damaged[len(damaged) // 2] ^= 1
    shop.services.blobs.put(path, bytes(damaged))


def counted(shop: Any, kind: str) -> float | None:
    told: float | None = shop.services.metrics.registry.get_sample_value("packshot_damaged_blobs_total", {"kind": kind})
    return told


def test_answers_tell_the_digest_of_their_bytes(shop: Any, jpeg: bytes) -> None:
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(jpeg).digest()).decode()}:"
    path = f"/v1/jobs/{shop.finished(jpeg)}/outputs/0"
    upload = f"/v1/uploads/sha256:{hashlib.sha256(jpeg).hexdigest()}/content"
    answers = [shop.get(path), shop.call("HEAD", path), shop.get(upload), shop.call("HEAD", upload)]
    assert [answer.headers["Repr-Digest"] for answer in answers] == [digest] * 4


def test_a_damaged_picture_is_gone_and_told_once(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    link = shop.output_link(job_id)
    flip(shop, "results")
    assert counted(shop, "result") == 0
    with structlog.testing.capture_logs() as lines:
        for answer in (shop.get(f"/v1/jobs/{job_id}/outputs/0"), shop.app.test_client().get(link)):
            assert problem_of(answer) == (410, "expired")
            assert "damaged" in answer.get_json()["detail"]
            assert answer.headers["Cache-Control"] == "no-store"
    told = [line for line in lines if line["event"] == "damaged"]
    assert [(line["log_level"], line["what"], line["tenant"], line["id"]) for line in told] == [
        ("error", "result", shop.tenant, job_id)
    ]
    assert counted(shop, "result") == 1
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "succeeded"


def test_a_large_damaged_picture_breaks_off_before_its_last_bytes(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    shop.finish(job_id, jpeg + bytes(2 * HELD_BYTES))
    path = f"/v1/jobs/{job_id}/outputs/0"
    assert len(shop.get(path).data) == len(jpeg) + 2 * HELD_BYTES
    flip(shop, "results")
    with pytest.raises(BlobDamaged):
        shop.get(path).get_data()
    assert problem_of(shop.get(path)) == (410, "expired")
    assert counted(shop, "result") == 1


def test_asking_again_makes_it_anew(shop: Any, jpeg: bytes) -> None:
    spec, key = shop.spec(jpeg), {"Idempotency-Key": "order-1"}
    job_id = shop.post("/v1/jobs", json=spec, headers=key).get_json()["id"]
    shop.finish(job_id, jpeg)
    assert shop.post("/v1/jobs", json=spec, headers=key).get_json()["id"] == job_id
    flip(shop, "results")
    assert shop.get(f"/v1/jobs/{job_id}/outputs/0").status_code == 410
    again = shop.post("/v1/jobs", json=spec, headers=key).get_json()["id"]
    assert again != job_id
    shop.finish(again, jpeg)
    assert shop.get(f"/v1/jobs/{again}/outputs/0").data == jpeg
    row = {"sku": "a", "upload": spec["input"]["upload"], "operations": "restore"}
    batch_id = shop.post("/v1/batches", json={"items": [row]}).get_json()["id"]
    [item] = shop.get(f"/v1/batches/{batch_id}/items").get_json()["items"]
    assert (item["job"], item["state"]) == (again, "succeeded")


def test_an_archive_leaves_a_damaged_picture_out_and_says_so(shop: Any, jpeg: bytes) -> None:
    good, bad = shop.finished(jpeg, external_id="good"), shop.submit(jpeg, external_id="bad", seed=2)
    shop.finish(bad, jpeg + bytes(2 * HELD_BYTES))
    [path] = [path for path in shop.services.blobs.list("results/") if bad in path]
    shop.services.blobs.put(path, bytes(len(jpeg) + 2 * HELD_BYTES))
    answer = shop.get(f"/v1/jobs/archive?id={good}&id={bad}")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["good.jpg", MISSING]
        assert archive.read(MISSING).decode().splitlines()[-1] == "bad.jpg"
    assert counted(shop, "result") == 1


def test_a_damaged_photo_counts_as_gone_until_it_is_sent_again(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    upload = shop.upload(jpeg)
    flip(shop, "uploads")
    answer = shop.get(f"/v1/uploads/{upload}/content")
    assert problem_of(answer) == (404, "not-found")
    assert "upload it again" in answer.get_json()["detail"]
    assert problem_of(shop.get(f"/v1/uploads/{upload}")) == (404, "not-found")
    assert counted(shop, "upload") == 1
    shop.upload(jpeg)
    assert shop.get(f"/v1/uploads/{upload}/content").data == jpeg


def test_another_tenant_learns_nothing_of_it(shop: Any, rival: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    flip(shop, "results")
    assert not shop.services.store.doubt_result("rival", job_id, "results/rival/x")
    assert rival.get(f"/v1/jobs/{job_id}/outputs/0").status_code == 404
    assert counted(shop, "result") == 0


def test_a_condition_that_fails_brings_no_picture(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    etag = f'"{hashlib.sha256(jpeg).hexdigest()}"'
    for path in (f"/v1/jobs/{shop.finished(jpeg)}/outputs/0", f"/v1/uploads/{shop.upload(jpeg)}/content"):
        answer = shop.get(path, headers={"If-Match": '"another"'})
        assert problem_of(answer) == (412, "precondition-failed")
        detail = json.loads(answer.data)["detail"]
        assert '"another"' in detail
        assert etag in detail
        assert shop.get(path, headers={"If-Match": etag}).data == jpeg
        assert shop.get(path, headers={"If-Match": "*"}).status_code == 200
    assert shop.app.test_client().get("/openapi.json", headers={"If-Match": '"x"'}).status_code == 412
