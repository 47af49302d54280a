"""`packshot models` for operators, on a real stack."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from packshot.cli import main

from .conftest import RunningUp


def packshot(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["models", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def state_of(*arguments: str) -> Any:
    return json.loads(packshot(*arguments, "--json").stdout)["models"]["restore"]


@pytest.fixture(autouse=True)
def told(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> RunningUp:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    return up


def test_without_a_command_the_models_are_listed_as_ever():
    assert "restore" in packshot().stdout
    assert list(json.loads(packshot("restore", "--json").stdout)["models"]) == ["restore"]
    assert "there is no model 'sharpen'" in packshot("sharpen").stderr


def test_a_share_is_wished_for_in_percent_or_in_parts_and_ended():
    served = state_of("versions")["versions"][0]["version"]
    assert state_of("reload")["use"] == "newest"
    try:
        assert state_of("share", "restore", "99", "2.5%")["share"] == {"version": "99", "share": 0.025}
        assert state_of("share", "restore", "99", "0.5")["use"] == served
        table = packshot("versions").stdout
        assert "99: 0.5 of 1" in table
    finally:
        packshot("share", "restore", "none")
        assert state_of("use", "restore", "newest") | {"versions": []} == {
            "use": "newest",
            "share": None,
            "versions": [],
        }


@pytest.mark.parametrize("share", ["101%", "-1", "5 %%", "much"])
def test_a_share_that_is_none_is_refused_with_what_is_allowed(share: str):
    refused = packshot("share", "restore", "99", "--", share)
    assert refused.exit_code == 2
    assert "0% to 100%" in refused.stderr


def test_a_version_without_its_part_is_refused():
    assert "share restore 6 5%" in packshot("share", "restore", "99").stderr
