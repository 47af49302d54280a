"""Photos in: by any usual way, once for each tenant, and never by their name."""

import hashlib
import io
from typing import Any

import pytest


def test_an_upload_is_named_by_its_content(shop: Any, jpeg: bytes) -> None:
    answer = shop.post("/v1/uploads", data=jpeg, content_type="image/jpeg")
    assert answer.status_code == 201
    assert answer.get_json() == {
        "id": f"sha256:{hashlib.sha256(jpeg).hexdigest()}",
        "size": len(jpeg),
        "format": "jpeg",
        "width": 64,
        "height": 48,
    }


def test_the_same_bytes_are_stored_once(shop: Any, jpeg: bytes) -> None:
    first = shop.post("/v1/uploads", data=jpeg)
    again = shop.post("/v1/uploads", data={"file": (io.BytesIO(jpeg), "other.txt", "application/octet-stream")})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert len(list(shop.services.blobs.list("uploads/"))) == 1


def test_two_tenants_do_not_share_a_photo(shop: Any, rival: Any, jpeg: bytes) -> None:
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201
    assert rival.post("/v1/uploads", data=jpeg).status_code == 201
    assert len(list(shop.services.blobs.list("uploads/"))) == 2


def test_a_photo_whose_bytes_are_lost_is_stored_again(shop: Any, jpeg: bytes) -> None:
    shop.upload(jpeg)
    shop.services.blobs.delete_prefix("uploads/")
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201
    assert len(list(shop.services.blobs.list("uploads/"))) == 1


def test_a_photo_of_which_a_loss_of_power_left_the_name_alone_is_stored_again(shop: Any, jpeg: bytes) -> None:
    upload = shop.upload(jpeg)
    [path] = shop.services.blobs.list("uploads/")
    shop.services.blobs.put(path, b"")
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201
    assert shop.get(f"/v1/uploads/{upload}/content").data == jpeg
    assert shop.services.redis.zrange("packshot:garbage", 0, -1) == [path], "the empty file goes"


def test_a_photo_stored_by_a_process_that_then_died_is_collected(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    def die(*_: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(shop.services.store, "put_upload", die)
    with pytest.raises(SystemExit):
        shop.post("/v1/uploads", data=jpeg)
    [orphan] = shop.services.blobs.list("uploads/")
    assert shop.services.redis.zrange("packshot:garbage", 0, -1) == [orphan]


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "image/jpeg", "image/jpeg; q=1"])
def test_the_content_type_may_be_left_open(content_type: str, shop: Any, jpeg: bytes) -> None:
    assert shop.post("/v1/uploads", data=jpeg, content_type=content_type).status_code == 201


@pytest.mark.parametrize(
    ("kind", "format_"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif"), ("MPO", "jpeg")]
)
def test_the_usual_formats_are_taken(kind: str, format_: str, shop: Any, encode: Any) -> None:
    assert shop.post("/v1/uploads", data=encode(kind)).get_json()["format"] == format_


def test_a_phones_heic_is_taken(shop: Any, encode: Any) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    assert shop.post("/v1/uploads", data=encode("HEIF")).get_json()["format"] == "heic"


def test_a_photo_may_be_as_large_as_the_limit(make_shop: Any, settings: Any, jpeg: bytes) -> None:
    shop = make_shop(settings.model_copy(update={"max_upload_mb": len(jpeg) / 1_000_000}))
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201
    environ = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(jpeg)}
    assert shop.post("/v1/uploads", environ_overrides=environ).status_code == 200
    assert shop.post("/v1/uploads", data={"file": (io.BytesIO(jpeg), "mug.jpg")}).status_code == 200
    assert shop.post("/v1/uploads", data=jpeg + b"x").status_code == 413


def test_an_upload_tells_what_it_is_and_until_when_it_is_kept(shop: Any, jpeg: bytes) -> None:
    upload_id = shop.upload(jpeg)
    answer = shop.get(f"/v1/uploads/{upload_id}")
    document = answer.get_json()
    assert answer.status_code == 200
    assert document.pop("expires_at").endswith("Z")
    assert document == {"id": upload_id, "size": len(jpeg), "format": "jpeg", "width": 64, "height": 48}


def test_an_uploads_bytes_come_back_where_nothing_in_them_can_run(shop: Any, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/uploads/{shop.upload(jpeg)}/content")
    assert (answer.status_code, answer.data, answer.content_type) == (200, jpeg, "image/jpeg")
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_photo_that_not_every_browser_shows_is_saved_only(shop: Any) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    heic = io.BytesIO()
    pillow_heif.from_bytes("RGB", (64, 48), bytes(64 * 48 * 3)).save(heic)
    answer = shop.get(f"/v1/uploads/{shop.upload(heic.getvalue())}/content")
    assert answer.content_type == "image/heic"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_an_unchanged_upload_is_not_sent_again(shop: Any, jpeg: bytes) -> None:
    path = f"/v1/uploads/{shop.upload(jpeg)}/content"
    etag = shop.get(path).headers["ETag"]
    assert shop.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", ["", "/content"])
@pytest.mark.parametrize("upload_id", ["sha256:" + "0" * 64, "sha256:" + "A" * 64, "sha256:..", "mug"])
def test_an_upload_that_is_not_there_is_not_found(upload_id: str, path: str, shop: Any, problem_of: Any) -> None:
    assert problem_of(shop.get(f"/v1/uploads/{upload_id}{path}")) == (404, "not-found")


def test_a_tenant_neither_sees_nor_erases_anothers_upload(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    upload_id = shop.upload(jpeg)
    for answer in (
        rival.get(f"/v1/uploads/{upload_id}"),
        rival.get(f"/v1/uploads/{upload_id}/content"),
        rival.call("DELETE", f"/v1/uploads/{upload_id}"),
    ):
        assert problem_of(answer) == (404, "not-found")
    assert shop.get(f"/v1/uploads/{upload_id}/content").data == jpeg


def test_an_erased_upload_is_gone_with_its_bytes_and_erasing_it_again_is_no_mistake(
    shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    upload_id = shop.upload(jpeg)
    assert shop.call("DELETE", f"/v1/uploads/{upload_id}").status_code == 204
    assert problem_of(shop.get(f"/v1/uploads/{upload_id}")) == (404, "not-found")
    assert shop.services.blobs.list("uploads/") == []
    assert shop.call("DELETE", f"/v1/uploads/{upload_id}").status_code == 204


def test_an_upload_that_a_job_still_needs_is_not_erased(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id, upload_id = shop.submit(jpeg), shop.upload(jpeg)
    assert problem_of(shop.call("DELETE", f"/v1/uploads/{upload_id}")) == (409, "in-use")
    assert shop.get(f"/v1/uploads/{upload_id}/content").data == jpeg
    shop.finish(job_id, jpeg)
    assert shop.call("DELETE", f"/v1/uploads/{upload_id}").status_code == 204
    assert shop.get(shop.output_link(job_id)).data == jpeg


def test_the_same_photo_may_come_again_after_it_was_erased(shop: Any, jpeg: bytes) -> None:
    upload_id = shop.upload(jpeg)
    shop.call("DELETE", f"/v1/uploads/{upload_id}")
    assert shop.upload(jpeg) == upload_id
    assert shop.get(f"/v1/uploads/{upload_id}/content").data == jpeg
