"""`packshot jobs` and `packshot cancel`, on a real stack."""

import json
import shutil
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from packshot import Client
from packshot.cli import main

from .conftest import LOCALLY, RunningUp


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
    assert "created_after" in result.stderr


def test_jobs_that_ended_or_never_were_cannot_be_stopped(client, sample, tmp_path):
    shutil.copy(sample, tmp_path / "mug.jpg")
    assert packshot("run", tmp_path / "mug.jpg", *LOCALLY, "-o", tmp_path / "out").exit_code == 0
    ended = next(client.jobs()).id
    result = packshot("cancel", ended, "job_00000000000000000000000000", "--json")
    assert result.exit_code == 1
    assert [(end["id"], end["state"]) for end in lines(result)] == [(ended, None), ("job_" + "0" * 26, None)]
    assert "already ended" in str(lines(result)[0]["problem"])


def test_all_that_waits_is_stopped_at_once(client, sample):
    waiting = [client.submit(sample, ["upscale:factor=4"], priority="bulk").id for _ in range(6)]
    assert packshot("cancel", "--all").exit_code == 0
    ends = {client.job(job_id).wait(check=False).state for job_id in waiting}
    assert ends <= {"canceled", "succeeded"}
    assert "canceled" in ends


@pytest.mark.parametrize("arguments", [("cancel",), ("cancel", "--all", "job_1")])
def test_cancel_wants_either_names_or_all(client, arguments):
    assert packshot(*arguments).exit_code == 2
