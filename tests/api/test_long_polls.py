"""How many may wait at once: of everybody, of one tenant, with one upload token."""

from contextlib import ExitStack
from typing import Any

import pytest

from api.settings import ApiSettings
from tests.api.meanwhile import meanwhile
from tests.api.test_upload_tokens import PAGE, SPEC, Page

LEAST = 8


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"api_waiting": 2 * LEAST, "cors_origins": PAGE})


def test_one_tenant_leaves_half_of_the_places_to_others(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id, other = shop.submit(jpeg), rival.submit(jpeg)
    with ExitStack() as streams:
        for _ in range(LEAST):
            streams.callback(shop.get(f"/v1/jobs/{job_id}/events").close)
        refused = shop.get("/v1/events")
        assert problem_of(refused) == (429, "rate-limited")
        assert "8 clients of the tenant wait already" in refused.get_json()["detail"]
        assert shop.get(f"/v1/jobs/{job_id}?wait=60").get_json()["state"] == "queued"
        for _ in range(LEAST):
            stream = rival.get(f"/v1/jobs/{other}/events")
            assert stream.status_code == 200
            streams.callback(stream.close)
    again = shop.get("/v1/events")
    assert again.status_code == 200
    again.close()


def test_one_upload_token_takes_a_few_places_of_its_tenant(make_shop: Any, settings: Any, jpeg: bytes) -> None:
    shop = make_shop(settings.model_copy(update={"api_waiting": 4 * LEAST}))
    greedy, modest = Page(shop, spec=SPEC), Page(shop, spec=SPEC)
    greedy_path, modest_path = (f"/v1/jobs/{page.made_job(jpeg)}/events" for page in (greedy, modest))
    with ExitStack() as streams:
        for _ in range(LEAST):
            streams.callback(greedy.call("GET", greedy_path).close)
        refused = greedy.call("GET", greedy_path)
        assert refused.status_code == 429
        assert "8 clients of the upload token wait already" in refused.get_json()["detail"]
        other = modest.call("GET", modest_path)
        assert other.status_code == 200
        streams.callback(other.close)


def test_a_long_poll_gives_its_place_back(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    with meanwhile(lambda: shop.services.store.cancel(shop.tenant, job_id)):
        assert shop.get(f"/v1/jobs/{job_id}?wait=60").get_json()["state"] == "canceled"
    assert not shop.services.long_polls._taken


@pytest.mark.parametrize(("waiting", "of_one"), [(1024, 512), (17, 8), (1, 8)])
def test_a_tenants_share_is_half_but_never_nearly_nothing(waiting: int, of_one: int, settings: Any) -> None:
    assert settings.model_copy(update={"api_waiting": waiting}).api_waiting_per_tenant == of_one
