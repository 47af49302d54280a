"""Keys over the API: listed, made, rotated, changed, revoked, and never by one that has less itself."""

from typing import Any

import pytest

from api.key_lists import KeyLists
from api.key_records import SCOPES, SHOP_SCOPES, KeyLimits
from api.settings import ApiSettings

ADMIN = ("jobs:read", "jobs:write", "keys:manage")


@pytest.fixture
def admin(make_shop: Any, settings: ApiSettings) -> Any:
    return make_shop(settings, scopes=ADMIN, name="the merchant")


@pytest.fixture
def operator(make_shop: Any, settings: ApiSettings, admin: Any) -> Any:
    return make_shop(settings, "ops", admin.app, scopes=SCOPES)


def key_id(shop: Any) -> str:
    return str(shop.key[4:20])


def using(shop: Any, key: str) -> Any:
    return type(shop)(shop.app, shop.tenant, key)


def test_a_key_tells_who_it_is(admin: Any) -> None:
    assert admin.get("/v1/me").get_json() == {
        "tenant": "shop",
        "key": {"id": key_id(admin), "name": "the merchant", "scopes": sorted(ADMIN), "expires_at": None},
        "limits": {"requests_per_minute": None, "jobs_per_day": None, "jobs_today": 0},
    }


def test_any_key_may_ask_who_it_is_and_nobody_else(
    make_shop: Any, settings: ApiSettings, admin: Any, problem_of: Any
) -> None:
    narrow = make_shop(settings, "narrow", admin.app, scopes=["uploads:write"])
    assert narrow.get("/v1/me").get_json()["tenant"] == "narrow"
    assert problem_of(admin.app.test_client().get("/v1/me")) == (401, "unauthorized")


def test_a_made_key_is_told_once_and_does_what_it_may(admin: Any, problem_of: Any) -> None:
    wish = {"name": "server", "scopes": ["jobs:read"], "expires_in_s": 3600, "requests_per_minute": 9}
    answer = admin.post("/v1/keys", json=wish)
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["tenant"], made["scopes"], made["limits"]["requests_per_minute"]) == ("shop", ["jobs:read"], 9)
    shop = using(admin, made.pop("key"))
    assert shop.get("/v1/jobs").headers["RateLimit-Limit"] == "9"
    assert problem_of(shop.get("/v1/keys")) == (403, "forbidden")
    listed = admin.get("/v1/keys").get_json()["items"]
    assert [item["id"] for item in listed] == [made["id"], key_id(admin)]
    assert listed[0] == made | {"last_used_at": listed[0]["last_used_at"]}
    assert listed[0]["last_used_at"] is not None


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 422),
        ({"scopes": []}, 422),
        ({"scopes": ["everything"]}, 422),
        ({"scopes": ["jobs:read"], "colour": "red"}, 422),
        ({"scopes": ["jobs:read"], "expires_in_s": 1}, 422),
        ({"scopes": ["jobs:read"], "tenant": "a/b"}, 422),
        ({"scopes": ["jobs:read"], "requests_per_minute": -1}, 422),
        ({"scopes": ["webhooks:manage"]}, 403),
        ({"scopes": ["operator"]}, 403),
        ({"scopes": ["jobs:read"], "tenant": "rival"}, 403),
        ({"name": "\x1b]0;rm\x07", "scopes": ["jobs:read"]}, 422),  # it would rename the terminal that lists it
        ({"name": "two\nlines", "scopes": ["jobs:read"]}, 422),
    ],
)
def test_a_key_that_may_not_be_is_not_made(wish: Any, status: int, admin: Any, problem_of: Any) -> None:
    assert problem_of(admin.post("/v1/keys", json=wish))[0] == status
    assert len(admin.get("/v1/keys").get_json()["items"]) == 1


def test_a_key_gives_no_more_than_its_own_limits(make_shop: Any, settings: ApiSettings, problem_of: Any) -> None:
    admin = make_shop(settings, scopes=ADMIN, limits=KeyLimits(60, 100))
    for more in ({"requests_per_minute": 61}, {"requests_per_minute": 0}, {"jobs_per_day": 101}):
        assert problem_of(admin.post("/v1/keys", json={"scopes": ["jobs:read"], **more})) == (403, "forbidden")
    made = admin.post("/v1/keys", json={"scopes": ["jobs:read"], "jobs_per_day": 5}).get_json()
    assert made["limits"] == {"requests_per_minute": 60, "jobs_per_day": 5}
    for path, limit in ((made["id"], None), (key_id(admin), 0)):  # null is no limit either: none is set for all
        refused = admin.call("PATCH", f"/v1/keys/{path}", json={"jobs_per_day": limit})
        assert problem_of(refused) == (403, "forbidden")


