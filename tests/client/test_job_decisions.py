"""`packshot job --approve` and its kin, and `packshot jobs --metadata`: what is asked, and what is refused."""

import json

import pytest
from click.testing import CliRunner, Result

from packshot import Client
from packshot.cli import main

from .conftest import Answer, RunningUp, ScriptedServer

OUTPUTS = [
    {"index": index, "url": f"/o/{index}", "format": "jpeg", "width": 2, "height": 1, "bytes": 3, "sha256": "ab"}
    for index in range(3)
]
JOB = {**OUTPUTS[0], "id": "job_1", "state": "succeeded", "outputs": OUTPUTS}  # a decided picture too


def packshot(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def says(document: object) -> Answer:
    return Answer(200, json.dumps(document).encode())


@pytest.fixture
def told(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    monkeypatch.setenv("PACKSHOT_URL", scripted.url)
    scripted.say(says(JOB))
    return scripted


def decided(server: ScriptedServer) -> list[tuple[str, str | None]]:
    posts = [heard for heard in server.heard if heard.method == "POST"]
    return [(heard.path.split("/")[-2], json.loads(heard.body)["verdict"]) for heard in posts]


def test_pictures_of_a_real_job_are_approved_and_rejected(up: RunningUp, client: Client, sample, monkeypatch):
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    job = client.submit(sample, ["resize:width=40"], metadata={"shelf": "a=9"}).wait()
    shown = json.loads(packshot("job", job.id, "--reject", 0, "--note", "too small", "--json").stdout)
    assert [shown["outputs"][0]["decision"][name] for name in ("verdict", "note")] == ["rejected", "too small"]
    assert "rejected: too small" in packshot("job", job.id).stdout
    assert "approved" in packshot("job", job.id, "--approve", "all").stdout
    assert "approved" not in packshot("job", job.id, "--undecide", 0).stdout
    found = packshot("jobs", "--metadata", "shelf=a=9", "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in found] == [job.id]
    assert packshot("jobs", "--metadata", "shelf=a=9", "--metadata", "row=1").stdout.strip() == "no job"


def test_all_stands_for_every_picture_and_numbers_may_be_repeated(told):
    assert packshot("job", "job_1", "--approve", 0, "--approve", 2, "--reject", 1).exit_code == 0
    assert decided(told) == [("0", "approved"), ("2", "approved"), ("1", "rejected")]
    told.heard.clear()
    packshot("job", "job_1", "--undecide", "all")
    assert decided(told) == [("0", None), ("1", None), ("2", None)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--approve", 3), "job job_1 has no picture 3; it has 0 to 2"),
        (("--approve", "all", "--reject", 1), "picture 1 cannot be for both --approve and --reject"),
        (("--approve", "one"), "'one' is no picture's number"),
        (("--note", "why"), "--note is said of pictures"),
        (("--undecide", 0, "--note", "why"), "--note is said of pictures"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_decided(told, arguments, said):
    result = packshot("job", "job_1", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert decided(told) == []


def test_a_job_without_pictures_says_why(told):
    told.say(says({"id": "job_1", "state": "queued"}))
    result = packshot("job", "job_1", "--approve", 0)
    assert (result.exit_code, decided(told)) == (1, [])
    assert "there is no picture yet" in result.stderr


@pytest.mark.parametrize("pairs", [("shelf",), ("=9",), ("a=1", "a=2")])
def test_metadata_that_is_no_pair_is_wrong_usage(told, pairs):
    options = [word for pair in pairs for word in ("--metadata", pair)]
    assert packshot("jobs", *options).exit_code == 2
    assert told.heard == []
