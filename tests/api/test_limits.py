"""Requests a minute and jobs a day: counted for all processes together, told in every answer, and refused in time."""

import threading
from typing import Any

import pytest

from api.key_records import KeyLimits
from api.settings import ApiSettings
from jobs.connection import connect

LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")


def told(answer: Any) -> tuple[str | None, ...]:
    return tuple(answer.headers.get(name) for name in LIMITS)


def limited(make_shop: Any, settings: ApiSettings, **limits: int) -> Any:
    return make_shop(settings, limits=KeyLimits(**limits))


def test_a_key_without_limits_hears_of_none(shop: Any) -> None:
    assert told(shop.get("/v1/jobs")) == (None,) * 4


def test_each_answer_tells_what_is_left(make_shop: Any, settings: ApiSettings) -> None:
    shop = limited(make_shop, settings, requests_per_minute=5)
    first, second = shop.get("/v1/jobs"), shop.get("/v1/jobs/none")
    assert (first.status_code, second.status_code) == (200, 404)
    assert told(first)[:2] == ("5", "4")
    assert told(second)[:2] == ("5", "3")
    assert 1 <= int(first.headers["RateLimit-Reset"]) <= 60
    assert first.headers["RateLimit-Policy"] == "5;w=60"


def test_one_request_too_many_is_refused_with_the_time_to_wait(
    make_shop: Any, settings: ApiSettings, problem_of: Any
) -> None:
    shop = limited(make_shop, settings, requests_per_minute=3)
    assert [shop.get("/v1/jobs").status_code for _ in range(3)] == [200, 200, 200]
    refused = shop.get("/v1/jobs")
    assert problem_of(refused) == (429, "rate-limited")
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 120
    assert told(refused)[:2] == ("3", "0")


def test_a_refused_request_does_not_prolong_the_wait(
    make_shop: Any, settings: ApiSettings, redis_connection: Any
) -> None:
    shop = limited(make_shop, settings, requests_per_minute=2)
    for _ in range(6):
        shop.get("/v1/jobs")
    [name] = redis_connection.keys("packshot:rate:*")
    kept = redis_connection.hgetall(name)
    assert int(kept["count"]) + int(kept["before"]) in {2, 3}  # 3 where the minute ended in between


def test_the_last_minute_counts_in_part_and_those_before_not_at_all(
    make_shop: Any, settings: ApiSettings, redis_connection: Any
) -> None:
    shop = limited(make_shop, settings, requests_per_minute=1000)
    shop.get("/v1/jobs")
    [name] = redis_connection.keys("packshot:rate:*")
    minute = int(redis_connection.hget(name, "minute"))
    redis_connection.hset(name, mapping={"minute": minute - 1, "count": 1000, "before": 0})
    left = int(shop.get("/v1/jobs").headers["RateLimit-Remaining"])
    assert 0 <= left < 1000
    redis_connection.hset(name, mapping={"minute": minute - 2, "count": 1000, "before": 1000})
    assert int(shop.get("/v1/jobs").headers["RateLimit-Remaining"]) == 999


def test_the_settings_limit_keys_that_say_nothing_else(make_shop: Any, settings: ApiSettings) -> None:
    app_settings = settings.model_copy(update={"requests_per_minute": 7, "jobs_per_day": 3})
    shop = make_shop(app_settings)
    free = make_shop(app_settings, "free", shop.app, limits=KeyLimits(0, 0))
    own = make_shop(app_settings, "own", shop.app, limits=KeyLimits(9))
    assert shop.get("/v1/jobs").headers["RateLimit-Policy"] == "7;w=60, 3;w=86400"
    assert told(free.get("/v1/jobs")) == (None,) * 4
    assert own.get("/v1/jobs").headers["RateLimit-Policy"] == "9;w=60, 3;w=86400"


