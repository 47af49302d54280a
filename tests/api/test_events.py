"""Server-sent events, through Flask's test client: what is told, in which order, and when a stream ends."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from jobs.problems import make_problem
from tests.api.meanwhile import meanwhile


@dataclass
class Told:
    id: str
    name: str
    data: dict[str, Any]


def told(answer: TestResponse) -> Iterator[Told]:
    """The events of a stream as they come; comments are left out."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    for chunk in answer.iter_encoded():
        fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
        if "event" in fields:
            yield Told(fields["id"], fields["event"], json.loads(fields["data"]))


def names(answer: TestResponse) -> list[str]:
    return [event.name for event in told(answer)]


def test_a_job_is_followed_from_its_place_in_the_queue_to_its_end(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    answer = shop.get(f"/v1/jobs/{job_id}/events")
    events = told(answer)
    first = next(events)
    assert (first.name, first.data["id"], first.data["queue_position"]) == ("queued", job_id, 0)
    claim = shop.services.store.claim("test-worker")
    assert next(events).name == "running"
    shop.services.store.progress(job_id, claim.token, 0.5, "restore", (0, 0.4))
    progress = next(events)
    assert (progress.name, progress.data["progress"]) == (
        "progress",
        {
            "fraction": 0.5,
            "stage": "restore",
            "operations": [{"op": "restore", "state": "running", "fraction": 0.4}],
        },
    )
    shop.services.store.fail(job_id, claim.token, make_problem("image-corrupt", "the scan ends too early"))
    last = next(events)
    assert (last.name, last.data["problem"]["type"]) == ("failed", "/problems/image-corrupt")
    assert list(events) == []


def test_the_headers_keep_proxies_from_holding_events_back(shop: Any, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/jobs/{shop.finished(jpeg)}/events")
    assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("private, no-cache", "no")
    assert answer.data.startswith(b"retry: 2000\n\n")


def test_an_ended_job_is_told_once_and_the_stream_ends(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    assert names(shop.get(f"/v1/jobs/{job_id}/events")) == ["succeeded"]


def test_who_reconnects_is_not_told_the_same_twice(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    with closing(told(shop.get(f"/v1/jobs/{job_id}/events"))) as events:
        seen = next(events).id
    again = told(shop.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": seen}))
    shop.services.store.claim("test-worker")
    event = next(again)
    assert event.name == "running"
    later = told(shop.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": seen}))
    assert next(later).id == event.id
    again.close(), later.close()


def test_who_has_seen_the_end_is_sent_away(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    (end,) = told(shop.get(f"/v1/jobs/{job_id}/events"))
    answer = shop.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": end.id})
    assert (answer.status_code, answer.data) == (204, b"")


def test_an_erased_job_ends_its_stream(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    events = told(shop.get(f"/v1/jobs/{job_id}/events"))
    next(events)
    shop.call("DELETE", f"/v1/jobs/{job_id}")
    assert [(event.name, event.data) for event in events] == [("erased", {"id": job_id, "state": "erased"})]


def test_nobody_follows_what_is_not_theirs_or_gone(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    assert problem_of(rival.get(f"/v1/jobs/{job_id}/events")) == (404, "not-found")
    shop.call("DELETE", f"/v1/jobs/{job_id}")
    assert problem_of(shop.get(f"/v1/jobs/{job_id}/events")) == (410, "expired")


def test_a_place_in_the_queue_that_moves_is_told(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.events.MOVES_S", 0.05)
    first, second = shop.submit(jpeg), shop.submit(jpeg, seed=2)
    events = told(shop.get(f"/v1/jobs/{second}/events"))
    assert next(events).data["queue_position"] == 1
    shop.call("POST", f"/v1/jobs/{first}/cancel")
    event = next(events)
    assert (event.name, event.data["queue_position"]) == ("progress", 0)
    events.close()


def test_a_quiet_stream_sends_comments(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.events.HEARTBEAT_S", 0.05)
    answer = shop.get(f"/v1/jobs/{shop.submit(jpeg)}/events")
    chunks = answer.iter_encoded()
    assert [next(chunks)[:6] for _ in range(4)] == [b"retry:", b"id: qu", b":\n\n", b":\n\n"]
    answer.close()


def test_a_stopping_server_ends_its_streams(shop: Any, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/jobs/{shop.submit(jpeg)}/events")
    with meanwhile(shop.services.long_polls.stop):
        assert names(answer) == ["queued"]


def test_streams_past_the_limit_are_told_to_come_back(
    make_shop: Any, settings: Any, jpeg: bytes, problem_of: Any
) -> None:
    shop = make_shop(settings.model_copy(update={"api_waiting": 1}))
    job_id = shop.submit(jpeg)
    answer = shop.get(f"/v1/jobs/{job_id}/events")
    assert problem_of(shop.get("/v1/events")) == (503, "unavailable")
    answer.close()
    with closing(shop.get(f"/v1/jobs/{job_id}/events")) as again:
        assert again.status_code == 200


def test_a_batch_is_followed_to_its_end(shop: Any, jpeg: bytes) -> None:
    rows = [{"upload": shop.upload(jpeg), "operations": "restore", "sku": "a"}]
    batch_id = shop.post("/v1/batches", json={"items": rows}).get_json()["id"]
    events = told(shop.get(f"/v1/batches/{batch_id}/events"))
    first = next(events)
    assert (first.name, first.data["counts"]["queued"]) == ("running", 1)
    claim = shop.services.store.claim("test-worker")
    shop.services.store.fail(claim.job_id, claim.token, make_problem("image-corrupt", "the scan ends too early"))
    rest = list(events)
    assert rest[-1].name == "finished"
    assert rest[-1].data["counts"]["failed"] == 1
    again = shop.get(f"/v1/batches/{batch_id}/events", headers={"Last-Event-ID": rest[-1].id})
    assert again.status_code == 204


def test_a_tenant_follows_all_its_jobs_and_no_others(shop: Any, rival: Any, jpeg: bytes) -> None:
    events = told(shop.get("/v1/events"))
    assert next(events).name == "ready"
    rival.submit(jpeg)
    ours = shop.submit(jpeg)
    event = next(events)
    assert (event.name, event.data["id"], event.data["state"]) == ("queued", ours, "queued")
    shop.call("POST", f"/v1/jobs/{ours}/cancel")
    event = next(events)
    assert (event.name, event.data["id"]) == ("canceled", ours)
    shop.call("DELETE", f"/v1/jobs/{ours}")
    event = next(events)
    assert (event.name, event.data) == ("erased", {"id": ours, "state": "erased"})
    events.close()


def test_what_changed_while_a_follower_was_away_is_told_once_each(shop: Any, jpeg: bytes) -> None:
    with closing(told(shop.get("/v1/events"))) as events:
        seen = next(events).id
    first, second = shop.submit(jpeg), shop.submit(jpeg, seed=2)
    shop.services.store.claim("test-worker")
    events = told(shop.get("/v1/events", headers={"Last-Event-ID": seen}))
    again = [next(events), next(events)]
    assert {(event.data["id"], event.name) for event in again} == {(first, "running"), (second, "queued")}
    events.close()
    events = told(shop.get("/v1/events", headers={"Last-Event-ID": again[0].id}))
    assert next(events).data["id"] == again[1].data["id"]
    events.close()


@pytest.mark.parametrize("seen", ["1", "99999999999999999", "9999999999999999", "nonsense"])
def test_who_was_away_for_too_long_is_told_to_list_anew(seen: str, shop: Any, jpeg: bytes) -> None:
    shop.submit(jpeg)
    events = told(shop.get("/v1/events", headers={"Last-Event-ID": seen}))
    assert next(events).name == "reset"
    job_id = shop.submit(jpeg, seed=2)
    assert next(events).data["id"] == job_id
    events.close()


def test_progress_of_a_known_job_is_told_as_such_to_a_tenant(shop: Any, jpeg: bytes) -> None:
    events = told(shop.get("/v1/events"))
    next(events)
    job_id = shop.submit(jpeg)
    claim = shop.services.store.claim("test-worker")
    while next(events).name != "running":
        pass
    shop.services.store.progress(job_id, claim.token, 0.5, "restore")
    event = next(events)
    assert (event.name, event.data["progress"]["fraction"]) == ("progress", 0.5)
    events.close()


def test_a_stream_needs_a_key_that_may_read(shop: Any, make_shop: Any, settings: Any, problem_of: Any) -> None:
    writer = make_shop(settings, app=shop.app, scopes=["jobs:write"])
    assert problem_of(writer.get("/v1/events")) == (403, "forbidden")
    assert problem_of(shop.get("/v1/events?since=3")) == (422, "invalid-parameter")


@pytest.mark.parametrize("way", ["revoked", "expired"])
def test_a_stream_ends_with_its_key(way: str, shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.events.ADMITTED_S", 0.0)
    monkeypatch.setattr("api.events.HEARTBEAT_S", 0.05)
    job_id = shop.submit(jpeg)
    events = told(shop.get(f"/v1/jobs/{job_id}/events"))
    assert next(events).name == "queued"
    key_id = shop.key[4:20]
    if way == "revoked":
        shop.services.keys.revoke(key_id)
    else:
        shop.services.redis.hset(f"packshot:key:{key_id}", "expires_at", 1)
    shop.services.store.claim("test-worker")
    assert list(events) == []


def test_a_quiet_stream_ends_with_its_key_before_its_next_heartbeat(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.events.ADMITTED_S", 0.2)
    monkeypatch.setattr("api.events.HEARTBEAT_S", 0.5)
    chunks = shop.get(f"/v1/jobs/{shop.submit(jpeg)}/events").iter_encoded()
    assert next(chunk for chunk in chunks if b"event: queued" in chunk)
    shop.services.keys.revoke(shop.key[4:20])
    assert list(chunks) == [], "each heartbeat puts off the question whether the key still opens anything"


def test_a_pages_stream_ends_with_its_token(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.events.ADMITTED_S", 0.0)
    monkeypatch.setattr("api.events.HEARTBEAT_S", 0.05)
    page = {"origins": ["http://localhost"], "spec": {"operations": [{"op": "restore"}]}}
    made = shop.post("/v1/upload-tokens", json=page).get_json()
    visitor = replace(shop, key=made["token"], headers={"Origin": "http://localhost"})
    job_id = visitor.post("/v1/jobs", json={"input": {"upload": visitor.upload(jpeg)}}).get_json()["id"]
    events = told(visitor.get(f"/v1/jobs/{job_id}/events"))
    assert next(events).name == "queued"
    assert shop.call("DELETE", f"/v1/upload-tokens/{made['id']}").status_code == 204
    shop.services.store.claim("test-worker")
    assert list(events) == []
