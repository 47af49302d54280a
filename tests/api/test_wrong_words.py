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
