"""Redis down, full or starting: 503 with Retry-After, and back as soon as it is."""

from typing import Any

import pytest

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
