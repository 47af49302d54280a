"""Both clients against a whole stack: everything that the wire has, as it really answers."""

import zipfile
from pathlib import Path

import pytest

from packshot import errors
from packshot.retries import RetryPolicy

from .either import KINDS, got, listed, run


@pytest.fixture(params=KINDS)
def live(request, up):
    """Runs a scenario with a client of the real stack."""
    return lambda scenario, key=up.key: run(request.param, up.url, scenario, RetryPolicy(), key=key)


def test_a_job_is_tried_made_followed_judged_and_packed(live, sample, tmp_path):
    async def scenario(client):
        told = await got(client.validate(sample, ["resize:width=64"], external_id="SKU-1"))
        assert told.spec["external_id"] == "SKU-1"
        job = await got(client.submit(sample, ["resize:width=64"], metadata={"shelf": tmp_path.name}))
        events = await listed(job.events())
        assert (events[-1].name, events[-1].job, events[-1].ended) == ("succeeded", job.id, True)
        assert [one.op for one in events[-1].progress.operations] == ["resize"]
        await got(job.reject("too small"))
        child = await got(client.submit(sample, ["resize:width=96"], parent=job))
        await got(child.wait())
        await got(child.approve())
        assert [one.id for one in await listed(client.jobs(parent=job))] == [child.id]
        assert [one.id for one in await listed(client.jobs(metadata={"shelf": tmp_path.name}))] == [job.id]
        verdicts = [(await got(one.refresh())).outputs[0].decision.verdict for one in (job, child)]
        packed = await got(client.archive([job, child], tmp_path / "approved.zip", verdict="approved"))
        return verdicts, packed

    verdicts, packed = live(scenario)
    assert verdicts == ["rejected", "approved"]
    with zipfile.ZipFile(packed) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 1


def test_what_the_server_has_is_known_to_the_next_client(live, monkeypatch):
    monkeypatch.setattr("packshot.connection.ASK_FIRST_BYTES", 1)
    photo = Path(__file__).parents[2] / "docs" / "samples" / "box.jpg"

    async def scenario(client):
        return await got(client.upload(photo))

    assert live(scenario) == live(scenario)


def test_a_batch_is_followed_to_its_end(live, sample):
    async def scenario(client):
        rows = [{"sku": f"S-{number}", "photo": sample} for number in range(3)]
        batch = await got(client.catalog(rows, operations=["resize:width=48"]))
        events = await listed(batch.events())
        assert batch.id in [one.id for one in await listed(client.batches(), most=5)]
        return events[-1]

    last = live(scenario)
    assert (last.name, last.counts.succeeded) == ("finished", 3)


def test_all_jobs_of_a_tenant_are_heard_of(live, sample):
    async def scenario(client):
        feed = client.events()
        first = await got(anext(feed) if hasattr(feed, "__anext__") else next(feed))
        assert first.name == "ready"
        job = await got(client.submit(sample, ["resize:width=40"]))
        while True:
            event = await got(anext(feed) if hasattr(feed, "__anext__") else next(feed))
            if event.job == job.id and event.ended:
                break
        await got(feed.aclose() if hasattr(feed, "aclose") else feed.close())
        return event.state

    assert live(scenario) == "succeeded"


def test_endpoints_keys_and_operation_are_managed(live):
    async def scenario(client):
        made = await got(client.webhooks.create("https://shop.example/packshot", ["job.succeeded"]))
        assert await got(client.webhooks.secret(made.id)) == made.secret
        assert (await got(client.webhooks.update(made.id, state="disabled"))).state == "disabled"
        assert (await got(client.webhooks.rotate(made.id))).secret != made.secret
        assert made.id in [one.id for one in await listed(client.webhooks.list())]
        assert await listed(client.webhooks.deliveries(made.id)) == []
        await got(client.webhooks.delete(made.id))
        with pytest.raises(errors.NotFound):
            await got(client.webhooks.get(made.id))
        key = await got(client.keys.create("reader", ["jobs:read"], requests_per_minute=100))
        overview, (worker, *_) = await got(client.operator.overview()), await got(client.operator.workers())
        assert (overview.workers, worker.backend) == (1, "onnxruntime")
        # jobs of other tests may have failed
        assert [one for one in await listed(client.operator.failures()) if one.dead] == []
        assert await listed(client.operator.dead()) == []
        assert (await got(client.ready()))["workers"] == 1
        return key

    key = live(scenario)

    async def as_reader(client):
        me = await got(client.me())
        with pytest.raises(errors.Forbidden) as refused:
            await got(client.operator.overview())
        return me.scopes, me.limits.requests_per_minute, refused.value.request_id

    scopes, limit, request_id = live(as_reader, key.secret)
    assert (scopes, limit) == (("jobs:read",), 100)
    assert request_id

    async def revoke(client):
        await got(client.keys.revoke(key.id))
        assert next(one for one in await listed(client.keys.list()) if one.id == key.id).revoked_at

    live(revoke)
    with pytest.raises(errors.Unauthorized):
        live(as_reader, key.secret)
