"""Webhooks, keys, tokens and the operator's calls, by both clients: what is asked, and what comes back typed."""

import json

import pytest

from packshot import errors

from .conftest import Answer
from .either import KINDS, got, listed, run

ENDPOINT = {
    "id": "whe_1",
    "url": "https://shop.example/h",
    "events": ["job.*"],
    "description": "",
    "state": "disabled",
    "disabled_reason": "410",
    "origin": "api",
    "created_at": "t",
}
DELIVERY = {
    "id": "msg_1",
    "type": "job.succeeded",
    "job": "job_1",
    "batch": None,
    "state": "failed",
    "created_at": "t",
    "next_attempt_at": None,
    "attempts": [{"at": "t", "status": None, "ms": 12, "error": "timed out"}],
}
KEY = {
    "id": "k1",
    "name": "shop",
    "tenant": "acme",
    "scopes": ["jobs:read"],
    "created_at": "t",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "t",
    "limits": {"requests_per_minute": 60, "jobs_per_day": None},
    "jobs_today": 4,
}
ME = {
    "tenant": "acme",
    "key": {"id": "k1", "name": "shop", "scopes": ["operator"], "expires_at": None},
    "limits": {"requests_per_minute": None, "jobs_per_day": 9, "jobs_today": 4},
}
TOKEN = {
    "id": "t1",
    "token": "put_t1.secret",
    "expires_at": "t",
    "uploads_left": 20,
    "max_bytes": 9,
    "origins": ["o"],
    "upload_url": "/v1/uploads",
    "jobs_url": None,
}
MODELS = {
    "models": {
        "restore": {
            "use": "5",
            "share": {"version": "6", "share": 0.05},
            "versions": [{"version": "5", "digest": "ab", "workers": 2, "in_use": 2}],
        }
    },
    "refused": [{"worker": "w1", "host": "h1", "version": "restore-6", "reason": "is none"}],
    "changed_at": None,
}
QUANTILES = {"p50": 1.0, "p95": 2}
OVERVIEW = {
    "pending": {"interactive": 2, "bulk": 9},
    "running": 1,
    "delayed": 0,
    "oldest_pending_s": 4.5,
    "dead": 1,
    "open_batches": 0,
    "workers": 1,
    "throughput": {"jobs_per_minute": 12.5},
    "hints_waiting": 3,
    "latency": {
        "jobs": 5,
        "since": "t",
        "wait_s": QUANTILES,
        "run_s": QUANTILES,
        "total_s": {"p50": None, "p95": None},
    },
    "problems": [{"type": "/problems/gave-up", "count": 2, "last_at": "t", "last_job": "job_1"}],
    "redis": {"used_mb": 1.5, "max_mb": None, "version": "7"},
}
WORKER = {
    "owner": "w1",
    "host": "h",
    "pid": 7,
    "backend": "onnxruntime",
    "device": "cpu",
    "threads": 2,
    "running": 1,
    "jobs": ["job_1"],
    "started_at": "t",
    "beat_at": "t",
    "models": {},
    "engine": {"batches": 3, "mean_batch": 1.5, "fill": 0.5, "wait_ms": QUANTILES, "device_busy": None},
}
FAILURE = {
    "id": "job_1",
    "tenant": "acme",
    "problem": {"type": "/problems/gave-up", "title": "T"},
    "attempt": 3,
    "finished_at": "t",
    "dead": True,
}


def page(*items):
    return {"items": list(items), "cursor": None}


