"""`packshot check` and `packshot presets`, and what they are made of in the SDK."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console

from packshot import Client
from packshot.checks import ChannelCheck, checks_of
from packshot.cli import main
from packshot.cli.check import command_for, show
from packshot.errors import InvalidRequest, MalformedAnswer
from tests.waiting import until

from .conftest import RunningUp, clean_environment, spawn
from .makeshift import MakeshiftServer


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


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        Image.new("RGB", (24, 32), (number * 40, 30, 80)).save(path)
    return paths


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_the_checks_under_way(makeshift: MakeshiftServer, photos, number):
    makeshift.held.set()
    environment = clean_environment(PACKSHOT_URL=makeshift.url)
    process = spawn("check", *photos, "--preset", "ebay", stderr=subprocess.PIPE, env=environment)
    until(lambda: len(makeshift.specs) == 4)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "canceled" in said
    assert set(makeshift.canceled) == {"job_1", "job_2", "job_3", "job_4"}
    assert len(makeshift.specs) == 4


def answer_checks(makeshift: MakeshiftServer, monkeypatch: pytest.MonkeyPatch, **rules: object) -> None:
    """The server finds every photo fit, but for the rules that are told."""
    real = makeshift._succeeded
    ebay = {"title": "eBay", "passed": True, "rules": [], "proposal": None, **rules}

    def succeeded(job_id, spec):
        document = real(job_id, spec)
        document["manifest"]["check"] = {"ebay": ebay}
        return document

    monkeypatch.setattr(makeshift, "_succeeded", succeeded)
    monkeypatch.setenv("PACKSHOT_URL", makeshift.url)


def test_photos_that_cannot_be_sent_are_told_and_the_others_checked(makeshift, photos, monkeypatch):
    answer_checks(makeshift, monkeypatch)
    too_large = {"type": "/problems/invalid-parameter", "title": "The photo is too large", "status": 413}
    real = makeshift.answer

    def answer(method, path, body, headers):
        return (413, too_large) if len(body) > 5000 else real(method, path, body, headers)

    monkeypatch.setattr(makeshift, "answer", answer)
    photos[0].write_bytes(bytes(6000))
    read = Path.read_bytes

    def locked(path):
        if path == photos[1]:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    result = packshot("check", *photos, "--preset", "ebay")
    assert result.exit_code == 1, result.output
    assert f"{photos[0]}: The photo is too large" in result.output
    assert "Permission denied" in result.output
    assert result.output.count("all rules kept") == 4


def test_what_a_rule_requires_may_hold_what_looks_like_markup(makeshift, photos, monkeypatch):
    answer_checks(makeshift, monkeypatch, passed=False, rules=[{**rule("width"), "required": "[/] at least 500 px"}])
    result = packshot("check", photos[0], "--preset", "ebay")
    assert result.exit_code == 1
    assert re.search(r"\[/\] at least\s+500 px", result.output)


def test_a_channel_of_another_shape_is_a_malformed_answer(makeshift: MakeshiftServer, monkeypatch):
    documents = [
        {"rules": {"formats": ["jpeg"]}, "made": {"frame": {"width": 1}, "ground": "own"}},
        {"rules": {"formats": ["jpeg"]}, "made": {"ground": "white", "fill": "much"}},
        {"rules": {"formats": ["jpeg"], "width_px": {"least": "x"}}, "made": {"ground": "own"}},
    ]
    monkeypatch.setenv("PACKSHOT_URL", makeshift.url)
    for document in documents:
        monkeypatch.setattr(makeshift, "answer", lambda *_, one=document: (200, {"presets": {"ebay": one}}))
        result = packshot("presets")
        assert result.exit_code == 1, result.output
        assert "the server's field" in result.output


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


def test_a_proposal_is_told_with_its_reasons_once(capsys):
    show(Console(width=100), Path("mug.jpg"), {"ebay": checked(), "etsy": checked("etsy")})
    assert capsys.readouterr().out.count("· it is small\n") == 1


def test_failed_rules_come_technical_ones_first():
    one = checked(rules=[rule("whole", "advice"), rule("width"), rule("bytes", passed=True)])
    assert [each.rule for each in one.failed] == ["width", "whole"]


def test_a_server_that_did_not_check_is_told():
    with pytest.raises(MalformedAnswer, match="may be older than this client"):
        checks_of({"outputs": []})


def test_a_proposal_without_an_operations_name_is_no_answer():
    with pytest.raises(MalformedAnswer, match="'op'"):
        checked(operations=[{"strength": 1}])
