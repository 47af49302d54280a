"""Client and AsyncClient do the same: every scenario is run with both."""

import asyncio
import dataclasses
import hashlib
import inspect
import json
import zipfile
from datetime import UTC, datetime

import pytest
from PIL import Image

from packshot import AsyncBatch, AsyncClient, AsyncJob, Batch, Client, Job, errors
from packshot.aio import endpoints as aio_endpoints
from packshot.aio import keys as aio_keys
from packshot.aio import operator as aio_operator
from packshot.endpoints import Webhooks
from packshot.keys import Keys
from packshot.operator import Operator

from .conftest import Answer
from .either import KINDS, got, listed, run

ABC = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
JOB = {"id": "job_1", "state": "queued"}
UPLOAD = {"id": ABC, "size": 3, "format": "jpeg", "width": 2, "height": 1}
UNAVAILABLE = {"type": "/problems/unavailable", "title": "Unavailable", "status": 503}
OUTPUT = {"index": 0, "url": "/outputs/o", "format": "jpeg", "width": 2, "height": 1, "bytes": 3, "sha256": ABC[7:]}
DONE = {**JOB, "state": "succeeded", "outputs": [OUTPUT]}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "mug.png"
    Image.new("RGB", (40, 30), (200, 60, 30)).save(path)
    return path


def says(document, status=200, **headers):
    return Answer(status, json.dumps(document).encode(), headers)


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [
        (Client, AsyncClient),
        (Job, AsyncJob),
        (Batch, AsyncBatch),
        (Webhooks, aio_endpoints.AsyncWebhooks),
        (Keys, aio_keys.AsyncKeys),
        (Operator, aio_operator.AsyncOperator),
    ],
)
def test_both_have_the_same_names_and_parameters(blocking, awaited):
    def public(kind):
        members = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
        return {name: _parameters(one) if callable(one) else None for name, one in members.items()}

    assert public(blocking) == public(awaited)
    assert all(inspect.getdoc(getattr(awaited, name)) for name in public(awaited))


def _parameters(function):
    told = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in told]


def test_a_photo_becomes_a_picture(kind, makeshift, photo, tmp_path):
    async def scenario(client):
        told = []
        job = await got(client.submit(photo, ["restore"], external_id="SKU-1"))
        assert (await got(job.wait(on_progress=told.append))).state == "succeeded"
        path = await got(job.download(tmp_path))
        paths = await got(job.download_all(tmp_path / "all", "mug"))
        return told[-1].state, path, paths

    state, path, paths = run(kind, makeshift.url, scenario)
    assert state == "succeeded"
    assert (path.name, paths[0].name) == ("job_1-0.jpg", "mug-0.jpg")
    assert path.read_bytes() == paths[0].read_bytes()


def test_a_listener_may_be_awaited(makeshift, photo):
    heard = []

    async def listener(progress):
        await asyncio.sleep(0)
        heard.append(progress.state)

    async def scenario(client):
        await (await client.submit(photo, ["restore"])).wait(on_progress=listener)

    run("async", makeshift.url, scenario)
    assert heard == ["succeeded"]


def test_a_wish_a_catalogue_and_a_grading_are_asked_for_alike(kind, makeshift, photo, tmp_path):
    async def scenario(client):
        made = await got((await got(client.generate("navy dress", count=2, seed=3, like=[photo]))).wait())
        varied = await got((await got(client.variations(photo, count=2, towards=photo))).wait())
        rows = [{"sku": "a", "photo": photo}, {"sku": "b", "photo": photo}]
        check = await got(client.check_catalog(rows, preset="ebay"))
        batch = await got((await got(client.catalog(rows, preset="ebay"))).wait())
        items = await listed(batch.items())
        archive = await got(batch.download_archive(tmp_path / "all.zip"))
        job = await got(batch.job(items[1]))
        return made, varied, check, batch, items, archive, job

    made, varied, check, batch, items, archive, job = run(kind, makeshift.url, scenario)
    assert (len(made.outputs), made.generation.op, varied.generation.way) == (2, "generate", True)
    assert (check.valid, batch.counts.succeeded, [item.sku for item in items]) == (2, 2, ["a", "b"])
    assert (job.id, makeshift.sent) == (items[1].job, 1)
    assert "results.csv" in zipfile.ZipFile(archive).namelist()