CALLS = {  # what is called, what the server answers, what it is asked for, and what comes of it
    "me": (lambda c: c.me(), ME, "GET /v1/me", lambda me: (me.scopes, me.limits.jobs_per_day) == (("operator",), 9)),
    "ready": (lambda c: c.ready(), {"workers": 1}, "GET /readyz", lambda told: told["workers"] == 1),
    "token": (
        lambda c: c.upload_token(["https://s.example"], spec={"operations": []}),
        TOKEN,
        "POST /v1/upload-tokens",
        lambda token: (token.uploads_left, token.jobs_url, "put_" in repr(token)) == (20, None, False),
    ),
    "webhook": (
        lambda c: c.webhooks.create("https://shop.example/h", ["job.*"]),
        {**ENDPOINT, "secret": "whsec_x"},
        "POST /v1/webhooks",
        lambda made: (made.secret, made.enabled, "whsec_x" in repr(made)) == ("whsec_x", False, False),
    ),
    "webhooks": (
        lambda c: c.webhooks.list(),
        page(ENDPOINT),
        "GET /v1/webhooks",
        lambda all_: all_[0].events == ("job.*",),
    ),
    "its": (
        lambda c: c.webhooks.get("whe_1"),
        ENDPOINT,
        "GET /v1/webhooks/whe_1",
        lambda e: e.disabled_reason == "410",
    ),
    "change": (
        lambda c: c.webhooks.update("whe_1", state="enabled", events=["*"]),
        ENDPOINT,
        "PATCH /v1/webhooks/whe_1",
        lambda e: e.id == "whe_1",
    ),
    "forget": (lambda c: c.webhooks.delete("whe_1"), None, "DELETE /v1/webhooks/whe_1", lambda none: none is None),
    "secret": (
        lambda c: c.webhooks.secret("whe_1"),
        {"secret": "s"},
        "GET /v1/webhooks/whe_1/secret",
        lambda told: told == "s",
    ),
    "new secret": (
        lambda c: c.webhooks.rotate("whe_1", overlap_s=60),
        {"secret": "s", "previous_valid_until": "t"},
        "POST /v1/webhooks/whe_1/rotate",
        lambda told: (told.secret, told.previous_valid_until) == ("s", "t"),
    ),
    "test": (lambda c: c.webhooks.test("whe_1"), {"id": "m"}, "POST /v1/webhooks/whe_1/test", lambda told: told == "m"),
    "deliveries": (
        lambda c: c.webhooks.deliveries("whe_1", state="failed"),
        page(DELIVERY),
        "GET /v1/webhooks/whe_1/deliveries?state=failed",
        lambda all_: all_[0].attempts[0].error == "timed out",
    ),
    "redeliver": (
        lambda c: c.webhooks.redeliver("whe_1", "msg_1"),
        {"id": "msg_1"},
        "POST /v1/webhooks/whe_1/deliveries/msg_1/redeliver",
        lambda none: none is None,
    ),
    "keys": (
        lambda c: c.keys.list(tenant="acme"),
        page(KEY),
        "GET /v1/keys?tenant=acme",
        lambda all_: all_[0].limits.jobs_today == 4,
    ),
    "new key": (
        lambda c: c.keys.create("shop", ["jobs:read"], expires_in_s=60),
        {**KEY, "key": "psk_x"},
        "POST /v1/keys",
        lambda key: (key.secret, key.tenant, "psk_x" in repr(key)) == ("psk_x", "acme", False),
    ),
    "change key": (
        lambda c: c.keys.update("k1", jobs_per_day=0),
        KEY,
        "PATCH /v1/keys/k1",
        lambda key: key.name == "shop",
    ),
    "rotate": (
        lambda c: c.keys.rotate("k1"),
        {**KEY, "key": "psk_y"},
        "POST /v1/keys/k1/rotate",
        lambda key: key.secret == "psk_y",
    ),
    "revoke": (lambda c: c.keys.revoke("../k1"), None, "DELETE /v1/keys/..%2Fk1", lambda none: none is None),
    "overview": (
        lambda c: c.operator.overview(),
        OVERVIEW,
        "GET /v1/operator/overview",
        lambda o: (o.pending["bulk"], o.latency.wait_s.p95, o.jobs_per_minute, o.problems[0].count) == (9, 2, 12.5, 2),
    ),
    "workers": (
        lambda c: c.operator.workers(),
        {"items": [WORKER, {"owner": "w2", "engine": None}]},
        "GET /v1/operator/workers",
        lambda workers: (workers[0].engine.wait_ms.p50, workers[1].engine) == (1.0, None),
    ),
    "tenants": (
        lambda c: c.operator.tenants(3),
        {"items": [{"tenant": "acme", "active": 9, "pending": 4}], "tenants": 12},
        "GET /v1/operator/tenants?limit=3",
        lambda tenants: [(load.tenant, load.active, load.pending) for load in tenants] == [("acme", 9, 4)],
    ),
    "models": (
        lambda c: c.operator.models(),
        MODELS,
        "GET /v1/operator/models",
        lambda told: (
            (told.models["restore"].share, told.models["restore"].versions[0].workers, told.refused[0].reason)
            == (("6", 0.05), 2, "is none")
        ),
    ),
    "reload models": (
        lambda c: c.operator.reload_models(),
        MODELS,
        "POST /v1/operator/models",
        lambda told: told.models["restore"].use == "5",
    ),
    "use a model": (
        lambda c: c.operator.use_model("restore", "6"),
        MODELS,
        "PATCH /v1/operator/models/restore",
        lambda told: told.document == MODELS,
    ),
    "share a model": (
        lambda c: c.operator.share_model("restore", None),
        {"models": {"restore": {"use": "newest", "share": None, "versions": []}}, "refused": []},
        "PATCH /v1/operator/models/restore",
        lambda told: told.models["restore"].share is None,
    ),
    "their jobs": (
        lambda c: c.operator.jobs(state="failed", tenant="acme"),
        page({"id": "job_1", "state": "failed"}),
        "GET /v1/operator/jobs?state=failed&tenant=acme",
        lambda all_: all_[0].state == "failed",
    ),
    "failures": (
        lambda c: c.operator.failures(),
        page(FAILURE),
        "GET /v1/operator/failures",
        lambda all_: all_[0].problem.slug == "gave-up",
    ),
    "dead": (lambda c: c.operator.dead(), page(FAILURE), "GET /v1/operator/dead", lambda all_: all_[0].dead),
    "requeue": (
        lambda c: c.operator.requeue("job_1"),
        {"requeued": 1},
        "POST /v1/operator/dead/job_1/requeue",
        lambda n: n == 1,
    ),
    "requeue all": (
        lambda c: c.operator.requeue(),
        {"requeued": 7},
        "POST /v1/operator/dead/requeue",
        lambda n: n == 7,
    ),
    "discard": (
        lambda c: c.operator.discard("job_1"),
        None,
        "DELETE /v1/operator/dead/job_1",
        lambda none: none is None,
    ),
    "links": (
        lambda c: c.operator.rotate_links(),
        {"previous_valid_until": "t"},
        "POST /v1/links/rotate",
        lambda told: told == "t",
    ),
    "batches": (
        lambda c: c.batches(),
        page({"id": "bat_1", "state": "running"}),
        "GET /v1/batches",
        lambda all_: all_[0].id == "bat_1",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_call_asks_as_the_wire_has_it_and_answers_typed(kind, scripted, pauses):
    async def scenario(client):
        for call, answer, asked, is_right in CALLS.values():
            scripted.say(Answer(204, b"") if answer is None else Answer(200, json.dumps(answer).encode()))
            told = call(client)
            feed = hasattr(told, "__aiter__") or hasattr(told, "__next__")
            result = await listed(told) if feed else await got(told)
            assert is_right(result), (asked, result)
            assert f"{scripted.heard[-1].method} {scripted.heard[-1].path}" == asked

    run(kind, scripted.url, scenario, pauses.policy())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_said_is_left_to_the_server(kind, scripted, pauses):
    async def scenario(client):
        scripted.say(Answer(201, json.dumps({**KEY, "key": "psk_x"}).encode()))
        await got(client.keys.create("shop", ["jobs:read"]))
        scripted.say(Answer(200, json.dumps(ENDPOINT).encode()))
        await got(client.webhooks.update("whe_1", description=""))
        scripted.say(Answer(201, json.dumps(TOKEN).encode()))
        await got(client.upload_token(["https://s.example"]))

    run(kind, scripted.url, scenario, pauses.policy())
    assert [json.loads(heard.body) for heard in scripted.heard] == [
        {"name": "shop", "scopes": ["jobs:read"]},
        {"description": ""},
        {"origins": ["https://s.example"], "expires_in_s": 900, "max_uploads": 20},
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "requeued"),
    [
        ([(1000, 1500), (1000, 500), (500, 0)], 2500),
        ([(1000, 3), (0, 3)], 1000),  # their photos are gone
        ([(1000, 1000), (1000, 700), (700, 5)], 2000),  # some died again meanwhile
    ],
)
def test_all_dead_jobs_are_queued_again_however_many_a_call_takes(kind, scripted, pauses, answers, requeued):
    told = [{"requeued": one, "left": left} for one, left in answers]
    scripted.say(*(Answer(200, json.dumps(one).encode()) for one in told))

    async def scenario(client):
        return await got(client.operator.requeue())

    assert run(kind, scripted.url, scenario, pauses.policy()) == requeued


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_ready_says_so_at_once(kind, scripted, pauses):
    told = {"type": "/problems/unavailable", "title": "Unavailable", "status": 503, "workers": 0}
    scripted.say(Answer(503, json.dumps(told).encode()))

    async def scenario(client):
        with pytest.raises(errors.Unavailable) as caught:
            await got(client.ready())
        return caught.value.problem.extra["workers"]

    assert run(kind, scripted.url, scenario, pauses.policy()) == 0
    assert pauses.slept == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_wish_that_a_key_cannot_have_is_named_and_nothing_is_sent(kind, scripted, pauses):
    async def scenario(client):
        with pytest.raises(TypeError, match="a key has no jobs_a_day; expected expires_in_s, "):
            await got(client.keys.create("shop", ["jobs:read"], jobs_a_day=3))

    run(kind, scripted.url, scenario, pauses.policy())
    assert scripted.heard == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_not_made_twice_when_the_answer_is_lost(kind, scripted, pauses):
    unavailable = json.dumps({"type": "/problems/unavailable", "title": "T", "status": 503}).encode()
    made = json.dumps({**KEY, "key": "psk_x"}).encode()

    async def scenario(client):
        scripted.say(Answer(503, unavailable), Answer(201, made))
        assert (await got(client.keys.create("shop", ["jobs:read"]))).secret == "psk_x"
        scripted.say(Answer(201, made, cut=True), Answer(201, made))
        with pytest.raises(errors.ServerUnreachable) as caught:
            await got(client.keys.create("shop", ["jobs:read"]))
        return caught.value.unsent

    assert run(kind, scripted.url, scenario, pauses.policy()) is False
    assert len(scripted.heard) == 3
