"""`packshot run --resume`: what is done is left out, and only that."""

import json

import pytest
from PIL import Image

from .test_cli import packshot


@pytest.fixture
def run(photos, tmp_path):
    """The command, with more of it; gives what it said."""

    def run(*more, code=0, operation="relight"):
        result = packshot("run", photos, "--op", operation, "-o", tmp_path / "out", "--in-flight", 1, *more)
        assert result.exit_code == code, result.output
        return result.output

    return run


def sent(told, since):
    """The photos of the jobs that were asked for after so many."""
    return [spec["external_id"] for spec in told.specs[since:]]


def test_what_an_earlier_run_has_done_is_left_out_and_counted(told, run, tmp_path):
    run()
    (tmp_path / "out" / "1.jpg").unlink()
    output = run("--resume")
    assert sent(told, 3) == ["1"]
    assert "2 photos of 3 are done already" in output
    assert "3 of 3 photos" in output
    assert (tmp_path / "out" / "1.jpg").exists()


def test_where_all_is_done_no_server_is_asked(told, run):
    run()
    told.away_for = 1_000
    assert "3 photos of 3 are done already" in run("--resume")
    assert len(told.specs) == 3


def test_without_resume_all_is_done_again(told, run):
    run()
    run()
    assert sent(told, 3) == ["0", "1", "2"]


@pytest.mark.parametrize("change", ["another photo", "another picture", "no manifest", "a manifest changed by hand"])
def test_what_is_not_as_it_was_is_done_again(told, run, photos, tmp_path, change):
    run()
    manifest = tmp_path / "out" / "1.manifest.json"
    if change == "another photo":
        Image.new("RGB", (24, 32), (1, 2, 3)).save(photos / "1.png")
    elif change == "another picture":
        Image.new("RGB", (24, 32), (1, 2, 3)).save(tmp_path / "out" / "1.jpg")
    elif change == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "input": 7}))
    run("--resume")
    assert [name.removesuffix("-packshot") for name in sent(told, 3)] == ["1"]  # what is not known as ours stays


@pytest.mark.parametrize("more", [("--quality", 80), ("--preset", "ebay"), ("--op", "upscale")])
def test_another_order_is_another_run(told, run, more):
    run()
    run("--resume", *more)
    assert sent(told, 3) == ["0", "1", "2"]
    run("--resume", *more)
    assert len(told.specs) == 6


def test_a_file_that_an_operation_uses_counts_by_its_bytes(told, run, tmp_path):
    mask = tmp_path / "tag.png"
    Image.new("L", (24, 32), 0).save(mask)
    run(operation=f"inpaint:mask=@{mask}")
    moved = mask.rename(tmp_path / "moved.png")
    run("--resume", operation=f"inpaint:mask=@{moved}")
    assert len(told.specs) == 3
    Image.new("L", (24, 32), 255).save(moved)
    run("--resume", operation=f"inpaint:mask=@{moved}")
    assert len(told.specs) == 6


def test_what_an_earlier_run_has_made_is_no_better_for_being_left_out(told, run):
    told.unfit = {"amazon-main"}
    run("--preset", "amazon-main", code=1)
    output = run("--preset", "amazon-main", "--resume", code=1)
    assert "3 photos of 3 are done already, of which 3 not by the channel's rules" in output
    assert len(told.specs) == 3


@pytest.mark.usefixtures("told")
def test_who_interrupts_a_run_is_told_how_it_goes_on(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("packshot.cli.running._follow", interrupted)
    said = "interrupted; the jobs under way were canceled; the same command with --resume goes on"
    assert said in run(code=130)
