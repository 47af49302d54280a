"""Many jobs' pictures in one ZIP."""

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from api.zip_streams import MISSING
from jobs.records import OutputRecord
from tests.api.manifests import whole_manifest


def test_the_pictures_of_several_jobs_come_in_one_archive(shop: Any, jpeg: bytes) -> None:
    mug, cup = shop.finished(jpeg, external_id="mug 1"), shop.finished(jpeg, seed=2)
    answer = shop.get(f"/v1/jobs/archive?id={mug}&id={cup}")
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="packshot.zip"'
    assert files(answer) == {"mug-1.jpg": jpeg, f"{cup}.jpg": jpeg}


def test_files_of_one_name_are_numbered(shop: Any, jpeg: bytes) -> None:
    ids = [shop.finished(jpeg, external_id=name, seed=seed) for seed, name in enumerate(("mug", "MUG", "mug"))]
    assert set(files(shop.get(f"/v1/jobs/archive?id={'&id='.join(ids)}"))) == {"mug.jpg", "MUG-2.jpg", "mug-3.jpg"}


def test_files_for_channels_are_called_after_them(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg, external_id="mug")
    claim = shop.services.store.claim("test-worker")
    path = f"results/{shop.tenant}/{job_id}/{claim.token}/0.jpg"
    shop.services.blobs.put(path, jpeg)
    plain = OutputRecord(0, path, "jpeg", 8, 8, len(jpeg), hashlib.sha256(jpeg).hexdigest())
    main = replace(plain, index=1, rendition="amazon-main", name="amazon-main.jpg")
    assert shop.services.store.finish(job_id, claim.token, outputs=[plain, main], manifest=whole_manifest())
    assert set(files(shop.get(f"/v1/jobs/archive?id={job_id}"))) == {"mug-0.jpg", "mug-amazon-main.jpg"}


def test_without_a_number_of_the_shop_s_own_the_photo_s_name_is_theirs(shop: Any, jpeg: bytes) -> None:
    wanted = {
        "operations": [{"op": "recolor", "colors": ["navy", "dark red"]}],
        "metadata": {"file": "旗袍/18 skirt.JPG"},
    }
    job_id = shop.submit(jpeg, **wanted)
    claim = shop.services.store.claim("test-worker")
    path = f"results/{shop.tenant}/{job_id}/{claim.token}/0.jpg"
    shop.services.blobs.put(path, jpeg)
    plain = OutputRecord(0, path, "jpeg", 8, 8, len(jpeg), hashlib.sha256(jpeg).hexdigest())
    main = replace(plain, index=2, rendition="amazon-main", name="amazon-main.jpg")
    outputs = [plain, replace(plain, index=1), main]
    assert shop.services.store.finish(job_id, claim.token, outputs=outputs, manifest=whole_manifest())
    names = {"18-skirt-navy.jpg", "18-skirt-dark-red.jpg", "18-skirt-amazon-main.jpg"}
    assert set(files(shop.get(f"/v1/jobs/archive?id={job_id}"))) == names


def test_a_photo_s_name_may_be_chinese(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg, metadata={"file": "旗袍.jpg"})
    assert set(files(shop.get(f"/v1/jobs/archive?id={job_id}"))) == {"旗袍.jpg"}


def test_a_job_named_twice_comes_once(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    assert set(files(shop.get(f"/v1/jobs/archive?id={job_id}&id={job_id}"))) == {f"{job_id}.jpg"}


def test_only_what_was_approved_comes_where_that_is_asked(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    good, bad = shop.finished(jpeg, external_id="good"), shop.finished(jpeg, external_id="bad", seed=2)
    query = f"id={good}&id={bad}&verdict=approved"
    assert problem_of(shop.get(f"/v1/jobs/archive?{query}")) == (409, "not-ready")
    for job_id, verdict in ((good, "approved"), (bad, "rejected")):
        shop.post(f"/v1/jobs/{job_id}/outputs/0/decision", json={"verdict": verdict})
    assert set(files(shop.get(f"/v1/jobs/archive?{query}"))) == {"good.jpg"}


def test_five_hundred_jobs_may_be_named_in_a_body(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    answer = shop.post("/v1/jobs/archive", json={"ids": [job_id] * 500})
    assert set(files(answer)) == {f"{job_id}.jpg"}


def test_where_no_picture_will_ever_be_that_is_said(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    shop.post(f"/v1/jobs/{job_id}/cancel")
    for query in ("", "&verdict=approved"):
        assert problem_of(shop.get(f"/v1/jobs/archive?id={job_id}{query}")) == (409, "no-result")


def test_a_job_that_has_not_ended_is_named(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    answer = shop.get(f"/v1/jobs/archive?id={job_id}")
    assert problem_of(answer) == (409, "not-ready")
    assert job_id in answer.get_json()["detail"]


def test_an_erased_job_is_past_its_life(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    shop.call("DELETE", f"/v1/jobs/{job_id}")
    assert problem_of(shop.get(f"/v1/jobs/archive?id={job_id}")) == (410, "expired")


def test_a_tenant_gets_no_picture_of_anothers(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    own, other = rival.finished(jpeg), shop.finished(jpeg)
    assert problem_of(rival.get(f"/v1/jobs/archive?id={own}&id={other}")) == (404, "not-found")
    assert problem_of(rival.post("/v1/jobs/archive", json={"ids": [own, other]})) == (404, "not-found")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("", "id"), ("id=mug", "id"), ("id=job_0&verdict=fine", "verdict"), ("id=job_0&format=tar", "format")],
)
def test_a_wrong_query_is_refused(query: str, parameter: str, shop: Any, problem_of: Any) -> None:
    answer = shop.get(f"/v1/jobs/archive?{query}")
    assert problem_of(answer) == (422, "invalid-parameter")
    assert parameter in [mistake["parameter"] for mistake in answer.get_json()["errors"]]


def test_a_parameter_given_twice_is_refused(shop: Any, problem_of: Any) -> None:
    answer = shop.get("/v1/jobs?limit=1&limit=2")
    assert problem_of(answer) == (422, "invalid-parameter")
    assert answer.get_json()["errors"] == [{"parameter": "limit", "detail": "is given more than once"}]


def test_a_picture_that_is_lost_is_left_out(shop: Any, jpeg: bytes) -> None:
    lost, kept = shop.finished(jpeg), shop.finished(jpeg, external_id="kept")
    shop.services.blobs.delete_prefix(f"results/{shop.tenant}/{lost}/")
    assert set(files(shop.get(f"/v1/jobs/archive?id={lost}&id={kept}"))) == {"kept.jpg", MISSING}


def test_an_archive_is_no_job_to_be_erased(shop: Any, problem_of: Any) -> None:
    answer = shop.call("DELETE", "/v1/jobs/archive")
    assert problem_of(answer) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def files(answer: Any) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
