"""Keys that are erased with all of their tenant's: an operator's only by an operator, and none comes back."""

from collections.abc import Callable
from typing import Any

import pytest

from api.dev_key import FILE_NAME, ensure_dev_key
from jobs.erasing import Eraser
from tests.api.conftest import Shop


def erase_with_keys(shop: Shop) -> dict[str, Any]:
    """Have it erased; returns what the receipt says."""
    answer = shop.post("/v1/tenant/erasure", json={"confirm": shop.tenant, "keys": True})
    assert answer.status_code == 202, answer.text
    store, erasure_id = shop.services.store, answer.get_json()["id"]
    for _ in range(30):
        store.redis.zadd("packshot:erasures", {erasure_id: 1}, xx=True)
        Eraser(store, shop.services.blobs).go_on()
        found = store.erasure(shop.tenant, erasure_id)
        if found is not None and found.state == "done":
            return {"keys": found.counts["keys"], "left": list(found.left)}
    raise AssertionError(found)


@pytest.fixture
def keeper(make_shop: Callable[..., Shop], settings: Any) -> Shop:
    return make_shop(settings, "dev", scopes=("jobs:read", "keys:manage"))


def test_a_plain_key_does_not_erase_an_operators(keeper: Shop, make_shop: Any, settings: Any) -> None:
    operator = make_shop(settings, "dev", keeper.app, scopes=("keys:manage", "operator"))
    receipt = erase_with_keys(keeper)
    assert receipt["keys"] == 1
    assert "operator" in receipt["left"][0]
    assert keeper.get("/v1/me").status_code == 401
    assert operator.get("/v1/operator/audit").status_code == 200
    assert [key["id"] for key in operator.get("/v1/keys").get_json()["items"]] == [operator.key[4:20]]
    assert erase_with_keys(operator) == {"keys": 1, "left": []}
    assert operator.get("/v1/me").status_code == 401


def test_an_erased_development_key_does_not_come_back(keeper: Shop, redis_connection: Any) -> None:
    redis_connection.flushdb()
    folder = keeper.services.settings.data_dir
    key = ensure_dev_key(keeper.services.keys, folder)
    assert key is not None
    keeper.key, erased = key.text, (folder / FILE_NAME).read_text()
    assert erase_with_keys(keeper) == {"keys": 1, "left": []}
    assert not (folder / FILE_NAME).exists(), "a Redis that loses its data would get it back from there"
    (folder / FILE_NAME).write_text(erased)  # as another machine has it
    assert keeper.get("/v1/me").status_code == 401, "nothing was lost, so nothing is brought back"
    made = ensure_dev_key(keeper.services.keys, folder)
    assert made is not None
    assert made.text != key.text, "the next start makes a fresh one"
    assert keeper.get("/v1/me").status_code == 401
    keeper.key = made.text
    assert keeper.get("/v1/me").status_code == 200


def test_a_plain_keys_erasure_leaves_the_development_key(keeper: Shop, redis_connection: Any, make_shop: Any) -> None:
    redis_connection.flushdb()
    folder = keeper.services.settings.data_dir
    key = ensure_dev_key(keeper.services.keys, folder)
    assert key is not None
    plain = make_shop(keeper.services.settings, "dev", keeper.app, scopes=("keys:manage",))
    assert erase_with_keys(plain)["keys"] == 1
    assert (folder / FILE_NAME).read_text().strip() == key.text
    redis_connection.flushdb()
    keeper.key = key.text
    assert keeper.get("/v1/me").status_code == 200, "lost with Redis' data, and brought back"


def test_what_is_asked_for_during_an_erasure_does_not_outlive_it(keeper: Shop, make_shop: Any, problem_of: Any) -> None:
    shop = make_shop(keeper.services.settings, "dev", keeper.app)
    shop.services.store.start_erasure("dev")
    made = shop.post("/v1/upload-tokens", json={"origins": ["http://localhost"]})
    assert problem_of(made) == (409, "being-erased")
    made = shop.post("/v1/webhooks", json={"url": "https://93.184.216.34/hook", "events": ["*"]})
    assert problem_of(made) == (409, "being-erased")
