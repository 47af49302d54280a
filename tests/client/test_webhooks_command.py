"""`packshot webhooks`, on a real stack; what it tells of attempts, on a scripted server."""

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from api.documents.parts import MAX_OVERLAP_S
from packshot.cli import main
from packshot.cli.webhooks import OVERLAP_S

from .conftest import Answer, RunningUp
from .test_server_calls import DELIVERY, ENDPOINT, page


def packshot(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["webhooks", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def of_json(*arguments: object) -> Any:
    result = packshot(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def stack(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> RunningUp:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    return up


@pytest.fixture
def told(scripted, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_URL", scripted.url)
    return scripted


@pytest.mark.usefixtures("stack")
def test_an_endpoint_is_added_tested_rotated_and_removed():
    made = packshot("add", "https://shop.example/from-the-shell", "--event", "job.failed", "--event", "batch.*")
    assert made.stdout.startswith("whsec_")
    assert "is told of job.failed, batch.*" in made.stderr
    (found,) = map(json.loads, packshot("list", "--json").stdout.splitlines())
    assert (found["url"], found["events"]) == ("https://shop.example/from-the-shell", ["job.failed", "batch.*"])
    assert made.stdout.strip() not in packshot("list").stdout
    assert "https://shop.example/from-the-shell" in packshot("list").stdout
    own = found["id"]
    message = of_json("test", own)["id"]
    assert [of_json("deliveries", own)[name] for name in ("id", "type")] == [message, "webhook.test"]
    assert message in packshot("deliveries", own).stdout
    assert of_json("redeliver", own, message) == {"id": message}
    assert of_json("rotate", own, "--overlap", 60)["secret"] != made.stdout.strip()
    assert packshot("rotate", own).stdout.startswith("whsec_")
    assert of_json("enable", own)["state"] == "enabled"
    assert of_json("remove", own) == {"removed": own}
    gone = packshot("remove", own)
    assert (gone.exit_code, gone.stdout) == (1, "")
    assert packshot("list").stdout.strip() == "no endpoint"


@pytest.mark.usefixtures("stack")
def test_an_address_that_may_not_be_called_is_wrong_usage():
    refused = packshot("add", "http://127.0.0.1/")
    assert refused.exit_code == 2
    assert "only URLs that begin with https://" in refused.stderr


def test_attempts_that_failed_say_why_and_a_disabled_endpoint_too(told):
    told.say(Answer(200, json.dumps(page(DELIVERY)).encode()))
    line = packshot("deliveries", "whe_1", "--state", "failed").stdout.splitlines()[1]
    assert [word in line for word in ("msg_1", "job_1", "failed", "timed out")] == [True] * 4
    assert told.heard[-1].path == "/v1/webhooks/whe_1/deliveries?state=failed"
    told.say(Answer(200, json.dumps(page(ENDPOINT)).encode()))
    assert "disabled: 410" in packshot("list").stdout


def test_a_list_of_messages_ends_where_it_is_told_to(told):
    told.say(Answer(200, json.dumps(page(DELIVERY, DELIVERY, DELIVERY)).encode()))
    assert len(packshot("deliveries", "whe_1", "-n", 2, "--json").stdout.splitlines()) == 2


def test_a_secret_may_overlap_for_as_long_as_the_server_lets_it():
    assert OVERLAP_S.convert(str(MAX_OVERLAP_S), None, None) == MAX_OVERLAP_S
    with pytest.raises(click.BadParameter):
        OVERLAP_S.convert(str(MAX_OVERLAP_S + 1), None, None)
