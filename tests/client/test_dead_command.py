"""`packshot dead`: what an operator does about jobs that gave up."""

import json
import sys

import pytest

from .conftest import Answer
from .test_cli import packshot

PROBLEM = {"type": "/problems/gave-up", "title": "The job was given up", "detail": "its worker was [lost]"}
FAILURE = {"id": "job_1", "tenant": "shop", "problem": PROBLEM, "attempt": 3, "finished_at": "2026-11-23T04:00:00Z"}
REFUSED = {"type": "/problems/not-found", "title": "Not found", "detail": "no dead job", "status": 404}


def says(document, status=200):
    return Answer(status, json.dumps(document).encode())


@pytest.fixture
def told(scripted, monkeypatch):
    monkeypatch.setenv("PACKSHOT_URL", scripted.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", "psk_test.secret")
    return scripted


def asked(scripted):
    return [f"{heard.method} {heard.path}" for heard in scripted.heard]


def test_dead_jobs_are_listed_with_why_they_gave_up(told):
    told.say(says({"items": [{**FAILURE, "dead": True}], "cursor": None}))
    shown = packshot("dead", "list")
    assert shown.exit_code == 0
    for text in ("job_1", "shop", "3", "The job was given up: its worker was [lost]"):
        assert text in shown.output
    (line,) = map(json.loads, packshot("dead", "list", "--json").stdout.splitlines())
    assert (line["job"], line["dead"], line["problem"]["title"]) == ("job_1", True, "The job was given up")
    told.say(says({"items": [], "cursor": None}))
    assert packshot("dead", "list").output == "no job is dead\n"


def test_named_jobs_are_queued_again_and_those_refused_are_told(told):
    told.say(says({"requeued": 1, "left": 1}), says(REFUSED, 404))
    result = packshot("dead", "requeue", "job_1", "job_2", "job_1")
    assert result.exit_code == 1
    assert result.stdout == "1 job queued again\n"
    assert "packshot: job_2: Not found: no dead job" in result.stderr
    assert asked(told) == [f"POST /v1/operator/dead/job_{number}/requeue" for number in (1, 2)]


def test_all_are_queued_again_and_what_stays_dead_is_counted(told):
    told.say(says({"requeued": 4, "left": 0}), says({"items": [FAILURE], "cursor": None}))
    result = packshot("dead", "requeue", "--all", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"requeued": 4, "refused": {}, "left": 1}
    assert asked(told)[0] == "POST /v1/operator/dead/requeue"


def test_nothing_is_queued_again_that_nobody_named(told):
    assert packshot("dead", "requeue").exit_code == 2
    assert packshot("dead", "requeue", "job_1", "--all").exit_code == 2
    assert asked(told) == []


def test_jobs_are_taken_off_the_list(told):
    told.say(Answer(204, b""))
    result = packshot("dead", "discard", "job_1", "--yes")
    assert (result.exit_code, result.output) == (0, "1 job taken off the list\n")
    assert asked(told) == ["DELETE /v1/operator/dead/job_1"]


def test_without_a_terminal_no_job_is_taken_off_the_list_unasked(told):
    result = packshot("dead", "discard", "job_1", "job_2")
    assert result.exit_code == 2
    assert "give --yes to take 2 jobs off the list for good: there is no terminal to ask at" in result.output
    assert asked(told) == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_person_is_asked_before_a_job_is_taken_off_the_list(told, monkeypatch, answer, code):
    monkeypatch.setattr(sys.modules["packshot.cli.dead"], "_at_a_terminal", lambda: True)  # not the command
    told.say(Answer(204, b""))
    result = packshot("dead", "discard", "job_1", typed=answer)
    assert "Take 1 job off the list for good? [y/N]" in result.stderr
    assert result.exit_code == code
    assert asked(told) == (["DELETE /v1/operator/dead/job_1"] if code == 0 else [])
    assert ("nothing was taken off the list" in result.stderr) == (code == 1)
