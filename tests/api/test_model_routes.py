"""The operator's models: what workers serve and refuse, and what they are to serve; and jobs that wait for some."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from api.views import worker_silence
from jobs.model_wishes import Share
from jobs.states import State
from jobs.store.base import call_script
from tests.api.test_meta import register_worker

DIGESTS = {"5": "5" * 64, "6": "6" * 64}


@pytest.fixture
def operator(make_shop: Any, shop: Any, settings: Any) -> Any:
    """Somebody who may look over all tenants of the shop's app, and has no jobs."""
    return make_shop(settings, "house", shop.app, scopes=["operator"])


def announce(shop: Any, owner: str, version: str = "5", *, can: str = "cpu restore=5", **told: Any) -> None:
    """As worker/presence.py does."""
    models = {"restore": {"version": version, "digest": DIGESTS[version], "kind": "tile"} | told}
    register_worker(shop, owner)
    shop.services.redis.hset(f"packshot:worker:{owner}", mapping={"can": can, "models": json.dumps(models)})
    shop.services.parallel._asked_at = float("-inf")  # as if two seconds had passed


def test_models_tell_how_many_workers_serve_which_version(shop: Any, operator: Any) -> None:
    announce(shop, "one"), announce(shop, "two", others={"6": DIGESTS["6"]}), announce(shop, "three", "6")
    shop.services.redis.hset("packshot:worker:one", "refused", '{"restore-6": "is no network"}')
    found = operator.get("/v1/operator/models").get_json()
    assert found["models"]["restore"] == {
        "use": "newest",
        "share": None,
        "versions": [
            {"version": "5", "digest": DIGESTS["5"], "workers": 2, "in_use": 2},
            {"version": "6", "digest": DIGESTS["6"], "workers": 2, "in_use": 1},
        ],
    }
    assert [(each["worker"], each["version"], each["reason"]) for each in found["refused"]] == [
        ("one", "restore-6", "is no network")
    ]
    assert found["changed_at"] is None


def test_a_reload_is_a_wish_that_grows(shop: Any, operator: Any) -> None:
    for _ in range(2):
        assert operator.post("/v1/operator/models").status_code == 200
    assert shop.services.store.model_wishes().looks == 2


def test_a_share_keeps_what_is_served_for_the_others_and_ends_again(shop: Any, operator: Any) -> None:
    announce(shop, "one")
    path = "/v1/operator/models/restore"
    answer = operator.call("PATCH", path, json={"share": {"version": "6", "share": 0.05}}).get_json()
    assert answer["models"]["restore"]["share"] == {"version": "6", "share": 0.05}
    assert answer["models"]["restore"]["use"] == "5"
    assert answer["changed_at"] is not None
    assert shop.services.store.model_wishes().shares == {"restore": Share("6", 0.05)}
    answer = operator.call("PATCH", path, json={"share": None, "use": "6"}).get_json()
    assert (answer["models"]["restore"]["use"], answer["models"]["restore"]["share"]) == ("6", None)
    answer = operator.call("PATCH", path, json={"use": "newest"}).get_json()
    assert answer["models"]["restore"]["use"] == "newest"


def test_what_a_share_keeps_in_use_makes_way_for_the_newest_at_the_next_reload(shop: Any, operator: Any) -> None:
    announce(shop, "one")
    path, share = "/v1/operator/models/restore", {"version": "6", "share": 0.05}

    def use_after(body: Any) -> str:
        return operator.call("PATCH", path, json=body).get_json()["models"]["restore"]["use"]

    def use_after_reload() -> str:
        return operator.post("/v1/operator/models").get_json()["models"]["restore"]["use"]

    assert use_after({"share": share}) == "5"
    assert use_after_reload() == "5"
    assert use_after({"share": None}) == "5"  # the jobs of a version that was tried do not become all jobs
    assert use_after_reload() == "newest"
    assert use_after({"use": "newest", "share": share}) == "newest"
    assert use_after({"use": "5", "share": None}) == "5"
    assert use_after_reload() == "5"  # which somebody chose


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"use": "latest"}, "use"),
        ({"share": {"version": "6", "share": 5}}, "less than or equal to 1"),
        ({"share": {"version": "6", "share": "5%"}}, "share"),
        ({"versions": "6"}, "versions"),
    ],
)
def test_a_wish_that_is_none_is_refused(shop: Any, operator: Any, body: Any, words: str, problem_of: Any) -> None:
    announce(shop, "one")
    answer = operator.call("PATCH", "/v1/operator/models/restore", json=body)
    assert problem_of(answer) == (422, "invalid-parameter")
    assert words in answer.get_data(as_text=True)
    assert shop.services.store.model_wishes().use == {}


def test_a_model_that_nobody_serves_is_unknown(operator: Any, problem_of: Any) -> None:
    answer = operator.call("PATCH", "/v1/operator/models/restorer", json={"use": "6"})
    assert problem_of(answer) == (404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("PATCH", "/restore")])
