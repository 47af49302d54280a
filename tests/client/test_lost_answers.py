"""What did its work although the answer was lost: asked again by both clients, it is no error and is done once."""

import json

import pytest

from packshot import errors

from .conftest import Answer
from .either import KINDS, got, listed, run
from .test_server_calls import ENDPOINT

LOST = Answer(200, b"{}", cut=True)
pytestmark = pytest.mark.parametrize("kind", KINDS)


def says(document, status=200):
    return Answer(status, json.dumps(document).encode())


def job(state, **more):
    return {"id": "job_1", "state": state, **more}


def ended(state):
    title, detail = "It has already ended", f"the job is {state} and cannot be canceled"
    told = {"type": "/problems/already-terminal", "title": title, "detail": detail, "status": 409, "state": state}
    return says(told, 409)


def test_a_job_that_the_lost_call_canceled_is_canceled(kind, scripted, pauses):
    async def scenario(client):
        scripted.say(says(job("queued")))
        handle = await got(client.job("job_1"))
        scripted.say(LOST, ended("canceled"), says(job("canceled")))
        await got(handle.cancel())
        scripted.say(LOST, ended("canceled"))
        await got(client.cancel("job_1"))
        return handle.state

    assert run(kind, scripted.url, scenario, pauses.policy()) == "canceled"
    asked = [heard.path for heard in scripted.heard]
    assert asked == ["/v1/jobs/job_1", *["/v1/jobs/job_1/cancel"] * 2, "/v1/jobs/job_1", *["/v1/jobs/job_1/cancel"] * 2]


@pytest.mark.parametrize("state", ["succeeded", "failed", "expired"])
def test_cancel_of_a_job_that_ended_otherwise_says_so_plainly(kind, scripted, pauses, state):
    scripted.say(says(job("queued")), ended(state))

    async def scenario(client):
        handle = await got(client.job("job_1"))
        for call in (handle.cancel, lambda: client.cancel("job_1")):
            with pytest.raises(errors.Conflict) as caught:
                await got(call())
            assert str(caught.value) == f"It has already ended: job job_1 {state} before it could be canceled"
            assert caught.value.problem.slug == "already-terminal"

    run(kind, scripted.url, scenario, pauses.policy())


@pytest.mark.parametrize(
    "erase",
    [
        lambda _, job: job.delete(),
        lambda client, _: client.webhooks.delete("whe_1"),
        lambda client, _: client.keys.revoke("k1"),
    ],
    ids=["job", "webhook", "key"],
)
def test_what_the_lost_call_erased_is_gone_but_what_never_was_is_an_error(kind, scripted, pauses, erase):
    missing = says({"type": "/problems/not-found", "title": "No", "status": 404}, 404)

    async def scenario(client):
        scripted.say(says(job("queued")))
        handle = await got(client.job("job_1"))
        scripted.say(LOST, missing)
        await got(erase(client, handle))
        scripted.say(missing)
        with pytest.raises(errors.NotFound):
            await got(erase(client, handle))

    run(kind, scripted.url, scenario, pauses.policy())


def test_a_webhook_is_asked_for_again_with_the_same_key(kind, scripted, pauses):
    scripted.say(LOST, says({**ENDPOINT, "secret": "whsec_x"}, 201))

    async def scenario(client):
        return (await got(client.webhooks.create("https://shop.example/h"))).secret

    assert run(kind, scripted.url, scenario, pauses.policy()) == "whsec_x"
    first, second = (heard.headers["Idempotency-Key"] for heard in scripted.heard)
    assert first == second


@pytest.mark.parametrize(
    ("told", "parent"), [({}, ("job_0", None)), ({"output": 0}, ("job_0", 0)), ({"output": None}, ("job_0", None))]
)
def test_a_parent_as_a_whole_is_not_told_as_its_first_output(kind, scripted, pauses, told, parent):
    scripted.say(says({"items": [job("queued", spec={"parent": {"job": "job_0", **told}})], "cursor": None}))

    async def scenario(client):
        (child,) = await listed(client.jobs())
        scripted.say(says(job("queued"), 202))
        await got(client.submit(None, [{"op": "generate"}], parent=child.parent))
        return child.parent

    assert run(kind, scripted.url, scenario, pauses.policy()) == parent
    asked = {"job": "job_0"} if parent[1] is None else {"job": "job_0", "output": 0}
    assert json.loads(scripted.heard[-1].body)["parent"] == asked
