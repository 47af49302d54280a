"""`packshot models` for operators, on a real stack."""

import json
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from packshot.cli import main
from packshot.cli.following import end_with, followed
from packshot.cli.models import part_of_jobs
from packshot.client import Client
from packshot.errors import Unavailable
from packshot.model_versions import ModelVersions, OperatorModels, RefusedVersion, ServedVersion
from packshot.operator import Operator
from packshot.problems import Problem

from .conftest import RunningUp

NEXT = "those that start from now on follow the wish"


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


def test_a_version_that_workers_refuse_is_told_with_an_exit_code():
    """Each command waits until the worker has followed; what it refused at `reload` is gone with the wish for it."""
    refused = packshot("use", "restore", "98")
    try:
        assert refused.exit_code == 1
        assert "there is no folder restore-98" in refused.stdout
        assert refused.stderr == "packshot: restore-98 refused; what those workers served before serves on\n"
        assert packshot("use", "relight", "newest").exit_code == 0
        assert packshot("reload").exit_code == 1
    finally:
        packshot("use", "restore", "newest", "--wait", "0")
    well = packshot("reload")
    assert (well.exit_code, well.stderr) == (0, "")


@pytest.mark.parametrize(("version", "code"), [("6", 0), ("7", 1), ("newest", 1)])
def test_only_a_refusal_of_the_version_that_was_named_counts(monkeypatch, version, code):
    broken = RefusedVersion("host", "restore-7", "its card is wrong")
    beside = RefusedVersion("host", "relight-6", "its card is wrong")
    found = OperatorModels({}, (broken, beside), {})
    monkeypatch.setattr(Operator, "use_model", lambda *_: found)
    used = packshot("use", "restore", version)
    assert used.exit_code == code
    assert used.stderr == ("packshot: restore-7 refused; what those workers served before serves on\n" if code else "")


def test_where_nobody_lives_who_could_look_it_is_said(monkeypatch):
    gone = Unavailable(Problem(type="/problems/unavailable", title="", status=503, extra={"workers": 0}))

    def nobody(_client):
        raise gone

    monkeypatch.setattr(Client, "ready", nobody)
    monkeypatch.setattr(Operator, "reload_models", lambda _: OperatorModels({}, (), {}))
    told = packshot("reload")
    assert (told.exit_code, told.stderr) == (0, f"packshot: no worker lives; {NEXT}\n")
    assert packshot("reload", "--wait", "0").stderr == ""


def test_workers_that_have_not_followed_in_time_are_told(monkeypatch, capsys):
    monkeypatch.setattr("packshot.cli.following.LOOK_S", 0.001)
    busy, done = (OperatorModels({}, (), {}, looking) for looking in (2, 0))
    answers = iter([busy, busy, done])
    operator = SimpleNamespace(models=lambda: next(answers))
    assert followed(operator, busy, 60.0) is done
    assert followed(operator, busy, 0.0) is busy
    end_with(done, (), as_json=False, waited=True)
    with pytest.raises(click.exceptions.Exit) as end:
        end_with(busy, (), as_json=False, waited=True)
    assert end.value.exit_code == 1
    assert "2 workers have not followed yet" in capsys.readouterr().err


def test_a_share_is_wished_for_in_percent_or_in_parts_and_ended():
    served = state_of("versions")["versions"][0]["version"]
    assert state_of("reload", "--wait", "0")["use"] == "newest"
    try:
        assert state_of("share", "restore", "99", "2.5%")["share"] == {"version": "99", "share": 0.025}
        assert state_of("share", "restore", "99", "0.5")["use"] == served
        early = packshot("share", "restore", "99", "50%")
        assert (early.exit_code, "no worker serves restore-99 yet" in early.stderr) == (0, True)
        assert packshot("share", "restore", served, "50%").stderr == ""
        assert packshot("share", "restore", "99", "50%").exit_code == 0
        table = packshot("versions").stdout
        assert "99 for 50%" in table
    finally:
        packshot("share", "restore", "none")
        assert state_of("use", "restore", "newest", "--wait", "0") | {"versions": []} == {
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


@pytest.mark.parametrize(
    ("share", "served", "told"),
    [
        (None, [("6", 2)], ["all"]),
        (("7", 0.2), [("6", 2), ("7", 0)], ["80%", "20%"]),
        (("7", 0.2), [("6", 2)], ["all"]),  # no worker has it
        (("7", 0.025), [("6", 2), ("7", 0), ("8", 0)], ["97.5%", "2.5%", "none"]),
        (("7", 0.2), [("6", 0), ("7", 2)], ["none", "all"]),
        (None, [("6", 1), ("7", 2)], ["all on 1 of 3 workers", "all on 2 of 3 workers"]),
    ],
)
def test_which_part_of_the_jobs_takes_a_version_is_told(share, served, told):
    versions = tuple(ServedVersion(version, "d" * 64, 2, in_use) for version, in_use in served)
    model = ModelVersions("6", share, versions)
    assert [part_of_jobs(model, each) for each in versions] == told