def test_processes_share_what_they_count(make_shop: Any, settings: ApiSettings) -> None:
    shop = limited(make_shop, settings, requests_per_minute=20)
    other = make_shop(settings)
    other.key = shop.key
    statuses: list[int] = []

    def ask(client: Any) -> None:
        statuses.extend(client.app.test_client().get("/v1/jobs", headers=bearer(client)).status_code for _ in range(10))

    threads = [threading.Thread(target=ask, args=(client,)) for client in (shop, other, shop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) == 20


def bearer(shop: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.key}"}


def test_a_long_poll_counts_once(make_shop: Any, settings: ApiSettings, jpeg: bytes) -> None:
    shop = limited(make_shop, settings, requests_per_minute=50)
    job_id = shop.submit(jpeg)
    before = int(shop.get("/v1/jobs").headers["RateLimit-Remaining"])
    assert int(shop.get(f"/v1/jobs/{job_id}?wait=0.3").headers["RateLimit-Remaining"]) == before - 1


def test_jobs_a_day_are_told_and_the_one_too_many_is_refused(
    make_shop: Any, settings: ApiSettings, jpeg: bytes, problem_of: Any
) -> None:
    shop = limited(make_shop, settings, jobs_per_day=2)
    spec = shop.spec(jpeg)
    first = shop.post("/v1/jobs", json=spec, headers={"Idempotency-Key": "k"})
    replay = shop.post("/v1/jobs", json=spec, headers={"Idempotency-Key": "k"})
    assert [told(answer)[:2] for answer in (first, replay)] == [("2", "1"), ("2", "1")]
    assert told(shop.post("/v1/jobs", json=spec))[1] == "0"
    refused = shop.post("/v1/jobs", json=spec)
    assert problem_of(refused) == (429, "rate-limited")
    assert "0 of the 2 jobs a day" in refused.get_json()["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert shop.get("/v1/me").get_json()["limits"]["jobs_today"] == 2
    assert shop.post("/v1/jobs", json=spec, headers={"Idempotency-Key": "k"}).status_code == 202


def test_a_batch_counts_its_rows(make_shop: Any, settings: ApiSettings, jpeg: bytes, problem_of: Any) -> None:
    shop = limited(make_shop, settings, jobs_per_day=3)
    rows = {"items": [{**shop.spec(jpeg), "sku": str(number)} for number in range(2)]}
    made = shop.post("/v1/batches", json=rows)
    assert made.status_code == 202, made.text
    assert made.headers["RateLimit-Remaining"] == "1"
    assert problem_of(shop.post("/v1/batches", json=rows)) == (429, "rate-limited")
    assert shop.get("/v1/me").get_json()["limits"]["jobs_today"] == 2


def test_wrong_keys_of_one_address_are_soon_not_looked_at(shop: Any, problem_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.admission.MAX_GUESSES", 3)
    wrong = {"Authorization": f"Bearer {shop.key[:-2]}zz"}
    client = shop.app.test_client()
    answers = [client.get("/v1/jobs", headers=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert problem_of(answers[-1]) == (429, "rate-limited")
    assert problem_of(shop.get("/v1/jobs")) == (429, "rate-limited")  # not even the right one, from there
    elsewhere = client.get("/v1/jobs", headers=bearer(shop), environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 200


def test_right_keys_go_on_beside_many_unknown_ones(shop: Any, problem_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.admission.MAX_FAILURES", 3)
    client = shop.app.test_client()
    unknown = [{"X-Api-Key": f"psk_{number:016x}.{'a' * 43}"} for number in range(5)]
    assert [client.get("/v1/jobs", headers=one).status_code for one in unknown] == [401, 401, 401, 429, 429]
    assert shop.get("/v1/jobs").status_code == 200


def test_a_revoked_key_is_no_guess(shop: Any, monkeypatch: Any, redis_connection: Any) -> None:
    monkeypatch.setattr("api.admission.MAX_FAILURES", 1)
    shop.services.keys.revoke(shop.key[4:20])
    assert [shop.get("/v1/jobs").status_code for _ in range(4)] == [401] * 4
    assert not redis_connection.keys("packshot:failures:*")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "10.0.0.1", "127.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "rubbish", "unknown"),
    ],
)
def test_the_address_is_what_trusted_proxies_say(
    proxies: int, forwarded: str, counted: str, make_shop: Any, settings: ApiSettings, redis_connection: Any
) -> None:
    shop = make_shop(settings.model_copy(update={"trusted_proxies": proxies}))
    shop.app.test_client().get(
        "/v1/jobs", headers={"X-Api-Key": f"psk_{'0' * 16}.{'a' * 43}", "X-Forwarded-For": forwarded}
    )
    assert redis_connection.keys("packshot:failures:*") == [f"packshot:failures:{counted}"]


def test_without_redis_nobody_gets_past_the_limits(make_shop: Any, settings: ApiSettings, problem_of: Any) -> None:
    shop = limited(make_shop, settings, requests_per_minute=1)
    shop.services.keys.redis = connect("redis://127.0.0.1:1/0", socket_timeout_s=0.2, retries=0)
    assert problem_of(shop.get("/v1/jobs")) == (503, "unavailable")
    shop.services.keys.redis.close()


def test_a_full_redis_still_lets_clients_look(make_shop: Any, settings: ApiSettings, redis_connection: Any) -> None:
    shop = limited(make_shop, settings, requests_per_minute=9)
    redis_connection.config_set("maxmemory", 1)
    try:
        answers = [shop.get("/v1/jobs") for _ in range(2)]
    finally:
        redis_connection.config_set("maxmemory", 0)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["8", "7"]
