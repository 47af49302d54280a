"""Finished pictures: by signed link, by the owner's key, and by nobody else."""

import hashlib
import io
import zipfile
from typing import Any

import pytest

from api.zip_streams import MISSING
from jobs.problems import make_problem


def test_a_signed_link_needs_no_key(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg, external_id="../SKU 1/é")
    answer = shop.app.test_client().get(shop.output_link(job_id))
    assert (answer.status_code, answer.data) == (200, jpeg)
    assert answer.content_type == "image/jpeg"
    assert answer.content_length == len(jpeg)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(jpeg).hexdigest()}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"] == 'inline; filename="SKU-1.jpg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_file_is_called_as_windows_calls_a_device(shop: Any, jpeg: bytes) -> None:
    answer = shop.app.test_client().get(shop.output_link(shop.finished(jpeg, external_id="con")))
    assert answer.headers["Content-Disposition"] == 'inline; filename="_con.jpg"'


def test_the_owners_key_opens_an_output_without_a_signature(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    assert shop.get(f"/v1/jobs/{job_id}/outputs/0").data == jpeg
    assert problem_of(shop.app.test_client().get(f"/v1/jobs/{job_id}/outputs/0")) == (401, "unauthorized")


def test_a_known_picture_is_not_sent_again(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    answer = shop.get(
        f"/v1/jobs/{job_id}/outputs/0", headers={"If-None-Match": f'"{hashlib.sha256(jpeg).hexdigest()}"'}
    )
    assert (answer.status_code, answer.data) == (304, b"")


def test_head_tells_the_size_without_the_picture(shop: Any, jpeg: bytes) -> None:
    answer = shop.call("HEAD", f"/v1/jobs/{shop.finished(jpeg)}/outputs/0")
    assert (answer.status_code, answer.content_length, answer.data) == (200, len(jpeg), b"")


def test_a_picture_of_which_a_loss_of_power_left_the_name_alone_is_gone(shop: Any, jpeg: bytes, problem_of: Any):
    job_id = shop.finished(jpeg)
    [path] = shop.services.blobs.list("results/")
    shop.services.blobs.put(path, b"")
    assert problem_of(shop.get(f"/v1/jobs/{job_id}/outputs/0")) == (410, "expired")
    archive = shop.post("/v1/jobs/archive", json={"ids": [job_id]})
    assert zipfile.ZipFile(io.BytesIO(archive.data)).namelist() == [MISSING]


@pytest.mark.parametrize("index", ["1", "-1", "00", "x", "0.0"])
def test_an_output_that_is_not_there_is_not_found(index: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    assert problem_of(shop.get(f"/v1/jobs/{shop.finished(jpeg)}/outputs/{index}")) == (404, "not-found")


@pytest.mark.parametrize(
    ("outcome", "slug"), [("queued", "not-ready"), ("failed", "no-result"), ("canceled", "no-result")]
)
def test_there_is_no_output_without_success(outcome: str, slug: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    if outcome == "failed":
        claim = shop.services.store.claim("test-worker")
        shop.services.store.fail(job_id, claim.token, make_problem("image-corrupt", "cut short"))
    if outcome == "canceled":
        shop.post(f"/v1/jobs/{job_id}/cancel")
    answer = shop.get(f"/v1/jobs/{job_id}/outputs/0")
    assert problem_of(answer) == (409, slug)
    assert answer.get_json()["state"] == outcome
    assert ("never" in answer.get_json()["detail"]) == (slug == "no-result")


@pytest.mark.parametrize("part", ["tenant", "expires", "signature"])
@pytest.mark.parametrize("change", ["altered", "dropped", "emptied"])
def test_a_tampered_link_is_refused(part: str, change: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    path, _, query = shop.output_link(shop.finished(jpeg)).partition("?")
    fields = dict(pair.split("=") for pair in query.split("&"))
    fields[part] = "" if change == "emptied" else fields[part][:-1] + ("0" if fields[part][-1] != "0" else "1")
    if change == "dropped":
        del fields[part]
    expected = (401, "unauthorized") if (part, change) == ("signature", "dropped") else (403, "bad-signature")
    assert problem_of(shop.app.test_client().get(path, query_string=fields)) == expected


def test_a_link_opens_no_other_path(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    query = shop.output_link(shop.finished(jpeg)).partition("?")[2]
    other = shop.finished(jpeg)
    answer = shop.app.test_client().get(f"/v1/jobs/{other}/outputs/0?{query}")
    assert problem_of(answer) == (403, "bad-signature")


def test_a_link_expires_after_fifteen_minutes(shop: Any, jpeg: bytes, monkeypatch: Any, problem_of: Any) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: now)
    link = shop.output_link(shop.finished(jpeg))
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: now + 899)
    assert shop.app.test_client().get(link).status_code == 200
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: now + 900)
    assert problem_of(shop.app.test_client().get(link)) == (403, "link-expired")


def test_a_picture_whose_bytes_are_gone_is_past_its_life(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    shop.services.blobs.delete_prefix(f"results/{shop.tenant}/{job_id}")
    assert problem_of(shop.get(f"/v1/jobs/{job_id}/outputs/0")) == (410, "expired")


def test_links_are_made_for_the_public_url(make_shop: Any, settings: Any, jpeg: bytes) -> None:
    shop = make_shop(settings.model_copy(update={"public_url": "https://photos.example"}))
    outputs = shop.get(f"/v1/jobs/{shop.finished(jpeg)}").get_json()["outputs"]
    assert outputs[0]["url"].startswith("https://photos.example/v1/jobs/")
