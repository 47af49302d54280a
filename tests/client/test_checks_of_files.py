"""A file that Packshot made is graded as its manifest has it: one file, one verdict."""

import json

import pytest
from PIL import Image

from packshot.checks_of_files import graded_before

from .test_cli import packshot

PRESET = {"title": "Amazon", "rules": {"formats": ["jpeg"]}}
RULES = {"amazon-main": PRESET, "ebay": {"title": "eBay", "rules": {}}}


@pytest.fixture
def made(told, tmp_path):
    """A picture for `amazon-main` with its manifest, whose border is not white."""
    told.unfit = {"amazon-main"}
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    packshot("run", tmp_path / "mug.png", "--preset", "amazon-main", "-o", tmp_path / "out")
    path = tmp_path / "out" / "mug.manifest.json"
    manifest = json.loads(path.read_text())
    manifest["presets"] = {"amazon-main": {"digest": "1f", **PRESET}}
    path.write_text(json.dumps(manifest))
    return tmp_path / "out" / "mug-amazon-main.jpg"


def test_the_verdict_is_the_manifest_s(made):
    graded = graded_before(made, ["ebay", "amazon-main"], lambda: RULES)
    assert list(graded) == ["amazon-main"]
    found = graded["amazon-main"]
    assert (found.title, found.passed, found.told_by) == ("Amazon", False, str(made.with_name("mug.manifest.json")))
    assert next((one.rule, one.measured) for one in found.failed) == ("border", "99.55%")


def test_a_catalogue_s_manifest_is_found_too(made):
    made.with_name("mug.manifest.json").rename(made.with_name("manifest.json"))
    assert list(graded_before(made, ["amazon-main"], lambda: RULES)) == ["amazon-main"]


def test_rules_that_have_changed_since_are_looked_at_anew(made):
    stricter = {"amazon-main": {**PRESET, "rules": {"formats": ["png"]}}}
    assert graded_before(made, ["amazon-main"], lambda: stricter) == {}


def test_a_file_that_was_edited_is_looked_at_anew_and_nobody_is_asked(made):
    def asked():
        raise AssertionError("the rules were asked for")

    Image.new("RGB", (40, 30), (255, 255, 255)).save(made)
    assert graded_before(made, ["amazon-main"], asked) == {}
    made.with_name("mug.manifest.json").write_text("[]")
    assert graded_before(made, ["amazon-main"], asked) == {}


def test_a_manifest_that_would_command_the_terminal_is_not_believed(made):
    path = made.with_name("mug.manifest.json")
    path.write_text(path.read_text().replace("99.55%", "\\u001b]0;mine\\u0007"))
    assert graded_before(made, ["amazon-main"], lambda: RULES) == {}


def test_check_says_what_the_manifest_says(told, made, monkeypatch):
    monkeypatch.setattr("packshot.client.Client.presets", lambda _: RULES)
    jobs = len(told.specs)
    result = packshot("check", made, "--preset", "amazon-main")
    assert result.exit_code == 1
    assert "99.55%" in result.output
    assert "amazon-main: graded when it was made" in " ".join(result.output.split())
    (line,) = map(json.loads, packshot("check", made, "--preset", "amazon-main", "--json").stdout.splitlines())
    assert line["check"]["amazon-main"]["manifest"] == str(made.with_name("mug.manifest.json"))
    assert len(told.specs) == jobs
    packshot("check", made, "--preset", "amazon-main", "--anew")
    assert told.specs[-1]["check"] is True
