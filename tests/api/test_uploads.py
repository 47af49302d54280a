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
