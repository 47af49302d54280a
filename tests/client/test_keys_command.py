"""`packshot keys`, on a real stack."""

import importlib
import json
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from api.documents import access, parts
from packshot import Client
from packshot.cli import main
from packshot.errors import Forbidden, Unauthorized
from packshot.flows.steps import Request

from .conftest import RunningUp

command = importlib.import_module("packshot.cli.keys")  # the package has the group by this name


def packshot(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(autouse=True)
def told(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> RunningUp:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    return up


def of_json(*arguments: object) -> Any:
    return json.loads(packshot(*arguments, "--json").stdout)


def test_a_key_is_made_told_once_rotated_and_revoked(told):
    made = packshot("keys", "create", "my-shop", "--scope", "jobs:read", "--jobs-per-day", 7)
    secret = made.stdout.strip()
    with Client(told.url, secret) as client:
        assert client.me().scopes == ("jobs:read",)
        with pytest.raises(Forbidden):
            client.upload(b"\xff\xd8\xff")
    listed = packshot("keys", "list", "--json").stdout
    assert secret.partition(".")[2] not in listed
    (key,) = [one for one in map(json.loads, listed.splitlines()) if one["name"] == "my-shop"]
    assert key["limits"]["jobs_per_day"] == 7
    fresh = of_json("keys", "rotate", key["id"], "--overlap", 3600)
    assert fresh["secret"] != secret
    packshot("keys", "revoke", key["id"])
    with Client(told.url, secret) as old, pytest.raises(Unauthorized):
        old.me()
    with Client(told.url, fresh["secret"]) as new:
        assert new.me().limits.jobs_per_day == 7
    shown = packshot("keys", "list").stdout
    assert "revoked" in shown
    assert "0 of 7 jobs today" in shown


def test_the_key_in_use_is_told_with_its_scopes():
    assert set(of_json("keys", "me")["key"]["scopes"]) >= {"jobs:write", "keys:manage", "operator"}
    assert "tenant  dev" in packshot("keys", "me").stdout


def test_of_the_key_in_use_nothing_is_told_that_the_server_did_not_tell(told):
    shown = of_json("keys", "me")
    with Client(told.url, told.key) as client:
        answer = client._transport.run(client._transport.document(Request("GET", "/v1/me")))
    assert {name: set(shown[name]) for name in ("key", "limits")} == {
        name: set(answer[name]) for name in ("key", "limits")
    }
    assert shown.keys() == answer.keys()


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "no API key was given; set PACKSHOT_API_KEY, or give --api-key"),
        ("banana", "it does not begin with psk_; expected psk_<id>.<secret>; set PACKSHOT_API_KEY, or give --api-key"),
        ("psk_ü", "holds characters that no key has; expected psk_<id>.<secret>; set PACKSHOT_API_KEY, or give"),
        ("psk_a\nb", "holds characters that no key has"),
    ],
)
def test_a_key_that_is_missing_or_malformed_is_told_as_a_person_gives_one(monkeypatch, key, why):
    monkeypatch.setenv("PACKSHOT_API_KEY", key)
    result = packshot("keys", "me")
    assert result.exit_code == 3
    assert why in result.stderr
    assert "Authorization" not in result.stderr


def test_a_key_that_is_not_there_cannot_be_revoked():
    result = packshot("keys", "revoke", "0" * 16)
    assert result.exit_code == 1
    assert result.stdout == ""


def test_limits_of_a_key_are_changed_and_what_is_not_said_stays(told):
    key_id = of_json("keys", "create", "busy", "--scope", "jobs:read", "--requests-per-minute", 50)["id"]
    assert of_json("keys", "limits", key_id, "--jobs-per-day", 12)["limits"]["jobs_per_day"] == 12
    assert packshot("keys", "limits", key_id, "--requests-per-minute", 9).stdout.strip() == (
        f"{key_id}  9 requests a minute, 0 of 12 jobs today"
    )
    assert packshot("keys", "limits", key_id).exit_code == 2


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (command.OVERLAP_S, 0, parts.MAX_OVERLAP_S),
        (command.LIFE_S, 60, access.MAX_KEY_LIFE_S),
        (command.REQUESTS, 0, access.MAX_REQUESTS),
        (command.JOBS, 0, access.MAX_JOBS),
    ],
)
def test_the_command_takes_exactly_what_the_server_takes(kind, least, most):
    assert [kind.convert(str(number), None, None) for number in (least, most)] == [least, most]
    for beyond in (least - 1, most + 1):
        with pytest.raises(click.BadParameter):
            kind.convert(str(beyond), None, None)