def test_a_key_gives_no_longer_life_than_its_own(make_shop: Any, settings: ApiSettings, problem_of: Any) -> None:
    admin = make_shop(settings, scopes=ADMIN, expires_in_s=1000)
    longer = {"scopes": ["jobs:read"], "expires_in_s": 2000}
    assert problem_of(admin.post("/v1/keys", json=longer)) == (403, "forbidden")
    own = admin.get("/v1/me").get_json()["key"]["expires_at"]
    assert admin.post("/v1/keys", json={"scopes": ["jobs:read"]}).get_json()["expires_at"] <= own
    assert admin.post(f"/v1/keys/{key_id(admin)}/rotate").get_json()["expires_at"] <= own


def test_another_tenants_key_is_not_there(admin: Any, rival_key: str, problem_of: Any) -> None:
    for method, path in (("POST", "/rotate"), ("DELETE", ""), ("PATCH", "")):
        answer = admin.call(method, f"/v1/keys/{rival_key}{path}", json=None if method != "PATCH" else {})
        assert problem_of(answer) == (404, "not-found")
    assert problem_of(admin.get("/v1/keys?tenant=rival")) == (403, "forbidden")


@pytest.fixture
def rival_key(make_shop: Any, settings: ApiSettings, admin: Any) -> str:
    return key_id(make_shop(settings, "rival", admin.app))


def test_an_operator_handles_all_keys(operator: Any, admin: Any, rival_key: str) -> None:
    everybody = [item["tenant"] for item in operator.get("/v1/keys").get_json()["items"]]
    assert sorted(everybody) == ["ops", "rival", "shop"]
    assert [item["id"] for item in operator.get("/v1/keys?tenant=rival").get_json()["items"]] == [rival_key]
    made = operator.post("/v1/keys", json={"scopes": ["jobs:read"], "tenant": "new", "requests_per_minute": 0})
    assert made.get_json()["tenant"] == "new"
    assert operator.call("DELETE", f"/v1/keys/{rival_key}").status_code == 204


def test_an_operators_key_is_handled_by_operators_alone(
    make_shop: Any, settings: ApiSettings, admin: Any, problem_of: Any
) -> None:
    chief = make_shop(settings, "shop", admin.app, scopes=SCOPES)
    for method, path in (("POST", "/rotate"), ("DELETE", "")):
        assert problem_of(admin.call(method, f"/v1/keys/{key_id(chief)}{path}")) == (403, "forbidden")


def test_a_key_that_may_more_is_not_rotated(make_shop: Any, settings: ApiSettings, admin: Any, problem_of: Any) -> None:
    wider = make_shop(settings, "shop", admin.app, scopes=SHOP_SCOPES)
    assert problem_of(admin.post(f"/v1/keys/{key_id(wider)}/rotate")) == (403, "forbidden")


def test_after_a_rotation_both_keys_open_for_a_while(admin: Any, problem_of: Any) -> None:
    answer = admin.post(f"/v1/keys/{key_id(admin)}/rotate", json={"overlap_s": 600})
    assert answer.status_code == 201
    fresh = using(admin, answer.get_json()["key"])
    assert [shop.get("/v1/me").get_json()["key"]["name"] for shop in (admin, fresh)] == ["the merchant"] * 2
    assert admin.get("/v1/me").get_json()["key"]["expires_at"] is not None
    assert fresh.get("/v1/me").get_json()["key"]["expires_at"] is None
    again = fresh.post(f"/v1/keys/{key_id(admin)}/rotate", json={"overlap_s": 0}).get_json()
    assert again["expires_at"] is None  # the overlap is the old key's, not a life that its successors inherit
    assert problem_of(admin.get("/v1/me")) == (401, "key-revoked")
    assert problem_of(fresh.post(f"/v1/keys/{key_id(admin)}/rotate")) == (409, "already-terminal")


def test_a_rotation_does_not_refill_the_day(make_shop: Any, settings: ApiSettings, jpeg: bytes, problem_of: Any):
    admin = make_shop(settings, scopes=(*ADMIN, "uploads:write"), limits=KeyLimits(jobs_per_day=1))
    spec = admin.spec(jpeg)
    assert admin.post("/v1/jobs", json=spec).status_code == 202
    fresh = using(admin, admin.post(f"/v1/keys/{key_id(admin)}/rotate").get_json()["key"])
    assert problem_of(fresh.post("/v1/jobs", json=spec)) == (429, "rate-limited")


def test_the_keys_of_a_limited_key_share_its_day(make_shop: Any, settings: ApiSettings, jpeg: bytes, problem_of: Any):
    wish = {"scopes": ["keys:manage", "jobs:write", "uploads:write"]}
    admin = make_shop(settings, scopes=(*ADMIN, "uploads:write"), limits=KeyLimits(jobs_per_day=1))
    child = using(admin, admin.post("/v1/keys", json=wish).get_json()["key"])
    grandchild = using(admin, child.post("/v1/keys", json=wish).get_json()["key"])
    spec = admin.spec(jpeg)
    assert grandchild.post("/v1/jobs", json=spec).status_code == 202
    for shop in (admin, child):
        assert problem_of(shop.post("/v1/jobs", json=spec)) == (429, "rate-limited")


def test_the_keys_of_a_key_without_limits_of_its_own_count_for_themselves(admin: Any) -> None:
    made = admin.post("/v1/keys", json={"scopes": ["jobs:read"], "jobs_per_day": 5}).get_json()["id"]
    assert admin.services.keys.get(made).account == made


