"""A server that asks to wait: commands say so, and a job that was accepted is not given up for lost."""

import json

import pytest

from packshot import Client
from packshot.cli.waits import Waits, waiting_policy
from packshot.errors import ServerUnreachable, Unavailable
from packshot.failures import Failures
from packshot.problems import Problem
from packshot.retries import RetryPolicy
from tests.ports import free_port

from .conftest import Answer
from .test_cli import packshot

PROBLEM = {"type": "/problems/unavailable", "title": "The service is not available", "detail": "Redis is away"}
BUSY = Answer(503, json.dumps({**PROBLEM, "status": 503}).encode(), {"Retry-After": "4"})
AWAY = Unavailable(Problem("/problems/unavailable", "The service is not available", "Redis is away", 503))


def test_a_wait_is_told_once_it_is_long_and_then_once_a_minute():
    said, now = [], [100.0]
    waits = Waits(said.append, 600.0, lambda: now[0])
    waits(AWAY, 1.0)
    assert said == []
    for now[0] in (102.0, 103.0, 161.0):
        waits(AWAY, now[0] - 98.0)
    assert len(said) == 1
    now[0] = 162.0
    waits(ServerUnreachable("no answer from http://shop"), 64.0)
    assert said == [
        "waiting for the server, for up to 10 min: it asks to wait: The service is not available: Redis is away",
        "waiting for the server, for up to 10 min: it does not answer: no answer from http://shop",
    ]


def test_the_policy_tells_of_every_pause_with_its_error(scripted, pauses):
    told = []
    policy = pauses.policy()
    policy = RetryPolicy(
        sleep=policy.sleep, clock=policy.clock, jitter=policy.jitter, on_wait=lambda *wait: told.append(wait)
    )
    scripted.say(BUSY, BUSY, Answer(200, b"{}"))
    with Client(scripted.url, "psk_test.secret", retries=policy) as client:
        client.operations()
    assert [type(error) for error, _ in told] == [Unavailable, Unavailable]
    assert [round(waited) for _, waited in told] == [4, 8]


def test_a_command_says_on_stderr_that_the_server_asks_to_wait(scripted, monkeypatch):
    scripted.say(BUSY, Answer(200, b'{"items": []}'))
    monkeypatch.setattr("packshot.cli.waits.waiting_policy", lambda: waiting_policy(sleep=lambda _: None))
    result = packshot("jobs", "--url", scripted.url)
    assert result.exit_code == 0, result.output
    said = "packshot: waiting for the server, for up to 60 s: it asks to wait: The service is not available"
    assert said in result.stderr
    assert "waiting" not in result.stdout


def test_a_run_waits_through_what_refuses_its_polls(told, photos, tmp_path):
    told.away_for = 3
    result = packshot("run", photos, "--op", "relight", "-o", tmp_path / "out", "--in-flight", 1)
    assert result.exit_code == 0, result.output
    assert "3 of 3 photos" in result.output


def test_the_patience_of_a_run_is_minutes(told, photos, tmp_path, monkeypatch):
    policies = []

    class Noted(Client):
        def __init__(self, *server, retries):
            policies.append(retries)
            super().__init__(*server, retries=retries)

    monkeypatch.setattr("packshot.cli.running.Client", Noted)
    assert packshot("run", photos, "--op", "relight", "-o", tmp_path / "out").exit_code == 0
    assert [policy.give_up_after_s for policy in policies] == [600.0]
    assert isinstance(policies[0].on_wait, Waits)


def test_an_accepted_job_that_is_given_up_is_told_with_how_to_fetch_it(told, photos, tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.cli.running.PATIENCE_S", 0.1)
    told.away_for = 1_000
    result = packshot("run", photos, "--op", "relight", "-o", tmp_path / "out", "--in-flight", 1)
    assert result.exit_code == 3
    fetch = f"0.png  accepted; fetch it with `packshot job job_1 --wait -o {tmp_path / 'out'} --url {told.url}`"
    assert fetch in result.output
    assert "Accepted, not fetched" in result.output
    assert "FAILED" not in result.output
    assert len(told.specs) == 1  # its patience is not spent on every other photo anew
    assert "1.png, 2.png: not sent: The service is not available: Redis is away" in result.output
    assert "0 of 3 photos, 2 not sent" in result.output
    assert told.canceled == []


def test_photos_that_were_not_sent_are_told_to_programs_and_sent_by_a_resume(told, photos, tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.cli.running.PATIENCE_S", 0.1)
    command = ("run", photos, "--op", "relight", "-o", tmp_path / "out", "--in-flight", 1, "--resume")
    told.away_for = 1_000
    result = packshot(*command, "--json")
    lines = sorted(map(json.loads, result.stdout.splitlines()), key=lambda line: line["photo"])
    assert [(line["ok"], line["sent"], line["job"]) for line in lines] == [
        (False, True, "job_1"), (False, False, None), (False, False, None),
    ]  # fmt: skip
    assert [line["problem"]["type"] for line in lines[1:]] == ["/problems/unavailable"] * 2
    assert "the same command with --resume sends them" in result.stderr
    told.away_for = 0
    assert packshot(*command).exit_code == 0
    assert len(told.specs) == 4


def test_a_run_in_which_something_failed_as_well_exits_1(told, photos, tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.cli.running.PATIENCE_S", 0.1)
    (photos / "0.png").write_bytes(b"no photo")
    told.away_for = 1_000
    result = packshot("run", photos, "--op", "relight", "-o", tmp_path / "out", "--in-flight", 1)
    assert result.exit_code == 1
    assert "0 of 3 photos, 1 not sent" in result.output


@pytest.mark.usefixtures("photos")
def test_how_a_job_is_fetched_names_the_server_and_where_its_key_goes_but_never_the_key(tmp_path):
    with Client(f"http://127.0.0.1:{free_port()}", "psk_test.secret") as client:
        told = str(Failures(client, tmp_path / "o u t").noted(AWAY, "job_1", 0))
    assert f"`packshot job job_1 --wait -o '{tmp_path / 'o u t'}' --url {client.server.url}`, its key in" in told
    assert "PACKSHOT_API_KEY or by --api-key" in told
    assert "secret" not in told


def test_a_server_that_others_are_served_by_is_not_given_up(tmp_path):
    """One photo waited in vain; another was done with meanwhile, so the next ones are tried."""
    with Client(f"http://127.0.0.1:{free_port()}") as client:
        failures = Failures(client, tmp_path)
        done_before = failures.begin()
        failures.forget()
        failures.noted(AWAY, None, done_before)
        done_before = failures.begin()
        failures.noted(AWAY, None, done_before)
        with pytest.raises(Unavailable):
            failures.begin()


def test_a_run_at_an_address_where_nobody_is_exits_3(photos, tmp_path):
    address = f"http://127.0.0.1:{free_port()}"
    result = packshot("run", photos, "--op", "relight", "-o", tmp_path / "out", "--url", address)
    assert result.exit_code == 3
    assert result.output.count(f"no answer from {address}") == 1


def test_a_server_that_stays_away_is_no_server_to_a_command(scripted, monkeypatch):
    scripted.say(BUSY)
    monkeypatch.setattr("packshot.cli.waits.waiting_policy", lambda: RetryPolicy(give_up_after_s=0.0))
    result = packshot("jobs", "--url", scripted.url)
    assert (result.exit_code, "The service is not available" in result.stderr) == (3, True)
