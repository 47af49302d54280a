"""What a key may do: at every route, a key with all scopes but the one that is needed is refused."""

from dataclasses import replace
from typing import Any

import pytest

from api.key_records import SCOPES
from tests.api.conftest import Shop
from tests.api.isolation.belongings import Household
from tests.api.isolation.conftest import plain
from tests.api.isolation.routes import NAMES_A_THING, NAMES_NOTHING, OPEN, OPERATORS

ASKS = {**{route: asks[0] for route, asks in {**NAMES_NOTHING, **NAMES_A_THING}.items()}, **OPERATORS}
ANY_KEY = {"GET /v1/me"}
NEEDED = {"GET /v1/jobs/<job_id>/outputs/<index>": "jobs:read"}  # beside signed links; all others carry their scope


def scope_of(app: Any, route: str) -> str:
    if route in NEEDED:
        return NEEDED[route]
    method, _, path = route.partition(" ")
    [rule] = [rule for rule in app.url_map.iter_rules() if rule.rule == path and method in (rule.methods or ())]
    scope = getattr(app.view_functions[rule.endpoint], "__scope__", None)
    assert scope in SCOPES, f"{route} needs no scope: say so in tests/api/isolation/test_scopes.py if it must be open"
    return str(scope)


def test_a_route_without_a_scope_is_open_to_all_or_told_here(zebra: Household) -> None:
    app = zebra.shop.app
    asked = set(ASKS) - ANY_KEY
    assert {scope_of(app, route) for route in asked} == set(SCOPES)
    assert not set(OPEN) & asked


@pytest.mark.parametrize("lacking", SCOPES)
def test_a_key_that_lacks_a_routes_scope_is_refused_whatever_else_it_may(
    lacking: str, zebra: Household, rival: Household
) -> None:
    others = tuple(scope for scope in SCOPES if scope != lacking)
    shop = replace(rival.shop, key=rival.shop.services.keys.create("rival", scopes=others).text)
    asked = [route for route in ASKS if route not in ANY_KEY and scope_of(shop.app, route) == lacking]
    assert asked
    wrong = {
        route: told for route in asked if (told := refusal(shop, route, zebra))[:2] != (403, "/problems/forbidden")
    }
    assert wrong == {}
    assert {refusal(shop, route, zebra)[2] for route in asked} == {f"the API key lacks the scope {lacking!r}"}


@pytest.mark.parametrize("key", ["", "psk_{id}." + "A" * 43, "put_{id}." + "A" * 43, "nonsense"])
def test_without_a_known_key_every_route_is_closed(key: str, zebra: Household) -> None:
    told = {}
    for at, route in enumerate(ASKS):  # always another id: many guesses at one are not even looked at
        shop = replace(zebra.shop, key=key.replace("{id}", f"{at:016x}"))
        told[route] = refusal(shop, route, zebra)[:2]
    assert told == dict.fromkeys(ASKS, (401, "/problems/unauthorized"))


def test_an_upload_token_opens_its_few_routes_alone(zebra: Household) -> None:
    page = {"origins": ["http://localhost"], "spec": {"operations": [{"op": "restore"}]}}
    made = zebra.shop.post("/v1/upload-tokens", json=page).get_json()["token"]
    shop = replace(zebra.shop, key=made, headers={"Origin": "http://localhost"})
    told = {route: refusal(shop, route, zebra)[0] for route in ASKS}
    open_to_it = {"POST /v1/uploads", "POST /v1/jobs", "GET /v1/jobs/<job_id>", "GET /v1/jobs/<job_id>/events"}
    open_to_it |= {"GET /v1/jobs/<job_id>/outputs/<index>"}
    assert {route for route, status in told.items() if status != 403} == open_to_it
    assert {told[route] for route in open_to_it} <= {404, 415, 422}  # nothing of the tenant's that it did not make


def refusal(shop: Shop, route: str, home: Household) -> tuple[int, str, str]:
    """(status, problem's type, detail) of the first thing that may be asked there, with the tenant's own names."""
    ask = ASKS[route]
    path = home.ended.in_words(ask.path.replace("{own_", "{"))
    with shop.call(route.partition(" ")[0], path, json={}) as answer:
        document = answer.get_json() if answer.is_json else {}
        return answer.status_code, document.get("type", ""), plain(document.get("detail", ""))
