"""Every route that changes something leaves an entry in the audit log, and what is refused does too, within bounds."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from api.auditing import ACTIONS
from tests.api.conftest import Shop
from tests.api.test_meta import register_worker

READS = ("outputs.output", "uploads.content", "archives.archive", "batches.archive", "batches.results")
HOOK = {"url": "https://93.184.216.34/hook", "events": ["job.*"]}

Do = Callable[[Shop, bytes], Any]


def changing_endpoints(app: Flask) -> set[str]:
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }


def batch(shop: Shop, jpeg: bytes) -> str:
    items = [shop.spec(jpeg, external_id="A1")]
    return str(shop.post("/v1/batches", json={"items": items}).get_json()["id"])


def key(shop: Shop) -> str:
    return str(shop.post("/v1/keys", json={"name": "new", "scopes": ["jobs:read"]}).get_json()["id"])


def token(shop: Shop) -> Any:
    return shop.post("/v1/upload-tokens", json={"origins": ["http://localhost"]})


def endpoint(shop: Shop) -> str:
    return str(shop.post("/v1/webhooks", json=HOOK).get_json()["id"])


def delivery(shop: Shop) -> str:
    hook = endpoint(shop)
    message = shop.post(f"/v1/webhooks/{hook}/test").get_json()["id"]
    return f"/v1/webhooks/{hook}/deliveries/{message}/redeliver"


def model(shop: Shop) -> str:
    register_worker(shop)
    return "upscale-x2"


def dead(shop: Shop, jpeg: bytes) -> str:
    job_id = shop.submit(jpeg)
    shop.services.redis.hset(f"packshot:job:{job_id}", mapping={"dead": "1", "state": "failed"})
    shop.services.redis.rpush("packshot:dead", job_id)
    return job_id


RECIPES: dict[str, Do] = {
    "uploads.upload": lambda shop, jpeg: shop.post("/v1/uploads", data=jpeg, content_type="image/jpeg"),
    "uploads.content": lambda shop, jpeg: shop.get(f"/v1/uploads/{shop.upload(jpeg)}/content"),
    "uploads.erase": lambda shop, jpeg: shop.call("DELETE", f"/v1/uploads/{shop.upload(jpeg)}"),
    "jobs.submit": lambda shop, jpeg: shop.post("/v1/jobs", json=shop.spec(jpeg)),
    "jobs.cancel": lambda shop, jpeg: shop.post(f"/v1/jobs/{shop.submit(jpeg)}/cancel"),
    "jobs.erase": lambda shop, jpeg: shop.call("DELETE", f"/v1/jobs/{shop.submit(jpeg)}"),
    "outputs.output": lambda shop, jpeg: shop.get(f"/v1/jobs/{shop.finished(jpeg)}/outputs/0"),
    "archives.archive": lambda shop, jpeg: shop.get(f"/v1/jobs/archive?id={shop.finished(jpeg)}"),
    "archives.archive_of_many": lambda shop, jpeg: shop.post("/v1/jobs/archive", json={"ids": [shop.finished(jpeg)]}),
    "decisions.decide": lambda shop, jpeg: shop.post(
        f"/v1/jobs/{shop.finished(jpeg)}/outputs/0/decision", json={"verdict": "approved", "note": "SECRET-NOTE"}
    ),
    "batches.create": lambda shop, jpeg: shop.post("/v1/batches", json={"items": [shop.spec(jpeg)]}),
    "batches.steer": lambda shop, jpeg: shop.post(f"/v1/batches/{batch(shop, jpeg)}/pause"),
    "batches.erase": lambda shop, jpeg: shop.call("DELETE", f"/v1/batches/{batch(shop, jpeg)}"),
    "batches.results": lambda shop, jpeg: shop.get(f"/v1/batches/{batch(shop, jpeg)}/results"),
    "batches.archive": lambda shop, jpeg: shop.get(f"/v1/batches/{batch(shop, jpeg)}/archive"),
    "webhooks.create": lambda shop, _: shop.post("/v1/webhooks", json=HOOK),
    "webhooks.change": lambda shop, _: shop.call("PATCH", f"/v1/webhooks/{endpoint(shop)}", json={"description": "x"}),
    "webhooks.remove": lambda shop, _: shop.call("DELETE", f"/v1/webhooks/{endpoint(shop)}"),
    "webhooks.secret": lambda shop, _: shop.get(f"/v1/webhooks/{endpoint(shop)}/secret"),
    "webhooks.rotate": lambda shop, _: shop.post(f"/v1/webhooks/{endpoint(shop)}/rotate"),
    "webhooks.test": lambda shop, _: shop.post(f"/v1/webhooks/{endpoint(shop)}/test"),
    "webhooks.redeliver": lambda shop, _: shop.post(delivery(shop)),
    "keys.make": lambda shop, _: shop.post("/v1/keys", json={"name": "SECRET-NAME", "scopes": ["jobs:read"]}),
    "keys.rotate": lambda shop, _: shop.post(f"/v1/keys/{key(shop)}/rotate"),
    "keys.change": lambda shop, _: shop.call("PATCH", f"/v1/keys/{key(shop)}", json={"name": "other"}),
    "keys.revoke": lambda shop, _: shop.call("DELETE", f"/v1/keys/{key(shop)}"),
    "keys.rotate_links": lambda shop, _: shop.post("/v1/links/rotate"),
    "upload_tokens.make": lambda shop, _: token(shop),
    "upload_tokens.revoke": lambda shop, _: shop.call("DELETE", f"/v1/upload-tokens/{token(shop).get_json()['id']}"),
    "operator.requeue": lambda shop, jpeg: shop.post(f"/v1/operator/dead/{dead(shop, jpeg)}/requeue"),
    "operator.requeue_all": lambda shop, _: shop.post("/v1/operator/dead/requeue"),
    "operator.strike": lambda shop, jpeg: shop.call("DELETE", f"/v1/operator/dead/{dead(shop, jpeg)}"),
    "models.reload": lambda shop, _: shop.post("/v1/operator/models"),
    "models.wish": lambda shop, _: shop.call("PATCH", f"/v1/operator/models/{model(shop)}", json={"use": "newest"}),
    "privacy.change": lambda shop, _: shop.call("PATCH", "/v1/tenant", json={"retention_s": 3600}),
    "privacy.export": lambda shop, _: shop.get("/v1/tenant/export"),
    "privacy.erase": lambda shop, _: shop.post("/v1/tenant/erasure", json={"confirm": "shop"}),
}


@pytest.fixture
def shop(make_shop: Callable[..., Shop], settings: Any) -> Shop:
    """One whose key may do everything."""
    scopes = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage", "operator")
    return make_shop(settings, scopes=scopes, name="SECRET-NAME")


def log_of(shop: Shop, **query: str) -> list[dict[str, Any]]:
    return list(shop.get("/v1/operator/audit", query_string={"limit": 200, **query}).get_json()["items"])


def test_every_route_that_changes_something_is_noted(shop: Shop) -> None:
    noted = set(ACTIONS)
    assert changing_endpoints(shop.app) - noted == set(), "note it (api/auditing.py), or say above why not"
    assert noted == set(RECIPES), "and try it here"
    assert noted - changing_endpoints(shop.app) == {*READS, "webhooks.secret", "privacy.export"}


@pytest.mark.parametrize("done", sorted(RECIPES))
def test_what_is_done_leaves_one_entry_without_content(shop: Shop, jpeg: bytes, done: str) -> None:
    with capture_logs() as lines:
        answer = RECIPES[done](shop, jpeg)
        assert answer.status_code < 300, answer.text
        assert answer.data is not None
    found = [entry for entry in log_of(shop) if entry["request_id"] == answer.headers["X-Request-Id"]]
    assert [(entry["action"], entry["outcome"]) for entry in found] == [(ACTIONS[done], "ok")]
    assert found[0]["actor"]["id"] == shop.key[4:20]
    assert found[0]["tenant"] in {"shop", "*"}
    assert "SECRET" not in json.dumps({**found[0], "actor": None})
    told = [line for line in lines if line["event"] == "audit" and line["request_id"] == found[0]["request_id"]]
    assert [line["action"] for line in told] == [ACTIONS[done]]
    assert "SECRET" not in json.dumps(told, default=str)


def test_what_was_made_is_named_and_a_replay_makes_nothing(shop: Shop, jpeg: bytes) -> None:
    spec, named = shop.spec(jpeg, external_id="SECRET"), {"Idempotency-Key": "SECRET"}
    job_id = shop.post("/v1/jobs", json=spec, headers=named).get_json()["id"]
    shop.post("/v1/jobs", json=spec, headers=named)
    shop.post("/v1/jobs?validate_only=true", json=spec)
    assert [entry["subject"] for entry in log_of(shop, action="job.submit")] == [job_id]


def test_refusals_of_known_keys_are_noted_and_bounded(
    shop: Shop, make_shop: Callable[..., Shop], settings: Any
) -> None:
    weak = make_shop(settings, app=shop.app, scopes=("jobs:read",))
    for _ in range(3):
        assert weak.post("/v1/keys", json={"name": "x", "scopes": ["jobs:read"]}).status_code == 403
    broken = Shop(shop.app, "shop", weak.key[:-5] + "AAAAA")
    for _ in range(3):
        assert broken.get("/v1/jobs").status_code == 401
    unknown = Shop(shop.app, "shop", "psk_" + "0" * 16 + weak.key[20:])
    assert unknown.get("/v1/jobs").status_code == 401
    found = [(entry["action"], entry["problem"], entry["actor"]["id"]) for entry in log_of(shop) if entry["problem"]]
    assert found == [("request", "unauthorized", weak.key[4:20]), ("key.create", "forbidden", weak.key[4:20])]


def test_what_a_client_writes_into_a_path_is_not_written_down(
    shop: Shop, make_shop: Callable[..., Shop], settings: Any
):
    weak = make_shop(settings, app=shop.app, scopes=("jobs:read",))
    assert weak.call("DELETE", "/v1/jobs/SECRET-word").status_code == 403
    assert [entry["subject"] for entry in log_of(shop, action="job.erase")] == ["?"]


def test_an_operator_at_anothers_things_stands_in_the_others_log(shop: Shop, rival: Shop, jpeg: bytes) -> None:
    job_id = dead(rival, jpeg)
    shop.call("DELETE", f"/v1/operator/dead/{job_id}")
    entry = log_of(shop, tenant="rival", action="job.strike")[0]
    assert (entry["actor"]["kind"], entry["actor"]["id"], entry["subject"]) == ("operator", shop.key[4:20], job_id)
    assert entry["address"] == "", "where an operator sits is not a tenant's to read"


def test_a_change_of_nothing_and_a_refusal_for_want_of_room_leave_no_entry(shop: Shop) -> None:
    assert shop.call("PATCH", "/v1/tenant", json={}).status_code == 200
    assert shop.services.exports.take("shop")
    assert shop.get("/v1/tenant/export").status_code == 503
    assert log_of(shop, action="tenant.*") == []
    assert shop.call("PATCH", "/v1/tenant", json={"retention_s": 3600}).status_code == 200
    assert [entry["action"] for entry in log_of(shop, action="tenant.*")] == ["tenant.change"]


def test_a_tenant_reads_its_own_log_alone(
    shop: Shop, make_shop: Callable[..., Shop], settings: Any, jpeg: bytes
) -> None:
    owner = make_shop(settings, "owner", shop.app, scopes=("jobs:write", "uploads:write", "jobs:read", "keys:manage"))
    owner.submit(jpeg)
    shop.submit(jpeg)
    items = owner.get("/v1/audit").get_json()["items"]
    assert {entry["tenant"] for entry in items} == {"owner"}
    assert owner.get("/v1/operator/audit").status_code == 403


def test_links_and_upload_tokens_are_told_apart_from_keys(shop: Shop, jpeg: bytes) -> None:
    link = shop.output_link(shop.finished(jpeg))
    assert shop.app.test_client().get(link).status_code == 200
    assert shop.app.test_client().get(link).status_code == 200
    made = token(shop).get_json()
    page = Shop(shop.app, "shop", made["token"], {"Origin": "http://localhost"})
    page.upload(jpeg)
    kinds = [(entry["actor"]["kind"], entry["action"]) for entry in log_of(shop)[:3]]
    assert kinds == [("upload_token", "upload.create"), ("key", "upload_token.create"), ("link", "output.read")]


def test_pages_of_the_log_are_whole_and_names_come_from_the_keys(shop: Shop) -> None:
    for _ in range(5):
        shop.post("/v1/links/rotate")
    first = shop.get("/v1/operator/audit?limit=3").get_json()
    second = shop.get("/v1/operator/audit", query_string={"limit": 3, "cursor": first["cursor"]}).get_json()
    ids = [entry["id"] for page in (first, second) for entry in page["items"]]
    assert (len(ids), len(set(ids)), second["cursor"]) == (5, 5, None)
    assert {entry["actor"]["name"] for entry in first["items"]} == {"SECRET-NAME"}
    assert shop.get("/v1/operator/audit?cursor=x").status_code == 422
