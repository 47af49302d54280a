"""`packshot check` and `packshot presets`, and what they are made of in the SDK."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from packshot import Client
from packshot.checks import ChannelCheck, checks_of
from packshot.cli import main
from packshot.cli.check import command_for
from packshot.errors import InvalidRequest, MalformedAnswer

from .conftest import RunningUp


def packshot(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def told(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> RunningUp:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    return up


@pytest.fixture
def small(tmp_path: Path) -> Path:
    Image.linear_gradient("L").resize((300, 400)).convert("RGB").save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


def rule(name, kind="technical", *, passed=False):
    words = {"rule": name, "title": name.title(), "measured": "400 px", "required": "at least 500 px"}
    return {**words, "kind": kind, "passed": passed}


def checked(name="ebay", operations=(), **fields):
    proposal = {"operations": list(operations), "renditions": [name], "because": ["it is small"]}
    document = {"title": "eBay", "passed": False, "rules": [rule("width")], "proposal": proposal, **fields}
    return ChannelCheck.parse(name, document)


@pytest.mark.usefixtures("told")
def test_a_photo_that_is_not_fit_is_told_with_every_rule_and_the_exit_code(small):
    result = packshot("check", small, "--preset", "ebay", "--preset", "instagram-square")
    assert result.exit_code == 1, result.output
    assert "Longer side" in result.output
    assert "400 px" in result.output
    assert "500 to 12,000 px" in result.output
    assert "--preset ebay --preset instagram-square -o results" in result.output


@pytest.mark.usefixtures("told")
def test_as_json_each_photo_is_a_line(small):
    result = packshot("check", small, "--preset", "ebay", "--json")
    (line,) = map(json.loads, result.stdout.splitlines())
    assert line["photo"] == str(small)
    assert line["check"]["ebay"]["passed"] is False
    assert "longest-side" in {one["rule"] for one in line["check"]["ebay"]["rules"]}


def test_the_sdk_gives_checks_and_presets(up: RunningUp, small):
    with Client(up.url, up.key) as client:
        assert "amazon-main" in client.presets()
        checks = client.check(small, ["instagram-square"])
        assert not checks["instagram-square"].passed
        assert {one.rule for one in checks["instagram-square"].failed} >= {"width", "aspect"}
        with pytest.raises(InvalidRequest, match="there is no channel 'amzon'"):
            client.check(small, ["amzon"])
        with pytest.raises(TypeError, match="expected a list"):
            client.check(small, "ebay")


@pytest.mark.usefixtures("told")
def test_a_channel_that_there_is_not_is_wrong_usage(small):
    result = packshot("check", small, "--preset", "amzon")
    assert result.exit_code == 2
    assert "there is no channel 'amzon'; there are amazon-main, ebay" in result.output


def test_a_check_for_nothing_is_wrong_usage(small):
    result = packshot("check", small)
    assert result.exit_code == 2
    assert "name a channel to check for" in result.output


@pytest.mark.usefixtures("told")
def test_presets_are_listed_with_their_rules():
    listed = packshot("presets").output
    assert "amazon-main" in listed
    assert "at most 16 MB" in listed
    told = json.loads(packshot("presets", "etsy", "--json").stdout)
    assert list(told) == ["etsy"]
    assert packshot("presets", "nowhere").exit_code == 2


def test_the_command_that_mends_has_operations_once_and_all_channels():
    operations = [{"op": "relight", "strength": 0.67}, {"op": "restore"}]
    checks = {name: checked(name, operations) for name in ("amazon-main", "ebay")}
    checks["etsy"] = checked("etsy", proposal=None, passed=True)
    assert command_for(Path("a mug.jpg"), checks) == (
        "packshot run 'a mug.jpg' --op relight:strength=0.67 --op restore --preset amazon-main --preset ebay -o results"
    )
    assert command_for(Path("a.jpg"), {"etsy": checks["etsy"]}) == ""
    hopeless = {"operations": operations, "renditions": [], "because": ["no product stands out"]}
    assert command_for(Path("a.jpg"), {"ebay": checked(proposal=hopeless)}) == ""


def test_failed_rules_come_technical_ones_first():
    one = checked(rules=[rule("whole", "advice"), rule("width"), rule("bytes", passed=True)])
    assert [each.rule for each in one.failed] == ["width", "whole"]


def test_a_server_that_did_not_check_is_told():
    with pytest.raises(MalformedAnswer, match="may be older than this client"):
        checks_of({"outputs": []})
