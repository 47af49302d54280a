"""`packshot jobs` and `packshot cancel`, on a real stack."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from packshot import Client
from packshot.cli import main

from .conftest import LOCALLY, Answer, RunningUp


def packshot(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def client(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    with Client() as client:
        yield client


def test_jobs_are_listed_by_sku_and_state_newest_first(client, sample):
    made = [client.submit(sample, ["resize:width=40"], external_id="SKU-LISTED").id for _ in range(3)]
    for job_id in made:
        client.job(job_id).wait()
    found = lines(packshot("jobs", "--sku", "SKU-LISTED", "--state", "succeeded", "--json"))
    assert [job["id"] for job in found] == made[::-1]
    assert [job["id"] for job in lines(packshot("jobs", "--sku", "SKU-LISTED", "-n", 1, "--json"))] == made[-1:]
    assert packshot("jobs", "--sku", "SKU-LISTED", "--state", "failed").stdout.strip() == "no job"
    table = packshot("jobs", "--sku", "SKU-LISTED").stdout
    assert all(job_id in table for job_id in made)
    assert "resize" in table


def test_a_time_that_is_none_is_wrong_usage(client):
    result = packshot("jobs", "--since", "yesterday")
    assert result.exit_code == 2
    assert "Invalid value for '--since': 'yesterday' is no time" in result.stderr


def test_times_without_a_zone_are_this_machines(client, sample):
    job = client.submit(sample, ["resize:width=40"], external_id="SKU-TIMED").wait()
    made = datetime.fromisoformat(job.document["created_at"]).astimezone()
    before, after = (made - timedelta(hours=1)), (made + timedelta(hours=1))
    for since, until, found in ((before, after, [job.id]), (after, after, []), (before, before, [])):
        times = [f"{time:%Y-%m-%dT%H:%M:%S}" for time in (since, until)]
        listed = lines(packshot("jobs", "--sku", "SKU-TIMED", "--since", times[0], "--until", times[1], "--json"))
        assert [one["id"] for one in listed] == found
    assert len(lines(packshot("jobs", "--since", f"{made:%Y-%m-%d}", "--limit", 1, "--json"))) == 1


def test_a_job_is_shown_with_its_work_and_a_link_in_one_piece(client, sample, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    job = client.submit(sample, ["resize:width=40", "relight"], external_id="SKU-SHOWN").wait()
    told = packshot("job", job.id).stdout.splitlines()
    assert [line for line in told if "signature=" in line and line.split()[-1].startswith(client.server.url)]
    facts = dict(line.split(maxsplit=1) for line in told if " " in line.strip())
    assert (facts["SKU"], facts["does"]) == ("SKU-SHOWN", "resize, relight")


def test_no_word_of_a_table_is_cut_where_a_program_reads_it(client, sample, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    client.submit(sample, ["resize:width=40", *["relight"] * 8], external_id="S" * 150).wait(check=False)
    (row,) = [line for line in packshot("jobs", "--sku", "S" * 150).stdout.splitlines() if "job_" in line]
    assert ", ".join(["relight"] * 8) in row
    assert max(len(line.rstrip()) for line in packshot("operations").stdout.splitlines() if "  " in line) > 80


def test_jobs_that_ended_or_never_were_cannot_be_stopped(client, sample, tmp_path):
    shutil.copy(sample, tmp_path / "mug.jpg")
    assert packshot("run", tmp_path / "mug.jpg", *LOCALLY, "-o", tmp_path / "out").exit_code == 0
    ended = next(client.jobs()).id
    result = packshot("cancel", ended, "job_00000000000000000000000000", "--json")
    assert result.exit_code == 1
    assert [(end["id"], end["state"]) for end in lines(result)] == [(ended, None), ("job_" + "0" * 26, None)]
    assert "already ended" in str(lines(result)[0]["problem"])


def test_a_job_that_is_canceled_already_is_stopped(scripted, monkeypatch):
    monkeypatch.setenv("PACKSHOT_URL", scripted.url)
    refusal = {"type": "/problems/already-terminal", "title": "Ended", "status": 409, "state": "canceled"}
    told = [(200, {"id": "job_1", "state": "queued"}), (409, refusal), (200, {"id": "job_1", "state": "canceled"})]
    scripted.say(*(Answer(status, json.dumps(body).encode()) for status, body in told))
    result = packshot("cancel", "job_1")
    assert (result.exit_code, result.stdout) == (0, "job_1  canceled\n")


def test_all_that_waits_is_stopped_at_once(client, sample):
    waiting = [client.submit(sample, ["upscale:factor=4"], priority="bulk").id for _ in range(6)]
    in_vain = client.submit(sample, ["resize:width=40"], needs={"device": "gpu"})
    assert packshot("cancel", "--all").exit_code == 0
    assert {client.job(job_id).wait(check=False).state for job_id in waiting} <= {"canceled", "succeeded"}
    assert in_vain.wait(check=False).state == "canceled"


@pytest.mark.parametrize("arguments", [("cancel",), ("cancel", "--all", "job_1")])
def test_cancel_wants_either_names_or_all(client, arguments):
    assert packshot(*arguments).exit_code == 2
