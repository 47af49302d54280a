"""What every answer carries so that a browser does nothing with it that was not meant, whatever its status."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.settings import ApiSettings
from tests.api.isolation.routes import NAMES_A_THING, NAMES_NOTHING, OPEN, OPERATORS

ASKED = {
    **{route: asks[0].path for route, asks in {**NAMES_NOTHING, **NAMES_A_THING}.items()},
    **{route: ask.path for route, ask in OPERATORS.items()},
    **OPEN,
}
PUBLIC = ("/docs", "/console", "/problems", "/openapi.json")


@pytest.fixture
def answers(shop: Any, jpeg: bytes) -> Iterator[TestResponse]:
    """Every route: with a key and without one, with a query it does not know, by a method that it does not take."""
    job = shop.finished(jpeg)
    upload = shop.get(f"/v1/jobs/{job}").get_json()["spec"]["input"]["upload"]

    def ask(method: str = "", query: str = "", **options: Any) -> Iterator[TestResponse]:
        for route, path in ASKED.items():
            told = re.sub(r"\{(own_)?job\}", job, re.sub(r"\{(own_)?upload\}", upload, path))
            told += query and ("&" if "?" in told else "?") + query
            yield shop.app.test_client().open(told, method=method or route.partition(" ")[0], **options)

    def all_of_them() -> Iterator[TestResponse]:
        with_key = {"Authorization": f"Bearer {shop.key}"}
        yield from ask()
        yield from ask(query="no_such=1", headers=with_key)
        yield from ask(method="PUT", headers=with_key)
        yield from ask(headers=with_key)
        yield shop.app.test_client().get("/v1/no-such-route")
        yield shop.app.test_client().get("/console/../../etc/passwd")

    return all_of_them()


def test_every_answer_is_locked_down(answers: Iterator[TestResponse]) -> None:
    seen = set()
    for answer in answers:
        where = f"{answer.request.method} {answer.request.path} {answer.status_code}"
        headers = answer.headers
        answer.close()
        seen.add(answer.status_code)
        assert headers["X-Content-Type-Options"] == "nosniff", where
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "unsafe" not in policy.replace("'unsafe-eval'", "x" if "/docs/api" not in where else ""), where
        assert headers["Referrer-Policy"] == "no-referrer", where
        assert headers["Cross-Origin-Resource-Policy"] == "same-site", where
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
        assert "camera=()" in headers["Permissions-Policy"], where
        assert "Strict-Transport-Security" not in headers, where
        assert "Set-Cookie" not in headers, where
        assert not re.search(r"\d", headers.get("Server", "")), where
        assert "X-Powered-By" not in headers, where
        assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"]), where
    assert {200, 302, 401, 403, 404, 405, 422} <= seen


def test_tenants_things_stay_out_of_shared_caches(answers: Iterator[TestResponse]) -> None:
    for answer in answers:
        answer.close()
        told = answer.headers["Cache-Control"]
        if not answer.request.path.startswith(PUBLIC) or answer.status_code >= 400:
            assert told == "no-store" or "private" in told.split(", "), f"{answer.request.path}: {told}"


def test_a_service_behind_https_is_asked_by_https_alone(make_shop: Any, settings: ApiSettings) -> None:
    shop = make_shop(settings.model_copy(update={"public_url": "https://packshot.example"}))
    for path in ("/healthz", "/v1/me", "/v1/nothing", "/console", "/docs"):
        assert shop.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "host", ['"><script>alert(1)</script>', "evil.example\\@x", "two words.example", "x'onload='y"]
)
def test_a_forged_host_is_never_written_into_a_page_as_it_is(host: str, shop: Any) -> None:
    for path in ("/docs", "/docs/quickstart", "/console", "/docs/api", "/openapi.json", "/problems/not-found"):
        answer = shop.app.test_client().get(path, headers={"Host": host, "Accept": "text/html"})
        if answer.mimetype == "text/html":
            assert "<script>alert" not in answer.text, path
            assert host not in answer.text, path
