"""A picture that breaks a technical rule of its channel: told to people and programs, and no success."""

import json

import pytest
from PIL import Image

from packshot import Client
from packshot.doubts import doubts_of
from packshot.models import Output

from .makeshift import BORDER, MakeshiftServer
from .test_cli import packshot

RULE = "amazon-main's rule is not kept: Ground along the outer 1%: 99.55%; required: at least 99.9% white"


@pytest.fixture
def told(makeshift: MakeshiftServer, monkeypatch) -> MakeshiftServer:
    monkeypatch.setenv("PACKSHOT_URL", makeshift.url)
    makeshift.unfit = {"amazon-main"}
    return makeshift


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


@pytest.mark.usefixtures("told")
def test_a_run_names_the_broken_rule_and_fails(photo, tmp_path):
    result = packshot("run", photo, "--preset", "amazon-main", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "Look at these" in result.output
    assert "mug-amazon-main.jpg" in result.output
    assert RULE in " ".join(result.output.split())
    assert "1 of 1 photos, of which 1 not by the channel's rules" in result.output


@pytest.mark.usefixtures("told")
def test_a_program_is_told_the_broken_rules_alone(photo, tmp_path):
    channels = ("--preset", "ebay", "--preset", "amazon-main")
    result = packshot("run", photo, *channels, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    line = json.loads(next(one for one in result.output.splitlines() if one.startswith("{")))
    assert line["ok"]
    (broken,) = line["broken_rules"]
    assert (broken["name"], broken["output"], broken["rendition"]) == ("amazon-main.jpg", 1, "amazon-main")
    assert (broken["rule"], broken["measured"]) == ("border", "99.55%")
    assert line["warnings"] == [f"amazon-main.jpg: {RULE}"]


@pytest.mark.usefixtures("told")
def test_of_a_photo_with_many_files_the_photo_is_named_and_the_reason_names_the_file(photo, tmp_path):
    channels = ("--preset", "ebay", "--preset", "amazon-main")
    said = packshot("run", photo, *channels, "-o", tmp_path / "out").output.partition("Look at these")[2]
    assert "mug.png, 2 files" in said
    assert f"amazon-main.jpg: {RULE}" in " ".join(said.replace("mug.png, 2 files", "").split())


def test_where_all_rules_are_kept_a_run_succeeds(told, photo, tmp_path):
    told.unfit = set()
    result = packshot("run", photo, "--preset", "amazon-main", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0
    assert '"broken_rules": []' in result.output


@pytest.mark.usefixtures("told")
def test_a_catalogue_names_the_broken_rule_and_fails_until_it_is_mended(photo, tmp_path):
    (tmp_path / "shop.csv").write_text(f"sku,photo,preset\nA-1,{photo},amazon-main\nB-2,{photo},ebay\n")
    command = ("catalog", "run", tmp_path / "shop.csv", "-o", tmp_path / "out")
    for _ in range(2):  # what an earlier run has made is no better for that
        result = packshot(*command)
        assert result.exit_code == 1
        assert RULE in " ".join(result.output.split())
        assert "2 of 2 rows done, 1 of them not by their channels' rules" in result.output
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [[one["rule"] for one in row["broken_rules"]] for row in rows] == [["border"], []]


@pytest.mark.usefixtures("told")
def test_the_sdk_tells_a_job_s_broken_rules(photo):
    with Client() as client:
        job = client.submit(photo, [], renditions=["amazon-main"]).wait()
    assert [(one.rule, str(one)) for one in job.broken_rules] == [("border", RULE)]


@pytest.mark.usefixtures("told")
def test_whoever_looks_at_a_picture_that_breaks_a_rule_or_fetches_it_is_told_by_the_exit_code(photo, tmp_path):
    with Client() as client:
        job_id = client.submit(photo, [], renditions=["amazon-main"]).wait().id
    shown = packshot("job", job_id)
    assert (shown.exit_code, RULE in " ".join(shown.output.split())) == (1, True)
    assert packshot("job", job_id, "--wait", "-o", tmp_path / "out").exit_code == 1
    assert packshot("job", job_id, "--cancel").exit_code == 0  # it did what it was asked for
    assert packshot("job", job_id, "-o", tmp_path / "out").exit_code == 1


def test_a_job_whose_pictures_keep_all_rules_is_looked_at_with_success(told, photo):
    told.unfit = set()
    with Client() as client:
        job_id = client.submit(photo, [], renditions=["amazon-main"]).wait().id
    assert packshot("job", job_id).exit_code == 0


def test_what_the_server_s_review_says_of_a_rule_is_not_told_twice():
    size = {"url": "/", "format": "jpeg", "width": 1, "height": 1, "bytes": 1, "sha256": ""}
    output = Output.parse({"index": 0, "name": "amazon-main.jpg", "rendition": "amazon-main", **size})
    reason = {"output": 0, "measure": "rule", "rule": "border", "sentence": "the channel's rule is not kept: …"}
    review = {"needs_review": True, "reasons": [reason]}
    manifest = {"outputs": [{"index": 0, "checks": {"passed": False, "rules": [BORDER]}}], "review": review}
    assert doubts_of(manifest, [output]) == (RULE,)
