"""Pages of other origins: who is let in, what a preflight says, and that a problem can be read as well."""

from typing import Any

import pytest

from api.settings import ApiSettings, read_api_settings
from jobs.errors import SettingsError

PAGE = "https://shop.example"
PREFLIGHT = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def shared(make_shop: Any, settings: ApiSettings) -> Any:
    return make_shop(settings.model_copy(update={"cors_origins": f"{PAGE},http://localhost:3000"}))


def test_by_default_no_page_is_let_in(shop: Any, jpeg: bytes) -> None:
    answer = shop.get("/v1/jobs", headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert shop.app.test_client().options("/v1/jobs", headers=PREFLIGHT).status_code == 405
    picture = shop.get(f"/v1/jobs/{shop.finished(jpeg)}/outputs/0")
    assert picture.headers["Cross-Origin-Resource-Policy"] == "same-site"


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/uploads", "/v1/jobs/x/events", "/v1/anything"])
def test_a_preflight_tells_what_may_be_sent(path: str, shared: Any) -> None:
    answer = shared.app.test_client().options(path, headers=PREFLIGHT)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"} <= allowed
    assert {"Last-Event-ID", "Prefer", "X-Request-Id"} <= allowed
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.vary


def test_an_allowed_page_reads_answers_and_their_headers(shared: Any) -> None:
    answer = shared.get("/v1/jobs", headers={"Origin": "http://localhost:3000"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed"} <= exposed
    assert {"Preference-Applied", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= exposed
    assert "Origin" in answer.vary
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/v1/jobs/x", 404), ("/v1/jobs?limit=x", 422), ("/v1/none", 404)])
def test_problems_can_be_read_too(path: str, status: int, shared: Any) -> None:
    answer = shared.get(path, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)


def test_a_page_hears_that_it_shows_no_key(shared: Any) -> None:
    answer = shared.app.test_client().get("/v1/jobs", headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", f"{PAGE}.evil.example", "http://shop.example"])
def test_other_pages_are_kept_out(origin: str, shared: Any) -> None:
    answer = shared.get("/v1/jobs", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.vary  # a cache must not give this answer to an allowed page, nor that one's to this
    assert shared.app.test_client().options("/v1/jobs", headers={**PREFLIGHT, "Origin": origin}).status_code == 405


def test_every_page_may_be_let_in(make_shop: Any, settings: ApiSettings) -> None:
    shop = make_shop(settings.model_copy(update={"cors_origins": "*"}))
    answer = shop.get("/v1/jobs", headers={"Origin": "https://anybody.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Origin" not in answer.vary


def test_a_shops_page_may_show_pictures(shared: Any, jpeg: bytes) -> None:
    upload = shared.upload(jpeg)
    assert shared.get(f"/v1/uploads/{upload}/content").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    job_id = shared.finished(jpeg)
    assert shared.get(f"/v1/jobs/{job_id}/outputs/0").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert shared.get(f"/v1/jobs/{job_id}").headers["Cross-Origin-Resource-Policy"] == "same-site"


def test_only_the_api_is_shared(shared: Any) -> None:
    answer = shared.get("/healthz", headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("https://Shop.example", "https://shop.example"),
        (" https://a.example , http://localhost:3000 ", "https://a.example,http://localhost:3000"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_origins_are_read_from_the_settings(told: str, read: str) -> None:
    assert read_api_settings({}, redis_url="redis://x", cors_origins=told).cors_origins == read


@pytest.mark.parametrize("told", ["shop.example", "https://shop.example/", "null", "*,https://a.example", "ftp://a"])
def test_what_is_no_origin_is_refused(told: str) -> None:
    with pytest.raises(SettingsError, match="PACKSHOT_CORS_ORIGINS"):
        read_api_settings({}, redis_url="redis://x", cors_origins=told)
