"""Webhook endpoints over HTTP: made, changed, rotated, tested; jobs' and batches' own webhooks."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.settings import ApiSettings

from .conftest import Shop

URL = "https://shop.example/hook?token=x"
NOBODY = "whe_" + 26 * "0"

ProblemOf = Callable[[TestResponse], tuple[int, str]]


def made(shop: Shop, **more: Any) -> dict[str, Any]:
    answer = shop.post("/v1/webhooks", json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"].endswith(f"/v1/webhooks/{document['id']}")
    return document


def deliveries(shop: Shop, endpoint_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = shop.get(f"/v1/webhooks/{endpoint_id}/deliveries{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_an_endpoint_is_made_shown_changed_and_deleted(shop: Shop, problem_of: ProblemOf):
    document = made(shop, events=["job.*"], description="pages")
    secret = document.pop("secret")
    place = f"/v1/webhooks/{document['id']}"
    assert document["state"] == "enabled"
    assert document["origin"] == "api"
    assert shop.get(place).get_json() == document
    assert shop.get("/v1/webhooks").get_json() == {"items": [document], "cursor": None}
    assert shop.get(f"{place}/secret").get_json() == {"secret": secret}
    changed = shop.call("PATCH", place, json={"state": "disabled", "events": ["batch.finished"]}).get_json()
    assert changed == document | {
        "state": "disabled",
        "disabled_reason": "switched off by its owner",
        "events": ["batch.finished"],
    }
    assert problem_of(shop.post(f"{place}/test")) == (422, "invalid-parameter")
    assert shop.call("PATCH", place, json={"state": "enabled"}).get_json()["disabled_reason"] is None
    assert shop.call("DELETE", place).status_code == 204
    assert problem_of(shop.get(place)) == (404, "not-found")
    assert problem_of(shop.call("DELETE", place)) == (404, "not-found")


def test_the_same_request_again_makes_no_second_endpoint(shop: Shop, rival: Shop, problem_of: ProblemOf):
    named = {"Idempotency-Key": "first"}
    first = shop.post("/v1/webhooks", json={"url": URL}, headers=named).get_json()
    assert shop.post("/v1/webhooks", json={"url": URL}, headers=named).get_json() == first
    other = shop.post("/v1/webhooks", json={"url": URL + "2"}, headers=named)
    assert problem_of(other) == (422, "idempotency-mismatch")
    assert rival.post("/v1/webhooks", json={"url": URL}, headers=named).get_json()["id"] != first["id"]
    assert len(shop.get("/v1/webhooks").get_json()["items"]) == 1


def test_without_events_everything_is_sent(shop: Shop):
    assert made(shop)["events"] == ["*"]


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({}, "invalid-parameter", "/url"),
        ({"url": URL, "events": []}, "invalid-parameter", "/events"),
        ({"url": URL, "events": ["job.done"]}, "invalid-parameter", "/events/0"),
        ({"url": URL, "secret": "x"}, "invalid-parameter", "/secret"),
        ({"url": URL, "description": "\0"}, "invalid-parameter", "/description"),
        ({"url": "http://shop.example/"}, "webhook-url-forbidden", "/url"),
        ({"url": "https://127.0.0.1/"}, "webhook-url-forbidden", "/url"),
        ({"url": "https://a:b@shop.example/"}, "webhook-url-forbidden", "/url"),
        ({"url": "https://shop.example:8443/"}, "webhook-url-forbidden", "/url"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_where_it_is_wrong(
    shop: Shop, problem_of: ProblemOf, body: dict[str, Any], slug: str, pointer: str
):
    answer = shop.post("/v1/webhooks", json=body)
    assert problem_of(answer) == (422, slug)
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert shop.get("/v1/webhooks").get_json()["items"] == []


@pytest.mark.parametrize("body", [{"url": "http://shop.example/"}, {"state": "gone"}, {"events": None}, {"id": "x"}])
def test_a_bad_change_changes_nothing(shop: Shop, problem_of: ProblemOf, body: dict[str, Any]):
    document = made(shop)
    document.pop("secret")
    assert problem_of(shop.call("PATCH", f"/v1/webhooks/{document['id']}", json=body))[0] == 422
    assert shop.get(f"/v1/webhooks/{document['id']}").get_json() == document


CALLS = [
    ("GET", "", None),
    ("PATCH", "", {"state": "disabled"}),
    ("DELETE", "", None),
    ("GET", "/secret", None),
    ("POST", "/rotate", {}),
    ("POST", "/test", None),
    ("GET", "/deliveries", None),
    ("POST", "/deliveries/{message}/redeliver", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_another_tenants_endpoint_is_as_absent_as_one_that_never_was(
    shop: Shop, rival: Shop, problem_of: ProblemOf, method: str, path: str, body: Any
):
    mine = made(shop)["id"]
    message = shop.post(f"/v1/webhooks/{mine}/test").get_json()["id"]
    for endpoint in (mine, NOBODY, "nonsense"):
        answer = rival.call(method, f"/v1/webhooks/{endpoint}{path.format(message=message)}", json=body)
        assert problem_of(answer) == (404, "not-found")
    assert shop.get(f"/v1/webhooks/{mine}").get_json()["state"] == "enabled"
    assert rival.get("/v1/webhooks").get_json()["items"] == []


def test_a_key_without_the_scope_manages_no_webhooks(
    make_shop: Callable[..., Shop], settings: ApiSettings, problem_of: ProblemOf
):
    shop = make_shop(settings, scopes=("jobs:read", "jobs:write"))
    assert problem_of(shop.get("/v1/webhooks")) == (403, "forbidden")
    assert problem_of(shop.post("/v1/webhooks", json={"url": URL})) == (403, "forbidden")


def test_a_rotation_gives_a_new_secret(shop: Shop, problem_of: ProblemOf):
    document = made(shop)
    place = f"/v1/webhooks/{document['id']}"
    rotated = shop.post(f"{place}/rotate", json={"overlap_s": 60}).get_json()
    assert rotated["secret"] != document["secret"]
    assert shop.get(f"{place}/secret").get_json()["secret"] == rotated["secret"]
    assert shop.post(f"{place}/rotate").get_json()["secret"] != rotated["secret"]
    assert problem_of(shop.post(f"{place}/rotate", json={"overlap_s": -1})) == (422, "invalid-parameter")
    assert problem_of(shop.post(f"{place}/rotate", json={"overlap_s": 604_801})) == (422, "invalid-parameter")


def test_a_finished_job_is_in_the_log_of_whoever_listens(shop: Shop, jpeg: bytes, problem_of: ProblemOf):
    endpoint = made(shop)["id"]
    job_id = shop.finished(jpeg)
    (delivery,) = deliveries(shop, endpoint)
    assert (delivery["type"], delivery["job"], delivery["state"]) == ("job.succeeded", job_id, "pending")
    assert (delivery["attempts"], delivery["batch"]) == ([], None)
    again = shop.post(f"/v1/webhooks/{endpoint}/deliveries/{delivery['id']}/redeliver")
    assert (again.status_code, again.get_json()) == (202, {"id": delivery["id"]})
    tested = shop.post(f"/v1/webhooks/{endpoint}/test").get_json()["id"]
    assert [item["id"] for item in deliveries(shop, endpoint)] == [tested, delivery["id"]]
    assert deliveries(shop, endpoint, "?state=delivered") == []
    page = shop.get(f"/v1/webhooks/{endpoint}/deliveries?limit=1").get_json()
    assert [item["id"] for item in deliveries(shop, endpoint, f"?cursor={page['cursor']}")] == [delivery["id"]]
    answer = shop.get(f"/v1/webhooks/{endpoint}/deliveries?state=lost")
    assert problem_of(answer) == (422, "invalid-parameter")


def test_the_clients_own_address_is_kept_for_links(shop: Shop, jpeg: bytes):
    made(shop)
    shop.finished(jpeg)
    claimed = shop.services.store.claim_delivery(1000)
    assert claimed is not None
    assert claimed.base_url == "http://localhost"


def test_a_jobs_own_webhook_is_an_endpoint_of_its_owner(shop: Shop, jpeg: bytes, problem_of: ProblemOf):
    job_id = shop.finished(jpeg, webhook={"url": URL, "events": ["job.succeeded"]})
    (endpoint,) = shop.get("/v1/webhooks").get_json()["items"]
    assert (endpoint["origin"], endpoint["url"]) == ("job", URL)
    assert shop.get(f"/v1/webhooks/{endpoint['id']}/secret").get_json()["secret"].startswith("whsec_")
    assert [item["job"] for item in deliveries(shop, endpoint["id"])] == [job_id]
    (job,) = shop.get("/v1/jobs").get_json()["items"]
    assert job["spec"]["webhook"] == {"url": URL, "events": ["job.succeeded"]}
    answer = shop.call("PATCH", f"/v1/webhooks/{endpoint['id']}", json={"events": ["*"]})
    assert problem_of(answer) == (422, "invalid-parameter")


@pytest.mark.parametrize(
    ("webhook", "slug", "pointer"),
    [
        ({"url": "http://shop.example/"}, "webhook-url-forbidden", "/webhook/url"),
        ({"url": URL, "events": ["job.*", "nothing"]}, "invalid-parameter", "/webhook/events/1"),
    ],
)
def test_a_job_with_a_bad_webhook_is_refused(
    shop: Shop, jpeg: bytes, problem_of: ProblemOf, webhook: dict[str, Any], slug: str, pointer: str
):
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg, webhook=webhook))
    assert problem_of(answer) == (422, slug)
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert shop.get("/v1/jobs").get_json()["items"] == []


def test_in_development_http_and_private_addresses_pass(make_shop: Callable[..., Shop], settings: ApiSettings):
    shop = make_shop(settings.model_copy(update={"webhooks_private": True}))
    answer = shop.post("/v1/webhooks", json={"url": "http://127.0.0.1:5000/hook"})
    assert answer.status_code == 201


def test_a_batch_tells_its_webhook_of_itself_and_its_jobs(shop: Shop, jpeg: bytes, problem_of: ProblemOf):
    row = {"upload": shop.upload(jpeg), "sku": "a", "operations": [{"op": "restore"}]}
    manifest = {"items": [row], "webhook": {"url": URL, "events": ["*"]}}
    batch = shop.post("/v1/batches", json=manifest).get_json()
    (job,) = shop.get("/v1/jobs").get_json()["items"]
    shop.finish(job["id"], jpeg)
    (endpoint,) = shop.get("/v1/webhooks").get_json()["items"]
    found = deliveries(shop, endpoint["id"])
    assert sorted((item["type"], item["job"], item["batch"]) for item in found) == [
        ("batch.finished", None, batch["id"]),
        ("job.succeeded", job["id"], None),
    ]
    claims = [shop.services.store.claim_delivery(1000) for _ in found]
    assert [claim and claim.base_url for claim in claims] == ["http://localhost", "http://localhost"]


def test_a_csv_takes_its_webhook_from_the_query(shop: Shop, jpeg: bytes, problem_of: ProblemOf):
    csv = f"sku,upload,operations\na,{shop.upload(jpeg)},restore\n"
    query = {"webhook": URL, "webhook_events": "batch.finished,job.failed"}
    answer = shop.post("/v1/batches", query_string=query, data=csv, content_type="text/csv")
    assert answer.status_code == 202, answer.text
    shop.post(f"/v1/batches/{answer.get_json()['id']}/cancel")
    (endpoint,) = shop.get("/v1/webhooks").get_json()["items"]
    assert [item["type"] for item in deliveries(shop, endpoint["id"])] == ["batch.finished"]
    alone = shop.post("/v1/batches?webhook_events=job.*", data=csv, content_type="text/csv")
    assert problem_of(alone) == (422, "invalid-parameter")


@pytest.mark.parametrize(
    ("where", "webhook", "slug", "pointer"),
    [
        ("batch", {"url": "http://shop.example/"}, "webhook-url-forbidden", "/webhook/url"),
        ("batch", {"url": URL, "events": ["x"]}, "invalid-parameter", "/webhook/events/0"),
        ("batch", "https://shop.example/", "invalid-parameter", "/webhook"),
        ("row", {"url": URL}, "invalid-parameter", "/webhook"),
    ],
)
def test_a_batch_with_a_bad_webhook_is_refused_in_a_dry_run_too(
    shop: Shop, jpeg: bytes, problem_of: ProblemOf, where: str, webhook: Any, slug: str, pointer: str
):
    row = {"upload": shop.upload(jpeg), "operations": [{"op": "restore"}]}
    manifest = {"items": [row], "webhook": webhook} if where == "batch" else {"items": [row | {"webhook": webhook}]}
    answer = shop.post("/v1/batches", json=manifest)
    assert problem_of(answer) == (422, slug)
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    dry = shop.post("/v1/batches?validate_only=true", json=manifest)
    if where == "batch":
        assert problem_of(dry) == (422, slug)
    else:
        assert dry.get_json()["errors"][0]["pointer"] == pointer