def test_only_operators_choose_models(
    make_shop: Any, shop: Any, settings: Any, problem_of: Any, method: str, path: str
):
    merchant = make_shop(settings, shop.tenant, shop.app, scopes=["jobs:read", "jobs:write"])
    answer = merchant.call(method, f"/v1/operator/models{path}", json={"use": "6"} if method == "PATCH" else None)
    assert problem_of(answer) == (403, "forbidden")


def test_workers_that_have_not_followed_the_last_wish_are_counted(operator: Any, shop: Any) -> None:
    for owner, looked in (("one", "1"), ("two", "0"), ("of before", None)):
        announce(shop, owner)
        if looked is not None:
            shop.services.redis.hset(f"packshot:worker:{owner}", "looked", looked)
    assert operator.get("/v1/operator/models").get_json()["looking"] == 0
    assert operator.call("POST", "/v1/operator/models").get_json()["looking"] == 1
    assert operator.call("POST", "/v1/operator/models").get_json()["looking"] == 2


def test_a_job_that_nobody_living_can_do_says_what_it_waits_for(shop: Any, jpeg: bytes) -> None:
    announce(shop, "one")
    needs = {"device": "gpu", "models": {"restore": "5"}}
    waiting = shop.submit(jpeg, needs=needs)
    view = shop.get(f"/v1/jobs/{waiting}").get_json()
    assert view["waiting_for"] == {"device": "gpu", "models": {"restore": "5"}, "operations": {}}
    assert view["spec"]["needs"] == needs
    assert shop.get(f"/v1/jobs/{shop.submit(jpeg)}").get_json()["waiting_for"] is None
    announce(shop, "two", can="gpu restore=5")
    assert shop.get(f"/v1/jobs/{waiting}").get_json()["waiting_for"] is None
    shop.services.store.claim("two", can="gpu restore=5")
    assert shop.get(f"/v1/jobs/{waiting}").get_json()["waiting_for"] is None


def test_a_job_whose_worker_fell_silent_says_how_long_it_is_kept_for_it(shop: Any, jpeg: bytes, settings: Any) -> None:
    job = shop.submit(jpeg)
    claimed = shop.services.store.claim("one")
    assert shop.get(f"/v1/jobs/{job}").get_json()["worker_silence"] is None
    lapse(shop, job, settings.heartbeat_ms * 2 - settings.lease_ms)
    silence = shop.get(f"/v1/jobs/{job}").get_json()["worker_silence"]
    assert silence["for_s"] == pytest.approx(settings.heartbeat_ms * 2 / 1000, abs=5)
    assert silence["job_kept_s"] == pytest.approx(settings.lease_ms / 1000 - silence["for_s"], abs=0.2)
    lapse(shop, job, 1_000)
    assert shop.get(f"/v1/jobs/{job}").get_json()["worker_silence"]["job_kept_s"] == 0
    assert shop.get("/v1/jobs").get_json()["items"][0]["worker_silence"]["job_kept_s"] == 0
    assert shop.services.store.heartbeat(job, claimed.token) == "ok"
    assert shop.get(f"/v1/jobs/{job}").get_json()["worker_silence"] is None


@pytest.mark.parametrize(("heartbeat_ms", "on_time_ms"), [(1_200, 2_050), (1_500, 2_050), (10_000, 11_000)])
def test_beats_that_come_when_the_worker_next_looks_are_no_silence(settings: Any, heartbeat_ms: int, on_time_ms: int):
    known = settings.model_copy(update={"lease_ms": 30_000, "heartbeat_ms": heartbeat_ms})

    def silence(for_ms: int) -> Any:
        return worker_silence(SimpleNamespace(state=State.RUNNING, lease_left_ms=30_000 - for_ms), known)  # type: ignore[arg-type]

    assert silence(on_time_ms) is None
    assert silence(2 * heartbeat_ms + 1_000)["for_s"] == (2 * heartbeat_ms + 1_000) / 1000


def lapse(shop: Any, job: str, ago_ms: int) -> None:
    """The job's lease was over so long ago (below 0: will be)."""
    seconds, micros = shop.services.redis.time()
    shop.services.redis.zadd("packshot:lease", {job: seconds * 1000 + micros // 1000 - ago_ms})


def test_a_version_that_no_worker_announced_is_refused_where_it_is_named(
    shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    facts = {"threads": 1, "can": "cpu restore=5"}
    call_script(shop.services.redis, "announce", owner="one", facts=facts, age_ms=0, life_ms=30_000)
    uploaded = shop.upload(jpeg)
    spec = {"input": {"upload": uploaded}, "operations": [{"op": "upscale"}], "needs": {"models": {"restore": "55"}}}
    for path in ("/v1/jobs", "/v1/jobs?validate_only=true"):
        answer = shop.call("POST", path, json=spec)
        assert problem_of(answer) == (422, "unknown-model")
        assert answer.get_json()["errors"][0]["pointer"] == "/needs/models/restore"
        assert "workers have 5" in answer.get_json()["detail"]


def test_a_hint_for_a_device_goes_to_its_own_queue(shop: Any, jpeg: bytes) -> None:
    shop.submit(jpeg, needs={"device": "gpu"})
    assert shop.services.redis.llen("packshot.gpu") == 1
    assert shop.services.redis.llen("packshot") == 0
