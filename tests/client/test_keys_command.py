"""`packshot keys`, on a real stack."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from packshot import Client
from packshot.cli import main
from packshot.errors import Forbidden, Unauthorized

from .conftest import RunningUp


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


def test_a_key_that_is_not_there_cannot_be_revoked():
    result = packshot("keys", "revoke", "0" * 16)
    assert result.exit_code == 1
    assert result.stdout == ""
