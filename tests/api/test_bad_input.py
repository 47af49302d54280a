"""Every row of bad input that concerns what exists: what is sent, and the status and problem it must meet."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from api.keys import KeyRing

Case = Callable[[Any, bytes], TestResponse]  # (shop, a good JPEG) → the answer
UNKNOWN_KEY = "psk_0123456789abcdef." + "A" * 43
UNKNOWN_JOB = "job_" + "0" * 26
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def upload(data: bytes, content_type: str | None = "application/octet-stream") -> Case:
    return lambda shop, _: shop.post("/v1/uploads", data=data, content_type=content_type)


def image(kind: str, mode: str = "RGB", size: tuple[int, int] = (8, 8), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, data: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def png(width: int, height: int, *chunks: bytes, crc: int | None = None) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header, crc) + b"".join(chunks) + png_chunk(b"IEND", b"")


def animated(kind: str) -> bytes:
    other = Image.new("RGB", (8, 8), "red")
    return image(kind, save_all=True, append_images=[other, Image.new("RGB", (8, 8), "blue")], duration=100)


def bomb(name: bytes) -> bytes:
    return png_chunk(name, b"name\0\0" + zlib.compress(b"\0" * 40_000_000))


def part(name: str, data: bytes, content_type: str = "application/octet-stream") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\nContent-Type: {content_type}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def form(path: str, *parts: bytes, end: bytes = b"--b--\r\n", kind: str = "multipart/form-data; boundary=b") -> Case:
    return lambda shop, _: shop.post(path, data=b"".join(parts) + end, content_type=kind)


def with_photo(path: str, *others: bytes, end: bytes = b"--b--\r\n") -> Case:
    return lambda shop, photo: form(path, part("file", photo), *others, end=end)(shop, photo)


def spec_bytes(data: bytes, content_type: str = "application/json") -> Case:
    return lambda shop, _: shop.post("/v1/jobs", data=data, content_type=content_type)


def spec(**fields: Any) -> Case:
    return lambda shop, photo: shop.post("/v1/jobs", json={**shop.spec(photo), **fields})


def key_header(**headers: str) -> Case:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda shop, _: shop.app.test_client().get("/v1/jobs", headers=named)


def idempotency_key(key: str) -> Case:
    return lambda shop, photo: shop.post("/v1/jobs", json=shop.spec(photo), headers={"Idempotency-Key": key})


def get(path: str, method: str = "GET") -> Case:
    return lambda shop, _: shop.call(method, path)


def chunked(data: bytes) -> Case:
    """As gunicorn hands over a chunked body: no length, a stream that ends by itself."""
    environ = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(data)}
    return lambda shop, _: shop.post("/v1/uploads", environ_overrides=environ)


def short_of_its_length(shop: Any, photo: bytes) -> TestResponse:
    environ = {"CONTENT_LENGTH": str(len(photo) + 1)}
    return shop.post("/v1/uploads", data=photo, environ_overrides=environ)


CASES: dict[str, tuple[Case, int, str]] = {
    # keys
    "no key": (key_header(), 401, "unauthorized"),
    "malformed key": (key_header(Authorization="Bearer psk_x"), 401, "unauthorized"),
    "malformed X-Api-Key": (key_header(X_Api_Key="psk_é"), 401, "unauthorized"),
    "unknown key": (key_header(Authorization=f"Bearer {UNKNOWN_KEY}"), 401, "unauthorized"),
    "another scheme": (key_header(Authorization="Basic dTpw"), 401, "unauthorized"),
    # paths
    "malformed id": (get("/v1/jobs/42"), 404, "not-found"),
    "unknown id": (get(f"/v1/jobs/{UNKNOWN_JOB}"), 404, "not-found"),
    "dots in place of an id": (get("/v1/jobs/../outputs/0"), 404, "not-found"),
    "encoded dots in place of an id": (get("/v1/jobs/%2e%2e%2fetc/manifest"), 404, "not-found"),
    "cancel of an unknown id": (get(f"/v1/jobs/{UNKNOWN_JOB}/cancel", "POST"), 404, "not-found"),
    "erasing an unknown id": (get(f"/v1/jobs/{UNKNOWN_JOB}", "DELETE"), 404, "not-found"),
    "unknown route": (get("/v1/nothing"), 404, "not-found"),
    "doubled slash": (get("/v1//jobs"), 404, "not-found"),
    "wrong method": (get("/v1/uploads"), 405, "method-not-allowed"),
    "OPTIONS": (get("/v1/jobs", "OPTIONS"), 405, "method-not-allowed"),
    # bodies
    "body over the limit, declared": (upload(b"\xff" * 1_000_001), 413, "body-too-large"),
    "body over the limit, chunked": (chunked(b"\xff" * 1_000_001), 413, "body-too-large"),
    "photo part over the limit": (form("/v1/uploads", part("file", b"\xff" * 1_000_001)), 413, "body-too-large"),
    "spec over the limit": (spec_bytes(b" " * 300_000), 413, "body-too-large"),
    "spec part over the limit": (with_photo("/v1/jobs", part("spec", b" " * 300_000)), 413, "body-too-large"),
    "too many parts": (form("/v1/uploads", *(part(f"p{n}", b"x") for n in range(9))), 413, "too-many-parts"),
    "multipart without boundary": (
        form("/v1/uploads", part("file", b"x"), kind="multipart/form-data"),
        400,
        "malformed-body",
    ),
    "multipart cut short in a part": (with_photo("/v1/uploads", end=b""), 400, "malformed-body"),
    "multipart cut short in a head": (
        form("/v1/jobs", end=b"--b\r\nContent-Disposition: form-data"),
        400,
        "malformed-body",
    ),
    "multipart with nothing in it": (form("/v1/jobs", end=b"\r\n"), 400, "malformed-body"),
    "multipart with an endless preamble": (form("/v1/uploads", end=b"x" * 1_200_000), 400, "malformed-body"),
    "multipart part without a name": (
        form("/v1/uploads", end=b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n"),
        400,
        "malformed-body",
    ),
    "body shorter than announced": (short_of_its_length, 400, "malformed-body"),
    "form without parts": (form("/v1/uploads"), 400, "missing-image"),
    "form without the photo": (form("/v1/jobs", part("spec", b"{}")), 400, "missing-image"),
    "photo under another name": (form("/v1/uploads", part("image", b"x")), 400, "missing-image"),
    "form without the spec": (with_photo("/v1/jobs"), 400, "malformed-body"),
    "two photos": (with_photo("/v1/uploads", part("file", b"x")), 400, "duplicate-part"),
    "two specs": (with_photo("/v1/jobs", part("spec", b"{}"), part("spec", b"{}")), 400, "duplicate-part"),
    "a part too many": (with_photo("/v1/uploads", part("note", b"x")), 422, "invalid-parameter"),
    "form whose spec names an input": (
        with_photo("/v1/jobs", part("spec", b'{"input": {}, "operations": [{"op": "restore"}]}')),
        422,
        "invalid-parameter",
    ),
    "form whose spec is a list": (with_photo("/v1/jobs", part("spec", b"[]")), 422, "invalid-parameter"),
    # JSON
    "bad JSON": (spec_bytes(b'{"input": '), 400, "malformed-json"),
    "no JSON at all": (spec_bytes(b""), 400, "malformed-json"),
    "bad UTF-8": (spec_bytes(b'{"external_id": "\xff"}'), 400, "malformed-json"),
    "200,000 deep": (spec_bytes(b"[" * 200_000), 400, "malformed-json"),
    "NaN": (spec_bytes(b'{"seed": NaN}'), 400, "malformed-json"),
    "duplicate keys": (spec_bytes(b'{"seed": 1, "seed": 2}'), 400, "malformed-json"),
    "bad JSON in a form": (with_photo("/v1/jobs", part("spec", b"{")), 400, "malformed-json"),
    # content types
    "spec as text": (spec_bytes(b"{}", "text/plain"), 415, "unsupported-media-type"),
    "spec urlencoded": (spec_bytes(b"a=b", "application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
    "photo urlencoded": (upload(b"a=b", "application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
    "photo as JSON": (upload(b"{}", "application/json"), 415, "unsupported-media-type"),
    "multipart of another kind": (form("/v1/jobs", kind="multipart/mixed; boundary=b"), 415, "unsupported-media-type"),
    # parameters
    "unknown field": (spec(webhook={}), 422, "invalid-parameter"),
    "wrong type": (spec(seed="seven"), 422, "invalid-parameter"),
    "out of range": (spec(output={"quality": 101}), 422, "invalid-parameter"),
    "unknown operation": (spec(operations=[{"op": "teleport"}]), 422, "invalid-parameter"),
    "text too long": (spec(external_id="x" * 201), 422, "invalid-parameter"),
    "an upload that is not there": (spec(input={"upload": "sha256:" + "0" * 64}), 422, "invalid-parameter"),
    "wait too long": (get(f"/v1/jobs/{UNKNOWN_JOB}?wait=61"), 422, "invalid-parameter"),
    "wait that is no number": (get(f"/v1/jobs/{UNKNOWN_JOB}?wait=nan"), 422, "invalid-parameter"),
    "unknown state": (get("/v1/jobs?state=lost"), 422, "invalid-parameter"),
    "no limit": (get("/v1/jobs?limit=0"), 422, "invalid-parameter"),
    "made-up cursor": (get("/v1/jobs?cursor=x"), 422, "invalid-parameter"),
    "unknown query": (get("/v1/jobs?stat=queued"), 422, "invalid-parameter"),
    "empty idempotency key": (idempotency_key(""), 400, "bad-idempotency-key"),
    "idempotency key with a space": (idempotency_key("a b"), 400, "bad-idempotency-key"),
    "idempotency key too long": (idempotency_key("k" * 256), 400, "bad-idempotency-key"),
    # photos
    "zero bytes": (upload(b""), 422, "image-empty"),
    "zero bytes in a form": (form("/v1/uploads", part("file", b"")), 422, "image-empty"),
    "SVG": (upload(SVG, "image/svg+xml"), 415, "unsupported-image"),
    "PDF": (upload(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), 415, "unsupported-image"),
    "EPS": (upload(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), 415, "unsupported-image"),
    "text named .jpg": (upload(b"I am not a photo.\n", "image/jpeg"), 415, "unsupported-image"),
    "GIF as JPEG": (upload(image("GIF"), "image/jpeg"), 415, "unsupported-image"),
    "TIFF": (upload(image("TIFF")), 415, "unsupported-image"),
    "BMP": (upload(image("BMP")), 415, "unsupported-image"),
    "PSD": (upload(b"8BPS\0\1" + bytes(20)), 415, "unsupported-image"),
    "JPEG declared PNG": (lambda shop, photo: upload(photo, "image/png")(shop, photo), 415, "type-mismatch"),
    "JPEG declared PNG in a form": (
        lambda shop, photo: form("/v1/uploads", part("file", photo, "image/png"))(shop, photo),
        415,
        "type-mismatch",
    ),
    "APNG": (upload(animated("PNG")), 422, "image-animated"),
    "animated WebP": (upload(animated("WEBP")), 422, "image-animated"),
    "60000² in 57 bytes": (upload(png(60_000, 60_000)), 422, "image-dimensions"),
    "12000²": (upload(png(12_000, 12_000)), 422, "image-dimensions"),
    "1×60000": (upload(png(1, 60_000)), 422, "image-dimensions"),
    "JPEG of a header alone": (lambda shop, photo: upload(photo[:20])(shop, photo), 415, "unsupported-image"),
    "PNG with a bad IHDR CRC": (upload(png(8, 8, crc=0)), 415, "unsupported-image"),
    "zTXt bomb": (upload(png(8, 8, bomb(b"zTXt"))), 422, "image-corrupt"),
    "iCCP bomb": (upload(png(8, 8, bomb(b"iCCP"))), 422, "image-corrupt"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_meets_its_problem(name: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    case, status, slug = CASES[name]
    assert problem_of(case(shop, jpeg)) == (status, slug)


@pytest.mark.parametrize("fault", ["revoked", "expired"])
def test_a_key_past_its_life_is_told_apart(fault: str, make_shop: Any, settings: Any, problem_of: Any) -> None:
    shop = make_shop(settings, expires_in_s=-1 if fault == "expired" else None)
    if fault == "revoked":
        assert KeyRing(shop.services.redis).revoke(shop.key[4:20])
    answer = shop.get("/v1/jobs")
    assert problem_of(answer) == (401, "key-revoked")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("jobs:read", "POST", "/v1/jobs"),
        ("jobs:write", "GET", "/v1/jobs"),
        ("jobs:write", "POST", "/v1/uploads"),
        ("uploads:write", "DELETE", f"/v1/jobs/{UNKNOWN_JOB}"),
    ],
)
def test_a_key_without_the_scope_is_forbidden(
    scope: str, method: str, path: str, make_shop: Any, settings: Any, problem_of: Any
) -> None:
    shop = make_shop(settings, scopes=[scope])
    assert problem_of(shop.call(method, path)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("GET", "/manifest"), ("GET", "/outputs/0"), ("POST", "/cancel"), ("DELETE", "")],
)
def test_another_tenants_job_is_not_there(
    method: str, suffix: str, shop: Any, rival: Any, jpeg: bytes, problem_of: Any
) -> None:
    job_id = shop.finished(jpeg)
    assert problem_of(rival.call(method, f"/v1/jobs/{job_id}{suffix}")) == (404, "not-found")
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "succeeded"


def test_another_tenants_photo_is_not_there(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    answer = rival.post("/v1/jobs", json=shop.spec(jpeg))
    assert problem_of(answer) == (422, "invalid-parameter")
    assert answer.get_json()["errors"][0]["pointer"] == "/input/upload"


def test_mistakes_are_pointed_at(shop: Any, jpeg: bytes) -> None:
    body = shop.spec(jpeg, operations=[{"op": "restore"}, {"op": "resize", "width": 0}], colour="red")
    errors = shop.post("/v1/jobs", json=body).get_json()["errors"]
    assert {error["pointer"] for error in errors} == {"/operations/1/width", "/colour"}


@pytest.mark.parametrize(
    ("settings_given", "status", "slug"),
    [({"max_active_per_tenant": 1}, 429, "rate-limited"), ({"max_pending": 1}, 503, "overloaded")],
)
def test_too_many_jobs_are_refused_for_now(
    settings_given: Any, status: int, slug: str, make_shop: Any, settings: Any, jpeg: bytes, problem_of: Any
) -> None:
    shop = make_shop(settings.model_copy(update=settings_given))
    shop.submit(jpeg)
    assert problem_of(shop.post("/v1/jobs", json=shop.spec(jpeg))) == (status, slug)


@pytest.mark.parametrize(
    "kind",
    ["CMYK JPEG", "16-bit PNG", "JPEG with a ZIP behind it", "JPEG with a broken profile", "JPEG cut in its scan"],
)
def test_odd_but_usable_photos_are_taken(kind: str, shop: Any, jpeg: bytes) -> None:
    photos = {
        "CMYK JPEG": image("JPEG", "CMYK"),
        "16-bit PNG": image("PNG", "I;16"),
        "JPEG with a ZIP behind it": jpeg + b"PK\3\4" + bytes(100),
        "JPEG with a broken profile": image("JPEG", icc_profile=b"not a profile"),
        "JPEG cut in its scan": jpeg[:-40],
    }
    assert shop.post("/v1/uploads", data=photos[kind], content_type="").status_code == 201


@pytest.mark.parametrize("header", [{"Content-Encoding": "gzip"}, {"Transfer-Encoding": "gzip, chunked"}])
@pytest.mark.parametrize(("path", "kind"), [("/v1/jobs", "application/json"), ("/v1/uploads", "image/jpeg")])
def test_a_packed_body_is_told_to_come_as_it_is(path: str, kind: str, header: Any, shop: Any, problem_of: Any) -> None:
    """It was read as JSON that is no UTF-8, or as no photo."""
    answer = shop.post(path, data=gzip.compress(b"{}"), content_type=kind, headers=header)
    assert problem_of(answer) == (415, "unsupported-media-type")
    assert "'gzip" in answer.get_json()["detail"]


@pytest.mark.parametrize("declared", ["image/*", "image/"])
def test_a_type_that_names_no_format_declares_nothing(declared: str, shop: Any, jpeg: bytes) -> None:
    assert shop.post("/v1/uploads", data=jpeg, content_type=declared).status_code == 201
