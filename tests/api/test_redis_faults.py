"""Redis down, full or starting: 503 with Retry-After, and back as soon as it is."""

from typing import Any

import pytest
from redis.exceptions import ResponseError

from api import outages
from jobs.redis_server import EmbeddedRedis


@pytest.fixture
def own_redis(tmp_path_factory: Any) -> Any:
    """A Redis that the test may break."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("own-redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_shop(own_redis: Any, make_shop: Any, settings: Any) -> Any:
    return make_shop(settings.model_copy(update={"redis_url": own_redis.url}))


def test_without_redis_the_answer_is_unavailable(own_redis: Any, own_shop: Any, jpeg: bytes, problem_of: Any) -> None:
    body = own_shop.spec(jpeg)
    own_redis.stop()
    assert problem_of(own_shop.post("/v1/jobs", json=body)) == (503, "unavailable")
    assert problem_of(own_shop.app.test_client().get("/readyz")) == (503, "unavailable")
    assert own_shop.app.test_client().get("/healthz").status_code == 200


def test_a_full_redis_refuses_jobs_until_there_is_room(
    own_redis: Any, own_shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    body = own_shop.spec(jpeg)
    own_shop.services.redis.config_set("maxmemory", "1")
    assert problem_of(own_shop.post("/v1/jobs", json=body)) == (503, "unavailable")
    own_shop.services.redis.config_set("maxmemory", "0")
    assert own_shop.post("/v1/jobs", json=body).status_code == 202


@pytest.fixture
def lines(monkeypatch: Any) -> list[dict[str, Any]]:
    """What is told of outages."""
    told: list[dict[str, Any]] = []

    class Log:
        def warning(self, event: str, **words: Any) -> None:
            told.append({"event": event, **words})

    monkeypatch.setattr(outages, "log", Log())
    return told


def test_why_redis_refuses_is_logged_in_its_own_words_and_once(
    own_redis: Any, own_shop: Any, jpeg: bytes, lines: list[dict[str, Any]], monkeypatch: Any
) -> None:
    body = own_shop.spec(jpeg)
    own_shop.services.redis.config_set("maxmemory", "1")
    for _ in range(3):
        assert own_shop.post("/v1/jobs", json=body).status_code == 503
    (line,) = lines
    assert "used memory > 'maxmemory'" in line["error"]
    monkeypatch.setattr(outages, "EVERY_S", 0.0)
    own_shop.post("/v1/jobs", json=body)
    assert lines[1]["refused_since_last_told"] == 2


def test_the_kind_of_an_error_is_told_with_its_words() -> None:
    error = ResponseError("MISCONF Errors writing to the AOF file: No space left on device\nmore")
    assert outages.words_of(error) == "ResponseError: MISCONF Errors writing to the AOF file: No space left on device"
