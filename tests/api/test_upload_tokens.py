"""A page's upload token: what it opens, and all that it must not."""

import io
import re
from typing import Any

import pytest

from api.key_records import KeyLimits
from api.settings import ApiSettings
from tests.api.conformance import check_conformance

PAGE = "https://shop.example"
SPEC = {"operations": [{"op": "restore"}], "metadata": {"by": "shop"}}


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"cors_origins": PAGE})


class Page:
    """A page of the shop in a browser."""

    def __init__(self, shop: Any, origin: str = PAGE, **wish: Any) -> None:
        self.shop, self.origin = shop, origin
        self.made = shop.post("/v1/upload-tokens", json={"origins": [PAGE], **wish}).get_json()

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.made['token']}", "Origin": self.origin}
        headers |= options.pop("headers", {})
        answer = self.shop.app.test_client().open(path, method=method, headers=headers, **options)
        check_conformance(self.shop.app, answer)
        return answer

    def send(self, photo: bytes, **options: Any) -> Any:
        return self.call("POST", "/v1/uploads", data=photo, content_type="application/octet-stream", **options)

    def submit(self, upload: str, **more: Any) -> Any:
        headers = more.pop("headers", {})
        return self.call("POST", "/v1/jobs", json={"input": {"upload": upload}, **more}, headers=headers)

    def made_job(self, photo: bytes) -> str:
        return str(self.submit(self.send(photo).get_json()["id"]).get_json()["id"])


@pytest.fixture
def page(shop: Any) -> Page:
    return Page(shop)


@pytest.fixture
def buyer(shop: Any) -> Page:
    """A page that may have its photos restored."""
    return Page(shop, spec=SPEC)


def test_a_token_is_told_once_with_what_it_is_good_for(shop: Any, redis_connection: Any) -> None:
    made = Page(shop, expires_in_s=60, max_uploads=3, max_bytes=1000).made
    assert (made["uploads_left"], made["max_bytes"], made["origins"]) == (3, 1000, [PAGE])
    assert made["upload_url"].endswith("/v1/uploads")
    kept = redis_connection.hgetall(f"packshot:upload-token:{made['id']}")
    assert made["token"].partition(".")[2] not in str(kept)
    assert 3600 < redis_connection.ttl(f"packshot:upload-token:{made['id']}") <= 3660


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({}, "/origins"),
        ({"origins": []}, "/origins"),
        ({"origins": ["https://shop.example/page"]}, "/origins/0"),
        ({"origins": [PAGE, "https://elsewhere.example"]}, "/origins/1"),
        ({"origins": [PAGE], "expires_in_s": 59}, "/expires_in_s"),
        ({"origins": [PAGE], "expires_in_s": 3601}, "/expires_in_s"),
        ({"origins": [PAGE], "max_uploads": 0}, "/max_uploads"),
        ({"origins": [PAGE], "max_bytes": 10**9}, "/max_bytes"),
        ({"origins": [PAGE], "spec": {"operations": []}}, "/operations"),
        ({"origins": [PAGE], "spec": {"operations": [{"op": "generate"}]}}, "/input"),
        ({"origins": [PAGE], "spec": {**SPEC, "input": {"upload": "sha256:" + "0" * 64}}}, "/spec/input"),
        ({"origins": [PAGE], "colour": 1}, "/colour"),
    ],
)
def test_a_token_that_cannot_be_is_not_made(wish: Any, pointer: str, shop: Any, problem_of: Any) -> None:
    answer = shop.post("/v1/upload-tokens", json=wish)
    assert problem_of(answer) == (422, "invalid-parameter")
    assert pointer in [mistake["pointer"] for mistake in answer.get_json()["errors"]]


def test_a_token_whose_webhook_leads_nowhere_good_is_not_made(shop: Any, problem_of: Any) -> None:
    spec = {**SPEC, "webhook": {"url": "http://127.0.0.1:6379/"}}
    answer = shop.post("/v1/upload-tokens", json={"origins": [PAGE], "spec": spec})
    assert problem_of(answer) == (422, "webhook-url-forbidden")


def test_a_page_of_the_service_itself_needs_no_allowed_origin(shop: Any) -> None:
    assert shop.post("/v1/upload-tokens", json={"origins": ["http://localhost"]}).status_code == 201


def test_a_key_makes_no_token_for_what_it_may_not_itself(
    make_shop: Any, settings: ApiSettings, shop: Any, problem_of: Any
) -> None:
    reader = make_shop(settings, "shop", shop.app, scopes=["jobs:read"])
    uploader = make_shop(settings, "shop", shop.app, scopes=["uploads:write"])
    assert problem_of(reader.post("/v1/upload-tokens", json={"origins": [PAGE]})) == (403, "forbidden")
    assert uploader.post("/v1/upload-tokens", json={"origins": [PAGE]}).status_code == 201
    refused = uploader.post("/v1/upload-tokens", json={"origins": [PAGE], "spec": SPEC})
    assert problem_of(refused) == (403, "forbidden")


