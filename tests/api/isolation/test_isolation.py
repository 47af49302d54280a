"""Tenants do not see each other, route by route: another's thing is answered as one that never was."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.isolation.belongings import NOBODYS, Household
from tests.api.isolation.conftest import route_keys, told
from tests.api.isolation.routes import NAMES_A_THING, NAMES_NOTHING, OPEN, OPERATORS, Ask

KINDS = ("ended", "waiting", "erased")
TELLS_WHAT_WAS_ASKED = ("GET /v1/audit", "GET /v1/tenant/export")
THINGS = [(route, ask) for route, asks in NAMES_A_THING.items() for ask in asks]
NOTHINGS = [(route, ask) for route, asks in NAMES_NOTHING.items() for ask in asks]


def names(cases: list[tuple[str, Ask]]) -> list[str]:
    return [f"{route.partition(' ')[0]} {ask.name}" for route, ask in cases]


def everything(home: Household) -> dict[str, Any]:
    """What the tenant sees of its own."""
    seen = [
        f"jobs/{home.ended.job}",
        f"jobs/{home.waiting.job}",
        f"batches/{home.ended.batch}",
        f"uploads/{home.ended.upload}",
    ]
    seen += [f"webhooks/{home.ended.endpoint}", f"webhooks/{home.ended.endpoint}/secret", "jobs", "batches", "webhooks"]
    found = {path: home.shop.get(f"/v1/{path}").get_json() for path in seen}
    found["key"] = home.shop.get("/v1/me").get_json()["key"]
    return dict(json.loads(json.dumps(found)))


def without_estimates(value: Any) -> Any:
    """Places in the queue move with others' jobs, and links are signed anew."""
    if isinstance(value, dict):
        moving = {"eta_s", "eta_note", "queue_position", "url", "estimate"}
        return {name: without_estimates(each) for name, each in value.items() if name not in moving}
    return [without_estimates(each) for each in value] if isinstance(value, list) else value


def test_every_route_says_what_another_tenant_may_try(zebra: Household) -> None:
    known = {*NAMES_A_THING, *NAMES_NOTHING, *OPERATORS, *OPEN}
    assert route_keys(zebra.shop.app) == known, "a route is missing in tests/api/isolation/routes.py, or gone"


@pytest.mark.parametrize(("route", "ask_for"), THINGS, ids=names(THINGS))
def test_anothers_thing_is_answered_as_one_that_never_was(
    route: str, ask_for: Ask, zebra: Household, ask: Callable[..., TestResponse]
) -> None:
    method = route.partition(" ")[0]
    nobodys = told(ask(method, ask_for, NOBODYS))
    for kind in KINDS:
        assert told(ask(method, ask_for, getattr(zebra, kind))) == nobodys, kind


@pytest.mark.parametrize(("route", "ask_for"), NOTHINGS, ids=names(NOTHINGS))
def test_what_names_nothing_tells_of_nobody_else(
    route: str, ask_for: Ask, zebra: Household, ask: Callable[..., TestResponse]
) -> None:
    answer = ask(route.partition(" ")[0], ask_for, NOBODYS)
    text = first_event(answer) if answer.mimetype == "text/event-stream" else answer.data.decode("latin-1")
    told_by_itself = str(ask_for.body)
    if route in TELLS_WHAT_WAS_ASKED:  # by the asker, with another's names in it
        told_by_itself += " ".join(mark for mark in zebra.marks if mark != zebra.shop.tenant)
    assert [mark for mark in zebra.marks if mark in text and mark not in told_by_itself] == []


def first_event(answer: TestResponse) -> str:
    chunks = answer.iter_encoded()
    text = "".join(next(chunks).decode() for _ in range(2))
    answer.close()
    return text


@pytest.mark.parametrize("route", OPERATORS)
def test_operators_routes_are_closed_to_tenants(route: str, zebra: Household, ask: Callable[..., TestResponse]) -> None:
    answers = [told(ask(route.partition(" ")[0], OPERATORS[route], whose)) for whose in (zebra.ended, NOBODYS)]
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 403


@pytest.mark.parametrize("route", OPEN)
def test_what_is_open_to_all_tells_of_nobody(route: str, zebra: Household) -> None:
    answer = zebra.shop.app.test_client().get(OPEN[route])
    assert answer.status_code in {200, 302} or (route, answer.status_code) == ("GET /readyz", 503)
    text = answer.get_data(as_text=True) if answer.mimetype != "image/webp" else ""
    assert [mark for mark in zebra.marks if mark in text] == []


def test_nothing_of_anothers_was_changed_by_all_that_was_tried(
    zebra: Household, ask: Callable[..., TestResponse]
) -> None:
    before = without_estimates(everything(zebra))
    for route, ask_for in [*THINGS, *NOTHINGS]:
        for kind in KINDS:
            answer = ask(route.partition(" ")[0], ask_for, getattr(zebra, kind))
            answer.close()
    assert without_estimates(everything(zebra)) == before


def test_an_idempotency_key_that_another_has_used_is_a_fresh_one(zebra: Household, rival: Household) -> None:
    spec = {"input": {"upload": rival.ended.upload}, "operations": [{"op": "restore"}]}
    answers = [
        rival.shop.post("/v1/jobs", json=spec, headers={"Idempotency-Key": key}) for key in ("zebra-waiting", "fresh")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, None]
    assert zebra.waiting.job not in answers[0].text
    assert answers[0].get_json()["id"] != answers[1].get_json()["id"]


def test_the_same_photo_is_stored_for_each_tenant_as_if_it_were_the_only_one(
    zebra: Household, rival: Household
) -> None:
    photo = zebra.shop.get(f"/v1/uploads/{zebra.ended.upload}/content").data
    answers = [rival.shop.post("/v1/uploads", data=data, content_type="image/jpeg") for data in (photo, photo + b"x")]
    assert [answer.status_code for answer in answers] == [201, 201]  # nobody has the second one
    shown = [{**answer.get_json(), "id": "", "size": 0} for answer in answers]
    assert shown[0] == shown[1]
    for answer in answers:
        assert rival.shop.call("DELETE", f"/v1/uploads/{answer.get_json()['id']}").status_code == 204
    assert zebra.shop.get(f"/v1/uploads/{zebra.ended.upload}/content").data == photo
