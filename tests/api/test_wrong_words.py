"""What a newcomer who writes a request a little wrong is told."""

from typing import Any

import pytest

from api.keys import SCOPES


@pytest.fixture
def everything(make_shop: Any, settings: Any) -> Any:
    return make_shop(settings, scopes=SCOPES)


@pytest.mark.parametrize(
    ("method", "path", "request_", "place", "meant"),
    [
        ("GET", "/v1/jobs?exernal_id=A", {}, "exernal_id", "external_id"),
        ("GET", "/v1/jobs?status=failed", {}, "status", "state"),
        ("POST", "/v1/keys", {"json": {"scopes": ["jobs:read"], "nme": "a"}}, "/nme", "name"),
        ("POST", "/v1/webhooks", {"json": {"url": "https://a.example", "event": []}}, "/event", "events"),
        ("POST", "/v1/upload-tokens", {"json": {"origins": ["http://localhost"], "ttl": 5}}, "/ttl", "expires_in_s"),
    ],
)
def test_a_strange_name_is_told_what_was_meant(
    everything: Any, method: str, path: str, request_: dict[str, Any], place: str, meant: str
) -> None:
    answer = everything.call(method, path, **request_)
    assert answer.status_code == 422
    (mistake,) = answer.get_json()["errors"]
    assert place in mistake.values()
    assert f"did you mean {meant!r}? there are " in mistake["detail"]


def test_a_route_without_parameters_says_that_it_takes_none(shop: Any) -> None:
    answer = shop.call("GET", "/v1/me?name=ebay")
    assert answer.get_json()["errors"] == [
        {"parameter": "name", "detail": "there is no such parameter here; none is taken"}
    ]


def test_the_form_of_an_origin_is_told_in_words(everything: Any) -> None:
    answer = everything.call("POST", "/v1/upload-tokens", json={"origins": ["shop.example/page"]})
    (mistake,) = answer.get_json()["errors"]
    assert mistake["pointer"] == "/origins/0"
    assert mistake["detail"].startswith("an origin is https:// (or http://), a host and perhaps a port")
    assert mistake["detail"].endswith('; got "shop.example/page"')


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/jobs/", "/v1/jobs"),
        ("/v1//jobs", "/v1/jobs"),
        ("/v1/v1/jobs", "/v1/jobs"),
        ("/api/v1/jobs", "/v1/jobs"),
        ("/jobs", "/v1/jobs"),
        ("/v1/batchs", "/v1/batches"),
        ("/v1/job/job_06e9s3v5m2r8q4t6g0h1i2j3ab", "/v1/jobs/{job_id}"),
        ("/v1/jobs/job_06e9s3v5m2r8q4t6g0h1i2j3ab/canel", "/v1/jobs/{job_id}/cancel"),
    ],
)
def test_a_wrong_path_is_told_the_nearest_that_there_is(shop: Any, path: str, meant: str) -> None:
    answer = shop.get(path)
    assert answer.status_code == 404
    assert f"did you mean {meant}?" in answer.get_json()["detail"]


def test_a_path_that_is_like_none_gets_no_guess(shop: Any) -> None:
    for path in ("/%00", "/zzz/" + "y" * 5000):
        assert shop.get(path).get_json()["detail"] == "there is no such path here; /docs/api lists all"


def test_a_wrong_method_is_told_the_right_ones(shop: Any) -> None:
    answer = shop.call("PUT", "/v1/jobs")
    assert answer.status_code == 405
    assert answer.get_json()["detail"] == "this path takes GET, POST; got PUT"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("psk_0000000000000000.abc", "its secret has 3 characters instead of 43 (cut off?)"),
        ("psk_0000000000000000", "it has no dot between its id and its secret (cut off?)"),
        ("psk_00." + "a" * 43, "its id has 2 characters instead of 16"),
        ("sk-live-1", "it does not begin with psk_"),
        ("put_0000000000000000.abc", "its secret has 3 characters instead of 43 (cut off?)"),
    ],
)
def test_what_is_off_with_a_key_is_told_without_showing_it(shop: Any, key: str, said: str) -> None:
    answer = shop.app.test_client().get("/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert said in answer.get_json()["detail"]
    assert key not in answer.text


def test_an_empty_body_is_called_empty(shop: Any) -> None:
    answer = shop.call("POST", "/v1/jobs", data=b"", content_type="application/json")
    assert answer.get_json()["detail"] == "the body is empty; expected JSON"


def test_a_file_name_in_place_of_a_photo_is_told_the_missing_sign(shop: Any) -> None:
    for path in ("/v1/uploads", "/v1/jobs"):
        answer = shop.call("POST", path, data={"file": "photo.jpg"}, content_type="multipart/form-data")
        assert answer.status_code == 400
        told = "the part 'file' is 9 bytes of text; did you mean file=@photo.jpg?"
        assert answer.get_json()["detail"] == told


def test_a_photo_in_a_part_without_a_name_is_taken(shop: Any, jpeg: bytes) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    body = head + jpeg + b"\r\n--x--\r\n"
    assert shop.call("POST", "/v1/uploads", data=body, content_type="multipart/form-data; boundary=x").status_code < 300


@pytest.mark.parametrize(
    ("url", "advised"),
    [
        ("http://localhost:9000/hook", True),
        ("http://192.168.0.5/hook", True),
        ("https://shop.local/hook", True),
        ("http://shop.example/hook", False),
    ],
)
def test_who_tries_a_local_webhook_hears_of_the_setting(everything: Any, url: str, advised: bool) -> None:
    answer = everything.call("POST", "/v1/webhooks", json={"url": url})
    assert answer.status_code == 422
    assert ("PACKSHOT_WEBHOOKS_PRIVATE" in answer.get_json()["detail"]) == advised


def test_a_key_used_again_names_what_it_made(everything: Any, jpeg: bytes) -> None:
    photo = everything.upload(jpeg)
    sent = {"input": {"upload": photo}, "operations": "auto"}
    made = everything.call("POST", "/v1/jobs", json=sent, headers={"Idempotency-Key": "k"}).get_json()["id"]
    again = everything.call("POST", "/v1/jobs", json=sent | {"seed": 1}, headers={"Idempotency-Key": "k"})
    assert again.status_code == 422
    assert again.get_json()["detail"].endswith(f"which made {made}")


def test_a_csv_with_paths_is_told_to_upload_the_photos(shop: Any) -> None:
    rows = "sku,Photo,operations\nA,mug.jpg,auto\nB,hat.jpg,auto\n"
    answer = shop.call("POST", "/v1/batches", data=rows, content_type="text/csv")
    assert answer.status_code == 422
    told = answer.get_json()
    assert told["ignored_columns"] == ["Photo"]
    assert [mistake["row"] for mistake in told["errors"]] == [1, 2]
    assert all(
        "the column 'Photo' holds paths, which the server cannot read" in each["detail"] for each in told["errors"]
    )


def test_a_wish_needs_no_photo_whatever_columns_there_are(shop: Any) -> None:
    rows = "sku;photo;operations\nA;mug.jpg;generate:category=mug\n"
    answer = shop.call("POST", "/v1/batches?validate_only=true", data=rows, content_type="text/csv")
    assert (answer.get_json()["errors"], answer.get_json()["ignored_columns"]) == ([], ["photo"])
