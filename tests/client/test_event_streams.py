"""What happens is told as it happens, and nothing is missed or told twice when the connection breaks."""

import json

import pytest

from packshot import errors
from packshot.flows.event_stream import EventReader

from .conftest import Answer
from .either import KINDS, each, got, listed, run

STREAM = {"Content-Type": "text/event-stream"}
JOB = {"id": "job_1", "state": "queued"}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def event(name, event_id, **data):
    return f"id: {event_id}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def told(state, fraction=0.0, **more):
    running = [{"op": "restore", "state": "running", "fraction": fraction}]
    return {
        **JOB,
        "state": state,
        "progress": {"fraction": fraction, "stage": "restore", "operations": running},
        **more,
    }


def streamed(*events, cut=False):
    body = b"".join(events)
    return Answer(200, body + b" " * len(body) if cut else body, STREAM, cut=cut)


QUEUED = event("queued", "1", **told("queued", queue_position=2, eta_s=3.5))
HALF = event("progress", "2", **told("running", 0.5))
WHOLE = Answer(200, json.dumps({**JOB, "state": "succeeded", "progress": {"fraction": 1.0, "stage": ""}}).encode())
DONE = event("succeeded", "3", **told("succeeded", 1.0, attempt=1, needs_review=True))


def test_a_jobs_events_end_with_the_job(kind, scripted, pauses):
    stream = streamed(b"retry: 2000\n\n:\n\n", QUEUED, HALF, DONE, HALF)
    scripted.say(Answer(200, json.dumps(JOB).encode()), stream, WHOLE)

    async def scenario(client):
        return await listed((await got(client.job("job_1"))).events())

    first, half, last = run(kind, scripted.url, scenario, pauses.policy())
    assert (first.name, first.state, first.progress.queue_position, first.progress.eta_s) == (
        "queued",
        "queued",
        2,
        3.5,
    )
    assert (half.name, half.state, half.progress.operations[0].fraction) == ("progress", "running", 0.5)
    assert (last.ended, last.needs_review, last.attempt, last.job) == (True, True, 1, "job_1")
    assert scripted.heard[1].headers["Accept"] == "text/event-stream"


def test_a_job_follows_its_events_and_knows_its_pictures_with_the_last(kind, scripted, pauses):
    size = {"format": "jpeg", "width": 2, "height": 1, "bytes": 3, "sha256": "0" * 64}
    ended = {
        **JOB,
        "state": "succeeded",
        "outputs": [{"index": 0, "url": "/o", **size}],
        "spec": {"external_id": "A/B"},
    }
    scripted.say(
        Answer(200, json.dumps(JOB).encode()), streamed(QUEUED, HALF, DONE), Answer(200, json.dumps(ended).encode())
    )

    async def scenario(client):
        job = await got(client.job("job_1"))
        seen = []

        def noted(event):
            seen.append((event.state, job.state, job.progress.fraction, job.progress.queue_position, len(job.outputs)))

        await each(job.events(), noted)
        return seen, job.ended, job.over, job.file_stem

    seen, ended, over, stem = run(kind, scripted.url, scenario, pauses.policy())
    assert seen == [
        ("queued", "queued", 0.0, 2, 0),
        ("running", "running", 0.5, None, 0),
        ("succeeded",) * 2 + (0.0, None, 1),
    ]
    assert (ended, over, stem) == (True, True, "A-B")
    assert len(scripted.heard) == 3


def test_an_end_is_told_also_of_a_job_that_is_erased_right_after(kind, scripted, pauses):
    gone = json.dumps({"type": "/problems/expired", "title": "Gone", "status": 410}).encode()
    scripted.say(Answer(200, json.dumps(JOB).encode()), streamed(DONE), Answer(410, gone))

    async def scenario(client):
        job = await got(client.job("job_1"))
        return [one.name for one in await listed(job.events())], job.state

    assert run(kind, scripted.url, scenario, pauses.policy()) == (["succeeded"], "succeeded")


