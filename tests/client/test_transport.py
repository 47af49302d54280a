"""Retries, time-outs and answers that are not the wire, against a server that misbehaves on purpose."""

import hashlib
import json

import pytest

from packshot import Client, errors
from packshot.retries import RetryPolicy
from tests.ports import free_port

from .conftest import Answer

UNAVAILABLE = json.dumps({"type": "/problems/unavailable", "title": "Unavailable", "status": 503}).encode()
JOB = json.dumps({"id": "job_1", "state": "queued"}).encode()
ABC = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
UPLOAD = json.dumps({"id": ABC, "size": 3, "format": "jpeg", "width": 2, "height": 1}).encode()


def test_retry_after_is_the_least_pause(scripted, scripted_client, pauses):
    scripted.say(Answer(503, UNAVAILABLE, {"Retry-After": "7"}), Answer(200, b"{}"))
    assert scripted_client.operations() == {}
    assert len(pauses.slept) == 1
    assert pauses.slept[0] >= 7


def test_pauses_grow_and_are_jittered_within_bounds():
    policy = RetryPolicy(base_s=1, cap_s=8, jitter=lambda: 0.0)
    assert [policy.pause_s(attempt, None) for attempt in range(1, 6)] == [0.5, 1, 2, 4, 4]
    assert RetryPolicy(base_s=1, cap_s=8, jitter=lambda: 1.0).pause_s(9, None) == 8


def test_a_retried_submit_carries_the_same_idempotency_key(scripted, scripted_client):
    scripted.say(Answer(201, UPLOAD), Answer(503, UNAVAILABLE), Answer(202, JOB, cut=True), Answer(202, JOB))
    assert scripted_client.submit(b"abc", ["restore"]).id == "job_1"
    keys = [heard.headers["Idempotency-Key"] for heard in scripted.heard if heard.path == "/v1/jobs"]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_submits_have_two_idempotency_keys(scripted, scripted_client):
    scripted.say(Answer(201, UPLOAD), Answer(202, JOB))
    scripted_client.submit(b"abc", ["restore"])
    scripted_client.submit(b"abc", ["restore"])
    keys = {heard.headers["Idempotency-Key"] for heard in scripted.heard if heard.path == "/v1/jobs"}
    assert len(keys) == 2


def test_the_same_bytes_are_sent_once(scripted, scripted_client):
    scripted.say(Answer(201, UPLOAD))
    assert scripted_client.upload(b"abc") == scripted_client.upload(b"abc")
    assert [heard.body for heard in scripted.heard] == [b"abc"]


def test_an_upload_that_the_server_dropped_is_sent_again(scripted, scripted_client):
    gone = {"type": "/problems/invalid-parameter", "title": "T", "errors": [{"pointer": "/input/upload", "detail": ""}]}
    scripted.say(Answer(201, UPLOAD), Answer(422, json.dumps(gone).encode()), Answer(201, UPLOAD), Answer(202, JOB))
    scripted_client.submit(b"abc", ["restore"])
    assert [heard.path for heard in scripted.heard] == ["/v1/uploads", "/v1/jobs", "/v1/uploads", "/v1/jobs"]


def test_what_waiting_cannot_cure_is_not_retried(scripted, scripted_client, pauses):
    scripted.say(Answer(401, b'{"type": "/problems/unauthorized", "title": "T", "status": 401}'))
    with pytest.raises(errors.Unauthorized):
        scripted_client.operations()
    assert pauses.slept == []
    assert len(scripted.heard) == 1


def test_a_server_that_stays_full_is_given_up_in_time(scripted, scripted_client, pauses):
    scripted.say(Answer(200, b"{}"), Answer(503, UNAVAILABLE, {"Retry-After": "5"}))
    scripted_client.operations()
    with pytest.raises(errors.Unavailable) as caught:
        scripted_client.operations()
    assert caught.value.retry_after_s == 5
    assert 50 <= sum(pauses.slept) <= 60


def test_a_server_that_never_answered_is_given_up_early(pauses):
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, "k", retries=pauses.policy()) as client, pytest.raises(errors.ServerUnreachable, match=url):
        client.operations()
    assert sum(pauses.slept) <= 3


def test_a_proxy_page_instead_of_a_problem_is_told_by_its_status(scripted, scripted_client):
    scripted.say(Answer(404, b"<html>nothing here</html>", {"Content-Type": "text/html"}))
    with pytest.raises(errors.NotFound, match="HTTP 404"):
        scripted_client.job("job_1")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": 7, "state": "queued"}', b'{"id": "job_1"}', b"\xff"])
def test_an_answer_of_another_shape_is_malformed(scripted, scripted_client, body):
    scripted.say(Answer(200, body))
    with pytest.raises(errors.MalformedAnswer):
        scripted_client.job("job_1")


def test_a_url_without_a_scheme_is_told_with_the_value():
    with pytest.raises(errors.ServerNotFound, match=r"shop\.example"):
        Client("shop.example", "k")


def test_all_pages_of_the_list_are_read(scripted, scripted_client):
    first = {"items": [{"id": "job_2", "state": "running"}], "cursor": "next"}
    second = {"items": [{"id": "job_1", "state": "queued"}], "cursor": None}
    scripted.say(Answer(200, json.dumps(first).encode()), Answer(200, json.dumps(second).encode()))
    assert [job.id for job in scripted_client.jobs(state="running")] == ["job_2", "job_1"]
    assert [heard.path for heard in scripted.heard] == ["/v1/jobs?state=running", "/v1/jobs?state=running&cursor=next"]