def test_a_page_uploads_for_the_shop(page: Page, shop: Any, jpeg: bytes) -> None:
    answer = page.send(jpeg)
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    spec = {"input": {"upload": answer.get_json()["id"]}, "operations": [{"op": "restore"}]}
    assert shop.post("/v1/jobs", json=spec).status_code == 202


def rules(app: Any) -> list[tuple[str, str]]:
    """Every route under /v1, with something in each of its places."""
    found = []
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if rule.rule.startswith("/v1/"):
                found.append((method, rule.rule))
    return sorted(found)


def test_a_token_opens_uploads_and_nothing_else(page: Page) -> None:
    for method, rule in rules(page.shop.app):
        path = filled(rule, "job_" + "0" * 26)
        answer = page.call(method, path)
        opened = (method, rule) == ("POST", "/v1/uploads")
        assert (answer.status_code == 403) is not opened, (method, rule, answer.status_code)


def test_a_token_with_a_spec_opens_its_jobs_and_nothing_else(buyer: Page, jpeg: bytes) -> None:
    job_id, opened = buyer.made_job(jpeg), []
    for method, rule in rules(buyer.shop.app):
        if "events" in rule and "job_id" in rule:
            continue  # streams; see the test of its own
        if buyer.call(method, filled(rule, job_id)).status_code != 403:
            opened.append((method, rule))
    assert opened == [
        ("GET", "/v1/jobs/<job_id>"),
        ("GET", "/v1/jobs/<job_id>/outputs/<index>"),
        ("POST", "/v1/jobs"),
        ("POST", "/v1/uploads"),
    ]


def filled(rule: str, job_id: str) -> str:
    places = {"job_id": job_id, "any(cancel, pause, resume, retry):wish": "cancel"}
    return re.sub(r"<([^>]+)>", lambda place: places.get(place[1], "0"), rule)


def test_a_page_has_its_photo_done_and_reads_what_came_of_it(buyer: Page, shop: Any, jpeg: bytes) -> None:
    sent = buyer.send(jpeg).get_json()["id"]
    answer = buyer.submit(sent, external_id="cart-7", metadata={"by": "page", "size": "M"})
    assert answer.status_code == 202, answer.text
    job_id = answer.get_json()["id"]
    document = buyer.call("GET", f"/v1/jobs/{job_id}").get_json()
    assert document["spec"]["operations"] == shop.get(f"/v1/jobs/{job_id}").get_json()["spec"]["operations"]
    assert document["spec"]["metadata"] == {"by": "shop", "size": "M"}  # the shop's own word holds
    shop.finish(job_id, jpeg)
    assert buyer.call("GET", f"/v1/jobs/{job_id}/outputs/0").data == jpeg
    assert buyer.call("GET", f"/v1/jobs/{job_id}?wait=1").get_json()["state"] == "succeeded"