def test_a_broken_stream_is_taken_up_after_the_last_event(kind, scripted, pauses):
    unavailable = json.dumps({"type": "/problems/unavailable", "title": "Full", "status": 503}).encode()
    scripted.say(
        Answer(200, json.dumps(JOB).encode()),
        streamed(b"retry: 300\n\n", QUEUED, HALF, cut=True),
        Answer(503, unavailable, {"Retry-After": "4"}),
        streamed(HALF.replace(b"id: 2", b"id: 2b")),
        streamed(DONE),
        WHOLE,
    )

    async def scenario(client):
        return await listed((await got(client.job("job_1"))).events())

    events = run(kind, scripted.url, scenario, pauses.policy())
    assert [one.id for one in events] == ["1", "2", "2b", "3"]
    assert [heard.headers.get("Last-Event-ID") for heard in scripted.heard[1:-1]] == [None, "2", "2", "2b"]
    assert pauses.slept[0] == 0.3
    assert 4 <= pauses.slept[1] < 5


def test_an_end_that_was_seen_before_is_no_reason_to_ask_again(kind, scripted, pauses):
    scripted.say(Answer(200, json.dumps(JOB).encode()), Answer(204, b""))

    async def scenario(client):
        return await listed((await got(client.job("job_1"))).events())

    assert run(kind, scripted.url, scenario, pauses.policy()) == []
    assert len(scripted.heard) == 2


def test_a_job_that_is_erased_meanwhile_ends_its_events(kind, scripted, pauses):
    scripted.say(
        Answer(200, json.dumps(JOB).encode()), streamed(event("erased", "e", id="job_1", state="erased"), HALF)
    )

    async def scenario(client):
        return await listed((await got(client.job("job_1"))).events())

    assert [one.name for one in run(kind, scripted.url, scenario, pauses.policy())] == ["erased"]


def test_all_jobs_are_followed_until_the_loop_is_left(kind, scripted, pauses):
    scripted.say(streamed(event("ready", "40"), HALF, event("reset", "90"), HALF))

    async def scenario(client):
        return await listed(client.events(after="39"), most=3)

    events = run(kind, scripted.url, scenario, pauses.policy())
    assert [(one.name, one.job) for one in events] == [("ready", ""), ("progress", "job_1"), ("reset", "")]
    assert scripted.heard[0].headers["Last-Event-ID"] == "39"
    assert len(scripted.heard) == 1


def test_a_batch_is_followed_like_a_job(kind, scripted, pauses):
    batch = {"id": "bat_1", "state": "running", "counts": {"total": 2}}
    ended = {**batch, "state": "finished", "counts": {"total": 2, "succeeded": 2}}
    scripted.say(
        Answer(200, json.dumps(batch).encode()),
        streamed(event("running", "1", **batch), event("finished", "2", **ended)),
    )

    async def scenario(client):
        return await listed((await got(client.batch("bat_1"))).events())

    events = run(kind, scripted.url, scenario, pauses.policy())
    assert [(one.name, one.batch, one.counts.succeeded) for one in events] == [
        ("running", "bat_1", 0),
        ("finished", "bat_1", 2),
    ]


def test_a_refusal_and_a_server_that_stays_away_end_the_events(kind, scripted, pauses):
    missing = json.dumps({"type": "/problems/not-found", "title": "None", "status": 404}).encode()
    away = json.dumps({"type": "/problems/unavailable", "title": "Down", "status": 503}).encode()

    async def scenario(client):
        scripted.say(Answer(404, missing))
        with pytest.raises(errors.NotFound):
            await listed(client.events())
        scripted.say(Answer(503, away))
        with pytest.raises(errors.Unavailable):
            await listed(client.events())

    run(kind, scripted.url, scenario, pauses.policy())
    assert 40 < sum(pauses.slept) <= 60


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_however_they_are_cut(size, end):
    lines = (": hello", "", "id: 1", 'data: {"a":', 'data:  "né"}', "", "event: b", "", "event:c", "data: {}", "", "")
    body = end.join(lines).encode()
    reader = EventReader()
    found = [one for at in range(0, len(body), size) for one in reader.feed(body[at : at + size])]
    found += reader.feed(b":\n")  # a CR alone is a line's end once something follows it
    assert [(one.name, one.id, dict(one.data)) for one in found] == [("message", "1", {"a": "né"}), ("c", "1", {})]


@pytest.mark.parametrize("body", [b"data: [1]\n\n", b"data: none\n\n", b"\xff\xfe\n", b"data: " + b"x" * (2 << 20)])
def test_what_is_no_event_stream_is_malformed(body):
    with pytest.raises(errors.MalformedAnswer):
        list(EventReader().feed(body))