def test_a_revoked_key_is_listed_as_such_and_revoking_again_is_no_mistake(admin: Any) -> None:
    made = admin.post("/v1/keys", json={"scopes": ["jobs:read"]}).get_json()["id"]
    assert [admin.call("DELETE", f"/v1/keys/{made}").status_code for _ in range(2)] == [204, 204]
    assert admin.get("/v1/keys").get_json()["items"][0]["revoked_at"] is not None


def test_a_key_is_renamed_and_limited(admin: Any) -> None:
    made = admin.post("/v1/keys", json={"scopes": ["jobs:read"], "jobs_per_day": 5}).get_json()["id"]
    changed = admin.call("PATCH", f"/v1/keys/{made}", json={"name": "new", "requests_per_minute": 3}).get_json()
    assert (changed["name"], changed["limits"]) == ("new", {"requests_per_minute": 3, "jobs_per_day": 5})


@pytest.mark.parametrize("path", ["/v1/keys/zz", "/v1/keys/..", "/v1/keys/0000000000000000"])
def test_a_key_that_is_none_is_not_found(path: str, admin: Any, problem_of: Any) -> None:
    assert problem_of(admin.call("DELETE", path)) == (404, "not-found")


def test_pages_of_keys_hold_each_once(admin: Any) -> None:
    for _ in range(4):
        admin.services.keys.create("shop")
    seen, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/v1/keys?limit=2{cursor and '&cursor=' + cursor}").get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["cursor"]
    assert len(seen) == len(set(seen)) == 5


def test_a_tenant_has_only_so_many_keys(admin: Any, problem_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.key_routes.MAX_KEYS", 2)
    made = admin.post("/v1/keys", json={"scopes": ["jobs:read"]}).get_json()["id"]
    assert problem_of(admin.post("/v1/keys", json={"scopes": ["jobs:read"]})) == (429, "rate-limited")
    admin.call("DELETE", f"/v1/keys/{made}")
    assert admin.post("/v1/keys", json={"scopes": ["jobs:read"]}).status_code == 201


def test_keys_that_ended_long_ago_are_forgotten(admin: Any, redis_connection: Any) -> None:
    gone = admin.services.keys.create("shop").id
    redis_connection.hset(f"packshot:key:{gone}", "revoked_at", 1_000_000)
    admin.post("/v1/keys", json={"scopes": ["jobs:read"]})
    assert gone not in str(admin.get("/v1/keys").get_json())
    assert not redis_connection.exists(f"packshot:key:{gone}")


def test_of_many_keys_that_ended_the_newest_are_kept(admin: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.key_lists.MAX_ENDED", 2)
    for _ in range(4):
        made = admin.post("/v1/keys", json={"scopes": ["jobs:read"]}).get_json()["id"]
        admin.call("DELETE", f"/v1/keys/{made}")
    admin.post("/v1/keys", json={"scopes": ["jobs:read"]})
    ended = [item for item in admin.get("/v1/keys").get_json()["items"] if item["revoked_at"]]
    assert len(ended) == 2
    assert admin.get("/v1/me").status_code == 200


def test_keys_of_an_earlier_version_are_adopted(admin: Any, redis_connection: Any) -> None:
    old = admin.services.keys.create("shop", scopes=["jobs:read"])
    record = redis_connection.hgetall(f"packshot:key:{old.id}")
    redis_connection.delete(f"packshot:key:{old.id}", "packshot:keys-of:shop", "packshot:keys-of:*")
    kept = {name: record[name] for name in ("tenant", "sha256", "scopes", "created_at")}
    redis_connection.hset(f"packshot:key:{old.id}", mapping=kept)
    assert using(admin, old.text).get("/v1/me").get_json()["key"]["scopes"] == ["jobs:read"]
    assert KeyLists(admin.services.keys).adopt() == 2
    assert {item["id"] for item in admin.get("/v1/keys").get_json()["items"]} == {old.id, key_id(admin)}
    assert KeyLists(admin.services.keys).adopt() == 0


def test_the_last_use_is_written_once_a_minute(admin: Any, redis_connection: Any) -> None:
    name = f"packshot:key:{key_id(admin)}"
    admin.get("/v1/me")
    first = redis_connection.hget(name, "last_used_at")
    redis_connection.hset(name, "last_used_at", int(first) - 30)
    admin.get("/v1/me")
    assert redis_connection.hget(name, "last_used_at") == str(int(first) - 30)
    redis_connection.hset(name, "last_used_at", int(first) - 90)
    admin.get("/v1/me")
    assert int(redis_connection.hget(name, "last_used_at")) >= int(first)


def test_links_are_rotated_by_operators_alone(operator: Any, admin: Any, problem_of: Any) -> None:
    answer = operator.post("/v1/links/rotate")
    assert (answer.status_code, answer.get_json()["secrets"]) == (200, 2)
    assert problem_of(admin.post("/v1/links/rotate")) == (403, "forbidden")