def test_a_page_follows_its_job_and_no_other(buyer: Page, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = buyer.made_job(jpeg)
    shop.finish(job_id, jpeg)
    events = buyer.call("GET", f"/v1/jobs/{job_id}/events")
    assert (events.status_code, events.mimetype) == (200, "text/event-stream")
    events.close()
    assert problem_of(buyer.call("GET", f"/v1/jobs/{shop.submit(jpeg)}/events")) == (404, "not-found")


def test_another_job_of_the_shop_is_not_there(buyer: Page, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    others = [shop.finished(jpeg), Page(shop, spec=SPEC).made_job(jpeg), "job_" + "0" * 26, "x"]
    for other in others:
        for path in ("", "/outputs/0"):
            assert problem_of(buyer.call("GET", f"/v1/jobs/{other}{path}")) == (404, "not-found")


def test_a_photo_that_the_page_did_not_send_is_none_of_its_inputs(
    buyer: Page, shop: Any, encode: Any, problem_of: Any
) -> None:
    others = shop.upload(encode("JPEG", (30, 30)))
    for given in ({"upload": others}, {"url": "https://a.example/x.jpg"}, {}, None, "x", {"upload": 7}):
        answer = buyer.call("POST", "/v1/jobs", json={"input": given})
        assert problem_of(answer) == (422, "invalid-parameter")
        assert answer.get_json()["errors"][0]["pointer"] == "/input"


@pytest.mark.parametrize(
    "more", [{"operations": [{"op": "upscale"}]}, {"priority": "bulk"}, {"webhook": {}}, {"output": {}}, {"seed": 1}]
)
def test_a_page_changes_nothing_of_the_spec(more: Any, buyer: Page, jpeg: bytes, problem_of: Any) -> None:
    answer = buyer.submit(buyer.send(jpeg).get_json()["id"], **more)
    assert problem_of(answer) == (422, "invalid-parameter")
    assert answer.get_json()["errors"][0]["pointer"] == f"/{next(iter(more))}"


def test_an_external_id_of_the_shop_is_the_shops(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    page = Page(shop, spec={**SPEC, "external_id": "sku-1"})
    sent = page.send(jpeg).get_json()["id"]
    assert problem_of(page.submit(sent, external_id="sku-2")) == (422, "invalid-parameter")
    assert page.submit(sent).status_code == 202


def test_a_page_does_not_choose_where_the_shops_webhook_leads(buyer: Page, shop: Any, jpeg: bytes) -> None:
    shop.post("/v1/webhooks", json={"url": "https://shop.example/hook"})
    sent = buyer.send(jpeg).get_json()["id"]
    forged = {"headers": {"Host": "evil.example"}}
    shop.finish(buyer.submit(sent, **forged).get_json()["id"], jpeg)
    claimed = shop.services.store.claim_delivery(1000)
    assert claimed.base_url == "http://localhost"


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"'])
def test_a_body_that_is_no_object_is_refused(body: bytes, buyer: Page, problem_of: Any) -> None:
    answer = buyer.call("POST", "/v1/jobs", data=body, content_type="application/json")
    assert problem_of(answer)[0] in {400, 422}


def test_a_form_is_no_way_around_the_spec(buyer: Page, jpeg: bytes, problem_of: Any) -> None:
    answer = buyer.call("POST", "/v1/jobs", data={"file": (io.BytesIO(jpeg), "a.jpg"), "spec": "{}"})
    assert problem_of(answer) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "https://shop.example.evil.example"])
def test_a_page_of_another_origin_is_refused(origin: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    answer = Page(shop, origin).send(jpeg)
    assert problem_of(answer) == (403, "forbidden")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_an_origin_nothing_is_sent(page: Page, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    headers = {"Authorization": f"Bearer {page.made['token']}"}
    answer = shop.app.test_client().post("/v1/uploads", data=jpeg, headers=headers, content_type="image/jpeg")
    assert problem_of(answer) == (403, "forbidden")


def test_uploads_are_used_up_by_good_photos_and_bad(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    page = Page(shop, max_uploads=2)
    assert page.send(b"no photo").status_code == 415
    assert page.send(jpeg).status_code == 201
    refused = page.send(jpeg)
    assert problem_of(refused) == (403, "forbidden")
    assert "used up" in refused.get_json()["detail"]


def test_an_upload_that_failed_by_our_fault_is_given_back(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    page = Page(shop, max_uploads=1)
    with monkeypatch.context() as patch:
        patch.setattr("api.uploads.store_photo", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
        assert page.send(jpeg).status_code == 503
    assert page.send(jpeg).status_code == 201


def test_a_photo_has_the_tokens_size_at_most(shop: Any, encode: Any, problem_of: Any) -> None:
    page = Page(shop, max_bytes=1000)
    assert problem_of(page.send(encode("PNG", (300, 300), compress_level=0))) == (413, "body-too-large")
    assert page.send(encode("PNG", (8, 8))).status_code == 201


def test_jobs_are_as_many_as_uploads_and_a_replay_is_free(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    page = Page(shop, spec=SPEC, max_uploads=1)
    sent = page.send(jpeg).get_json()["id"]
    first = page.submit(sent, headers={"Idempotency-Key": "k"})
    again = page.submit(sent, headers={"Idempotency-Key": "k"})
    assert (first.get_json()["id"], again.headers["Idempotency-Replayed"]) == (again.get_json()["id"], "true")
    refused = page.submit(sent)
    assert problem_of(refused) == (403, "forbidden")
    assert "used up" in refused.get_json()["detail"]


def test_an_idempotency_key_of_the_shop_leads_to_no_job_of_the_shop(buyer: Page, shop: Any, jpeg: bytes) -> None:
    sent = buyer.send(jpeg).get_json()["id"]
    whole = {**SPEC, "input": {"upload": sent}}
    own = shop.post("/v1/jobs", json=whole, headers={"Idempotency-Key": "k"}).get_json()["id"]
    made = buyer.submit(sent, headers={"Idempotency-Key": "k"})
    assert made.get_json()["id"] != own
    assert "Idempotency-Replayed" not in made.headers


def test_a_pages_jobs_count_for_the_shops_key(make_shop: Any, settings: ApiSettings, jpeg: bytes, problem_of: Any):
    shop = make_shop(settings, limits=KeyLimits(jobs_per_day=1))
    page = Page(shop, spec=SPEC)
    sent = page.send(jpeg).get_json()["id"]
    assert page.submit(sent).status_code == 202
    assert problem_of(page.submit(sent)) == (429, "rate-limited")
    assert shop.get("/v1/me").get_json()["limits"]["jobs_today"] == 1


def test_a_pages_requests_count_for_itself_alone(make_shop: Any, settings: ApiSettings, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.upload_tokens.REQUESTS_PER_MINUTE", 2)
    shop = make_shop(settings, limits=KeyLimits(requests_per_minute=50))
    page = Page(shop, spec=SPEC)
    assert [page.call("GET", "/v1/jobs/x").status_code for _ in range(3)] == [404, 404, 429]
    assert shop.get("/v1/me").headers["RateLimit-Remaining"] == "48"


def test_an_expired_token_opens_nothing(page: Page, redis_connection: Any, jpeg: bytes, problem_of: Any) -> None:
    redis_connection.hset(f"packshot:upload-token:{page.made['id']}", "expires_at", 1_000_000)
    answer = page.send(jpeg)
    assert problem_of(answer) == (401, "key-revoked")
    assert "expired" in answer.get_json()["detail"]


def test_a_revoked_token_opens_nothing(page: Page, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    path = f"/v1/upload-tokens/{page.made['id']}"
    assert [shop.call("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert problem_of(page.send(jpeg)) == (401, "key-revoked")


def test_a_token_that_vanished_comes_back_by_no_use(page: Page, shop: Any, redis_connection: Any) -> None:
    tokens, token_id = shop.services.upload_tokens, page.made["id"]
    redis_connection.delete(f"packshot:upload-token:{token_id}")
    assert not tokens.take_upload(token_id)
    tokens.give_back_upload(token_id)
    assert not tokens.revoke("shop", token_id)
    assert not redis_connection.exists(f"packshot:upload-token:{token_id}")


def test_a_tenant_has_only_so_many_tokens(shop: Any, rival: Any, monkeypatch: Any, problem_of: Any) -> None:
    monkeypatch.setattr("api.upload_tokens.MAX_TOKENS", 2)
    first, _ = Page(shop, expires_in_s=60).made, Page(shop)
    refused = shop.post("/v1/upload-tokens", json={"origins": [PAGE]})
    assert problem_of(refused) == (429, "rate-limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert rival.post("/v1/upload-tokens", json={"origins": [PAGE]}).status_code == 201
    shop.call("DELETE", f"/v1/upload-tokens/{first['id']}")
    assert shop.post("/v1/upload-tokens", json={"origins": [PAGE]}).status_code == 201


def test_of_tokens_that_ended_only_so_many_are_remembered(shop: Any, redis_connection: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.upload_tokens.MAX_TOKENS", 2)
    made = []
    for _ in range(6):
        made.append(Page(shop).made["id"])
        shop.call("DELETE", f"/v1/upload-tokens/{made[-1]}")
    kept = [token_id for token_id in made if redis_connection.exists(f"packshot:upload-token:{token_id}")]
    assert len(kept) == redis_connection.zcard("packshot:upload-tokens:shop") == 3
    assert 0 < redis_connection.ttl("packshot:upload-tokens:shop") <= 2 * 3600


def test_a_token_ends_with_the_key_that_made_it(page: Page, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    kept = Page(shop)
    shop.services.keys.rotate(shop.key[4:20], 0)
    assert problem_of(page.send(jpeg)) == (401, "key-revoked")
    shop.services.keys.revoke(shop.key[4:20])
    assert problem_of(kept.send(jpeg)) == (401, "key-revoked")


@pytest.mark.parametrize("token_id", ["0" * 16, "x", ".."])
def test_a_token_that_is_none_is_not_found(token_id: str, shop: Any, rival: Any, problem_of: Any) -> None:
    assert problem_of(shop.call("DELETE", f"/v1/upload-tokens/{token_id}")) == (404, "not-found")
    made = Page(shop).made["id"]
    assert problem_of(rival.call("DELETE", f"/v1/upload-tokens/{made}")) == (404, "not-found")


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "zz", lambda text: text + "x", lambda _: "put_"])
def test_a_changed_token_is_unknown(change: Any, page: Page, jpeg: bytes, problem_of: Any) -> None:
    page.made["token"] = change(page.made["token"])
    assert problem_of(page.send(jpeg)) == (401, "unauthorized")