def test_a_submit_is_sent_again_with_the_same_key(kind, scripted, pauses):
    scripted.say(says(UPLOAD, 201), says(UNAVAILABLE, 503, **{"Retry-After": "7"}), says(JOB, 202))

    async def scenario(client):
        return (await got(client.submit(b"abc", ["restore"]))).id

    assert run(kind, scripted.url, scenario, pauses.policy()) == "job_1"
    keys = [heard.headers["Idempotency-Key"] for heard in scripted.heard if heard.path == "/v1/jobs"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert pauses.slept[0] >= 7


def test_a_used_up_rate_is_waited_for(kind, scripted, pauses):
    limited = {"type": "/problems/rate-limited", "title": "Too many", "status": 429}
    scripted.say(says(limited, 429, **{"RateLimit-Remaining": "0", "RateLimit-Reset": "11"}), says({"a": 1}))

    async def scenario(client):
        return await got(client.operations())

    policy = pauses.policy(first_answer_s=60.0)
    assert run(kind, scripted.url, scenario, policy) == {"a": 1}
    assert 11 <= sum(pauses.slept) < 12


def test_a_refusal_is_typed_and_names_its_request(kind, scripted, pauses):
    missing = {"type": "/problems/not-found", "title": "There is no such job", "status": 404}
    scripted.say(says(missing, 404, **{"X-Request-Id": "req-7"}))

    async def scenario(client):
        with pytest.raises(errors.NotFound) as caught:
            await got(client.job("job_9"))
        return caught.value

    error = run(kind, scripted.url, scenario, pauses.policy())
    assert (error.request_id, error.problem.slug, pauses.slept) == ("req-7", "not-found", [])


@pytest.mark.parametrize(("status", "asked"), [(200, ["GET"]), (404, ["GET", "POST"]), (403, ["GET", "POST"])])
def test_a_large_photo_is_not_sent_where_the_server_has_it(kind, scripted, pauses, status, asked):
    data = b"x" * 300_000
    upload = {**UPLOAD, "id": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    scripted.say(says(upload if status == 200 else {"title": "no"}, status), says(upload, 201))

    async def scenario(client):
        return await got(client.upload(data)), await got(client.upload(data))

    first, second = run(kind, scripted.url, scenario, pauses.policy())
    assert first == second
    assert [heard.method for heard in scripted.heard] == asked
    assert scripted.heard[0].path == f"/v1/uploads/{upload['id']}"


def test_a_wait_ends_in_time_and_holds_the_question(kind, scripted, pauses):
    running = {**JOB, "state": "running"}
    scripted.say(says(JOB, 202), says(running, ETag='"1"'))

    async def scenario(client):
        job = await got(client.submit(None, [{"op": "generate"}]))
        with pytest.raises(errors.WaitTimedOut, match="job_1 is running after 1 s"):
            await got(job.wait(timeout_s=1))

    run(kind, scripted.url, scenario, pauses.policy())
    assert scripted.heard[1].path == "/v1/jobs/job_1?wait=1"


def test_a_job_that_fails_says_why(kind, scripted, pauses):
    failed = {**JOB, "state": "failed", "problem": {"type": "/problems/image-corrupt", "title": "Cut short"}}
    scripted.say(says(failed))

    async def scenario(client):
        job = await got(client.job("job_1"))
        with pytest.raises(errors.JobFailed, match="Cut short") as caught:
            await got(job.wait())
        return caught.value.problem.slug

    assert run(kind, scripted.url, scenario, pauses.policy()) == "image-corrupt"


def test_a_damaged_download_starts_over_and_an_old_link_is_made_fresh(kind, scripted, pauses, tmp_path):
    old = {"type": "/problems/link-expired", "title": "Old", "status": 403}
    fresh = {**DONE, "outputs": [{**OUTPUT, "url": "/outputs/fresh"}]}
    scripted.say(says(DONE), says(old, 403), says(fresh), Answer(200, b"abd"), Answer(200, b"abc"))

    async def scenario(client):
        return await got((await got(client.job("job_1"))).download(tmp_path / "o.jpg"))

    assert run(kind, scripted.url, scenario, pauses.policy()).read_bytes() == b"abc"
    assert [heard.path for heard in scripted.heard[1:]] == [
        "/outputs/o", "/v1/jobs/job_1", "/outputs/fresh", "/outputs/fresh",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["o.jpg"]


def test_an_interrupted_grading_leaves_no_job_behind(kind, scripted, pauses):
    scripted.say(says(UPLOAD, 201), says(JOB, 202), says(JOB))

    class Interrupted(BaseException):
        pass

    def interrupt(_seconds):
        raise Interrupted

    async def interrupt_task(_seconds):
        raise Interrupted

    async def scenario(client):
        with pytest.raises(Interrupted):
            await got(client.check(b"abc", ["etsy"]))

    policy = dataclasses.replace(pauses.policy(), sleep=interrupt, async_sleep=interrupt_task)
    run(kind, scripted.url, scenario, policy)
    assert ("POST", "/v1/jobs/job_1/cancel") in [(heard.method, heard.path) for heard in scripted.heard]


def test_a_canceled_task_cancels_the_job_of_its_grading(scripted):
    scripted.say(says(UPLOAD, 201), says(JOB, 202), says(JOB))

    async def scenario(client):
        grading = asyncio.ensure_future(client.check(b"abc", ["etsy"]))
        while len(scripted.heard) < 4:
            await asyncio.sleep(0.01)
        grading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await grading

    run("async", scripted.url, scenario)
    assert "/v1/jobs/job_1/cancel" in [heard.path for heard in scripted.heard]


def test_jobs_are_filtered_by_all_that_is_said(kind, scripted, pauses):
    spec = {"external_id": "SKU-1", "metadata": {"a": "b"}, "parent": {"job": "job_0", "output": 2}}
    first = {"items": [{**DONE, "spec": spec}], "cursor": "next"}
    scripted.say(says(first), says({"items": [], "cursor": None}))

    async def scenario(client):
        since = datetime(2026, 2, 3, tzinfo=UTC)
        asked = {"created_after": since, "parent": "job_0", "metadata": {"a": "b", "c": "d"}, "needs_review": True}
        with pytest.raises(ValueError, match="without a time zone"):
            await listed(client.jobs(created_before=datetime(2026, 2, 3)))  # noqa: DTZ001  that is the point
        return await listed(client.jobs(state="succeeded", **asked))

    (job,) = run(kind, scripted.url, scenario, pauses.policy())
    assert (job.external_id, job.metadata, job.parent) == ("SKU-1", {"a": "b"}, ("job_0", 2))
    assert scripted.heard[0].path == (
        "/v1/jobs?state=succeeded&created_after=2026-02-03T00%3A00%3A00%2B00%3A00"
        "&parent=job_0&metadata=a%3Ab&metadata=c%3Ad&needs_review=true"
    )
    assert scripted.heard[1].path.endswith("&cursor=next")


def test_pictures_are_approved_and_rejected(kind, scripted, pauses):
    decided = {**OUTPUT, "needs_review": True, "decision": {"verdict": "rejected", "note": "dark", "at": "t"}}
    scripted.say(says(DONE), says(decided), says(OUTPUT), says(OUTPUT))

    async def scenario(client):
        job = await got(client.job("job_1"))
        assert (await got(job.reject("dark"))) is job
        rejected = job.outputs[0]
        await got(job.undecide())
        assert job.outputs[0].decision is None
        await got(job.approve(index=0))
        return rejected

    rejected = run(kind, scripted.url, scenario, pauses.policy())
    assert (rejected.decision.verdict, rejected.decision.note, rejected.needs_review) == ("rejected", "dark", True)
    assert {heard.path for heard in scripted.heard[1:]} == {"/v1/jobs/job_1/outputs/0/decision"}
    bodies = [json.loads(heard.body) for heard in scripted.heard[1:]]
    assert [body["verdict"] for body in bodies] == ["rejected", None, "approved"]


def test_a_dry_run_tells_the_spec_and_a_parent_is_noted(kind, scripted, pauses):
    valid = {"valid": True, "spec": {"seed": 1}, "operations": [{"op": "restore"}]}
    valid["estimate"] = {"seconds": 1.5, "queue_position": 3}
    scripted.say(says(UPLOAD, 201), says(valid), says(JOB, 202))

    async def scenario(client):
        told = await got(client.validate(b"abc", ["restore"], parent="job_0"))
        await got(client.submit(b"abc", ["restore"], parent=(await got(client.submit(b"abc", ["restore"])), 1)))
        return told

    told = run(kind, scripted.url, scenario, pauses.policy())
    assert (told.spec, told.seconds, told.queue_position, told.operations) == (
        {"seed": 1},
        1.5,
        3,
        ({"op": "restore"},),
    )
    assert [heard.path for heard in scripted.heard[:2]] == ["/v1/uploads", "/v1/jobs?validate_only=true"]
    assert json.loads(scripted.heard[1].body)["parent"] == {"job": "job_0"}
    assert json.loads(scripted.heard[-1].body)["parent"] == {"job": "job_1", "output": 1}


def test_an_archive_is_a_file_that_is_whole(kind, scripted, pauses, tmp_path):
    scripted.say(Answer(200, b"PK", cut=True), Answer(200, b"PK"))

    async def scenario(client):
        with pytest.raises(ValueError, match="an archive of 0 jobs"):
            await got(client.archive([], tmp_path / "none.zip"))
        return await got(client.archive(["job_1", "job_2"], tmp_path / "all.zip", verdict="approved"))

    assert run(kind, scripted.url, scenario, pauses.policy()).read_bytes() == b"PK"
    assert json.loads(scripted.heard[-1].body) == {"ids": ["job_1", "job_2"], "verdict": "approved"}
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]
