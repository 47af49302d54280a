"""`packshot generate` and `packshot variations`: what they write, what they say, and how they exit."""

import hashlib
import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from packshot.cli.made import tell_made
from packshot.cli.report import Counted, summarize
from packshot.generation import Generation, MadePicture, Understood
from packshot.outcomes import Outcome
from packshot.photos import Task
from tests.waiting import until

from .conftest import clean_environment, spawn
from .test_cli import packshot

SCORES = ("presence", "sharpness", "cleanness", "clearance", "critic", "realism", "category", "color")


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_pictures_of_a_wish_are_numbered_and_have_one_manifest(told, tmp_path):
    out = tmp_path / "out"
    result = packshot("generate", "navy dress", "-n", 3, "--seed", 42, "--size", 256, "-o", out)
    assert result.exit_code == 0, result.output
    assert names(out) == ["navy-dress-0.jpg", "navy-dress-1.jpg", "navy-dress-2.jpg", "navy-dress.manifest.json"]
    (spec,) = told.specs
    assert spec["operations"] == [{"op": "generate", "text": "navy dress", "size_px": 256, "count": 3}]
    assert spec["seed"] == 42
    assert json.loads((out / "navy-dress.manifest.json").read_text())["seed"] == 42
    assert "3 of 3 pictures" in result.output


def test_what_was_understood_and_what_was_not_is_told_with_the_scores(told, tmp_path):
    told.unknown = ["with pockets"]
    result = packshot("generate", "navy dress", "-n", 4, "-o", tmp_path)
    assert "word navy" in result.output
    assert "with pockets" in result.output
    assert "not followed" in result.output
    assert "realism" in result.output
    assert "97%" in next(line for line in result.output.splitlines() if "navy-dress-3.jpg" in line)
    assert "best 4 of 8 candidates, seed 7" in result.output
    assert "a place among them, not a measure" in result.output


def test_a_faulty_picture_is_named_among_those_to_look_at(told, tmp_path):
    result = packshot("generate", "navy dress", "-n", 4, "-o", tmp_path)
    named = result.output.partition("Look at these")[2]
    assert "sharpness: 0.2; at least 0.25 is needed" in next(
        line for line in named.splitlines() if "navy-dress-3.jpg" in line
    )
    assert "navy-dress-2.jpg" not in named


def test_a_text_of_which_nothing_was_followed_is_warned_of_with_what_was_drawn(told, tmp_path):
    told.unknown = ["wooden", "chair"]
    result = packshot("generate", "wooden chair", "-n", 2, "-o", tmp_path)
    assert "Nothing of the text was followed: what these pictures show is arbitrary (dress 2)" in result.output
    result = packshot("generate", "wooden chair", "--category", "dress", "-o", tmp_path)
    assert "only what was said apart from it (dress 1)" in result.output


def test_a_drawn_category_is_told(told, tmp_path):
    result = packshot("generate", "--color", "red", "-n", 65, "-o", tmp_path)
    assert "names a category: arbitrary ones were drawn (dress 65)" in result.output
    result = packshot("generate", "--category", "dress", "-o", tmp_path)
    assert "arbitrary" not in result.output


def test_doubts_that_no_table_tells_are_told_beside(told, photo, tmp_path):
    told.warnings = ["the photo may be misread"]
    result = packshot("variations", photo, "-o", tmp_path / "out")
    assert "variations: the photo may be misread" in result.output
    assert re.search(r"mug-0.jpg … .*\nmug-3.jpg", result.output.partition("Look at these")[2])
    assert "picture 3 is poor" not in result.output
    assert "sharpness" in next(line for line in result.output.splitlines() if "mug-3.jpg" in line)


def test_what_is_said_of_an_upload_names_its_file(told, photo, tmp_path):
    other = photo.with_name("shoe.png")
    Image.new("RGB", (40, 30), (200, 30, 80)).save(other)
    ids = {path: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in (photo, other)}
    strange = f"sha256:{'0' * 64}"
    told.warnings = [f"the picture {ids[other]} to go towards may be misread, unlike {ids[photo]} and {strange}"]
    command = ("variations", photo, "--towards", other, "-o", tmp_path / "out")
    result = packshot(*command, "--json")
    named = "the picture shoe.png to go towards may be misread, unlike mug.png and sha256:000"
    assert json.loads(result.stdout)["warnings"][-1].startswith(f"variations: {named}")
    for slug, pointer in (("no-product-found", "/input"), ("invalid-parameter", "/operations/0/towards")):
        detail = f"{ids[other]} shows nothing"
        told.fail_with = {"type": f"/problems/{slug}", "title": "No", "detail": detail}
        told.fail_with["errors"] = [{"pointer": pointer, "detail": detail}]
        result = packshot(*command)
        assert "shoe.png shows nothing" in result.output
        assert "sha256" not in result.output


def test_a_given_name_is_taken_as_it_is(told, photo, tmp_path):
    result = packshot("generate", "hat", "--name", "SKU-123.A", "--like", photo, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == ["SKU-123.A-0.jpg", "SKU-123.A.manifest.json"]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("command", [["variations", "."], ["run", ".", "--op", "variations:count=4"]])
def test_variations_beside_the_photos_never_take_the_place_of_one(photo, monkeypatch, command):
    monkeypatch.chdir(photo.parent)
    photo.with_name("mug-packshot-0.png").write_bytes(photo.read_bytes())
    for _ in range(2):
        before = {path: path.read_bytes() for path in photo.parent.iterdir() if path.suffix != ".json"}
        assert packshot(*command, "-o", ".", "--format", "png").exit_code == 0
        assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("command", ["generate", "variations", "augment", "run", "up"])
def test_help_tells_ranges_in_words(command):
    assert not re.search(r"x[<>]=|None|RANGE", packshot(command, "--help").output)


def test_every_option_reaches_the_wish(told, photo, tmp_path):
    result = packshot(
        "generate", "--category", "dress", "--color", "navy", "--color", "#fff", "--pattern", "striped",
        "--aspect", 1.4, "--like", photo, "--like-strength", 0.7, "--mix", 7, 0.3, "--adjust", "tallness=1",
        "--effort", 3, "--op", "upscale:factor=2", "--op", "relight", "--format", "webp", "-o", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (spec,) = told.specs
    wish, *further = spec["operations"]
    assert wish.pop("like")[0].startswith("sha256:")
    assert wish == {
        "op": "generate", "category": "dress", "colors": ["navy", "#fff"], "pattern": "striped", "aspect": 1.4,
        "like_strength": 0.7, "mix": {"seed": 7, "share": 0.3}, "adjust": {"tallness": 1.0}, "effort": 3.0,
        "count": 1,
    }  # fmt: skip
    assert [one["op"] for one in further] == ["upscale", "relight"]
    assert spec["output"]["format"] == "webp"
    assert (tmp_path / "out" / "navy-fff-striped-dress-0.jpg").exists()


def test_more_than_a_job_makes_are_shared_out_with_seeds_of_their_own(told, tmp_path):
    result = packshot("generate", "hat", "-n", 65, "--seed", 42, "-o", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    asked = sorted((spec["operations"][0]["count"], spec["seed"]) for spec in told.specs)
    assert asked == [(1, 43), (64, 42)]
    assert len(list(tmp_path.glob("hat-*.jpg"))) == 65
    assert len({path.read_bytes() for path in tmp_path.glob("hat-*.jpg")}) > 60
    assert {"hat.manifest.json", "hat-64.manifest.json"} < set(names(tmp_path))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted(len(line["pictures"]) for line in lines) == [1, 64]
    assert lines[0]["photo"] is None
    assert lines[0]["generation"]["understood"] == [{"text": "hat", "means": "word hat", "guessed": False}]


def test_all_jobs_of_a_wish_are_told_alike(told, photo, tmp_path):
    result = packshot("variations", photo, "-n", 65, "-o", tmp_path / "out")
    assert "64 pictures of 32×32 px" in result.output
    assert "1 picture of 32×32 px" in result.output


def test_a_sheet_shows_all_pictures(told, tmp_path):
    result = packshot("generate", "hat", "-n", 9, "-o", tmp_path, "--sheet")
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.width > 8 * 200
        assert sheet.height > 2 * 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing was asked for"),
        (["  "], "nothing was asked for"),
        (["dress", "-n", "0"], "0 is not in the range"),
        (["dress", "-n", "-3"], "-3 is not in the range"),
        (["dress", "-n", "10001"], "10001 is not in the range: 1 to 10,000"),
        (["dress", "--like", "none.jpg"], "does not exist"),
        (["dress", "--like-strength", "0"], "it needs --like"),
        (["dress", "--seed", "4294967296"], "is not in the range"),
        (["dress", "--adjust", "tallness"], "is not NAME=NUMBER, such as tallness=1"),
        (["dress", "--mix", "7", "much"], "not a valid float"),
        (["dress", "--mix", "7", "nan"], "'nan' is not a finite number"),
        (["dress", "--aspect", "inf"], "'inf' is not a finite number"),
        (["dress", "--adjust", "tallness=nan"], "is not NAME=NUMBER"),
        (["dress", "--op", "inpaint:mask=@none.png"], "there is no file"),
        (["dress", "--name", "../dress"], "a file's name may not"),
    ],
)
def test_wrong_usage_exits_2_before_any_server_is_asked(tmp_path, arguments, said):
    result = packshot("generate", *arguments, "-o", tmp_path)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--size", 9999], "/operations/0/size_px"),
        (["--effort", 9], "/operations/0/effort"),
        (["--pattern", "tartan"], "/operations/0/pattern"),
        (["--color", "#12345"], "/operations/0/colors"),
        (["--op", "generate"], "/operations/1"),
    ],
)
def test_what_the_server_refuses_is_wrong_usage_told_once(tmp_path, arguments, said):
    result = packshot("generate", "hat", *arguments, "-o", tmp_path)
    assert result.exit_code == 2
    assert result.output.count(said) == 1


@pytest.mark.usefixtures("told")
def test_a_liked_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    result = packshot("generate", "hat", "--like", tmp_path / "notes.jpg", "-o", tmp_path)
    assert result.exit_code == 2
    assert "notes.jpg: The image format" in result.output


def test_what_only_the_worker_knows_is_wrong_usage_too(told, tmp_path):
    detail = "/operations/0/category: there is no category 'spaceship'"
    told.fail_with = {"type": "/problems/invalid-parameter", "title": "A parameter is not valid", "detail": detail}
    result = packshot("generate", "--category", "spaceship", "-o", tmp_path)
    assert result.exit_code == 2
    assert "spaceship" in result.output
    assert names(tmp_path) == []


def test_a_wish_for_photos_is_wrong_usage_told_once(told, photo, tmp_path):
    for number in range(5):
        photo.with_name(f"{number}.png").write_bytes(photo.read_bytes())
    result = packshot("run", tmp_path, "--op", "generate", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.output.count("leave the input out") == 1
    assert told.specs == []


def test_a_server_without_a_generator_says_so_once(told, tmp_path):
    told.fail_with = {"type": "/problems/unknown-model", "title": "There is no such model", "detail": "generator"}
    result = packshot("generate", "hat", "-n", 200, "-o", tmp_path)
    assert result.exit_code == 1
    assert result.output.count("There is no such model") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_the_jobs_under_way(makeshift, tmp_path, number):
    makeshift.held.set()
    environment = clean_environment(PACKSHOT_URL=makeshift.url)
    process = spawn("generate", "hat", "-n", "128", "-o", tmp_path, stderr=subprocess.PIPE, env=environment)
    until(lambda: len(makeshift.specs) == 2)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "canceled" in said
    assert set(makeshift.canceled) == {"job_1", "job_2"}


def test_variations_are_named_by_their_photo_and_say_how_strange_it_is(told, photo, tmp_path):
    out = tmp_path / "out"
    result = packshot(
        "variations", photo, "-n", 2, "--strength", 0.5, "--towards", photo, "--color", "red", "--seed", 3,
        "--op", "resize:width=64", "-o", out, "--sheet",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert names(out) == ["mug-0.jpg", "mug-1.jpg", "mug.manifest.json", "sheet.jpg"]
    (spec,) = told.specs
    wanted = spec["operations"][0]
    assert wanted.pop("towards") == spec["input"]["upload"]
    assert wanted == {"op": "variations", "strength": 0.5, "colors": ["red"], "count": 2}
    assert spec["seed"] == 3
    assert "stranger than 31%" in result.output


def test_a_strength_of_0_makes_one_picture_if_not_told_otherwise(told, photo, tmp_path):
    assert packshot("variations", photo, "--strength", 0, "-o", tmp_path / "out").exit_code == 0
    assert packshot("variations", photo, "--strength", 0, "--towards", photo, "-o", tmp_path / "out").exit_code == 0
    assert [spec["operations"][0]["count"] for spec in told.specs] == [1, 4]


def test_more_variations_than_a_job_makes_go_on_counting(told, photo, tmp_path):
    out = tmp_path / "out"
    assert packshot("variations", photo, "-n", 66, "-o", out).exit_code == 0
    assert len(list(out.glob("mug-*.jpg"))) == 66
    assert sorted(spec["operations"][0]["count"] for spec in told.specs) == [2, 64]


def test_a_way_longer_than_a_job_is_refused(photo, tmp_path):
    result = packshot("variations", photo, "--towards", photo, "-n", 65, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "at most 64 pictures; -n is 65" in result.output


@pytest.mark.usefixtures("told")
def test_more_variations_than_anyone_wants_are_refused(photo, tmp_path):
    result = packshot("variations", photo, "-n", 10001, "-o", tmp_path / "out")
    assert (result.exit_code, "1 to 10,000" in result.output) == (2, True)
    for number in range(10):
        photo.with_name(f"{number}.png").touch()
    result = packshot("variations", tmp_path, "-n", 9999, "-o", tmp_path / "out")
    assert (result.exit_code, "109,989 pictures; at most 100,000" in result.output) == (2, True)


def test_a_run_fetches_all_that_an_operation_makes(told, photo, tmp_path):
    out = tmp_path / "out"
    result = packshot("run", photo, "--op", "relight", "--op", "variations:count=3", "-o", out, "--sheet", "--json")
    assert result.exit_code == 0, result.output
    assert names(out) == ["mug-0.jpg", "mug-1.jpg", "mug-2.jpg", "mug.manifest.json", "sheet.jpg"]
    assert len(json.loads(result.stdout)["pictures"]) == 3
    assert "realism" in result.stderr
    assert "stranger than 31%" in result.stderr


def test_one_picture_of_a_run_keeps_its_plain_name(told, photo, tmp_path):
    assert packshot("run", photo, "--op", "variations:count=1", "-o", tmp_path / "out").exit_code == 0
    assert names(tmp_path / "out") == ["mug.jpg", "mug.manifest.json"]


def test_a_finished_job_says_what_it_made(told, tmp_path):
    told.unknown = ["pockets"]
    packshot("generate", "navy hat", "-n", 2, "--seed", 9, "-o", tmp_path)
    result = packshot("job", "job_1", "-o", tmp_path / "again")
    assert "best 2 of 4 candidates, seed 9" in result.output
    assert "navy: word navy, hat: word hat" in result.output
    assert "was not followed: pockets" in result.output
    assert names(tmp_path / "again") == ["job_1-0.jpg", "job_1-1.jpg"]


def test_the_pictures_of_a_way_are_not_called_the_best(told, photo, tmp_path):
    result = packshot("variations", photo, "--towards", photo, "-n", 3, "--seed", 5, "-o", tmp_path / "out")
    assert "mug.png: 3 steps on the way, seed 5; the photo is stranger" in result.output
    assert "candidates" not in result.output


@pytest.mark.parametrize(("width", "shown"), [(120, SCORES), (80, SCORES[4:]), (20, ())])
def test_a_narrow_terminal_gets_the_scores_that_have_room(width, shown):
    picture = MadePicture(0, 0.5, dict.fromkeys(SCORES, 0.25), ("realism: low",))
    told = Generation("generate", 1, (), (), (picture,), 2, {})
    console = Console(width=width, record=True)
    outcome = Outcome(Task(None, "hat"), 1.0, pictures=(Path("a-picture-with-a-long-name-0.jpg"),), generation=told)
    tell_made(console, [outcome])
    said = console.export_text()
    assert tuple(name for name in SCORES if name in said.partition("\n")[0]) == shown
    assert max(map(len, said.splitlines())) <= max(width, 40)


def test_a_name_is_in_one_piece_where_it_has_room():
    picture = MadePicture(0, 0.5, dict.fromkeys(SCORES, 0.25), ("realism: 0.2; at least 0.25 is needed " * 3,))
    path = Path("navy-striped-dress-with-long-sleeves-0.jpg")
    told = Generation("generate", 1, (), (), (picture,), 2, {})
    console = Console(width=120, record=True)
    outcome = Outcome(Task(None, "dress"), 1.0, pictures=(path,), generation=told)
    tell_made(console, [outcome])
    summarize(console, [outcome], Path("out"), 1.0, Counted(1))
    said = console.export_text()
    assert "\n…-long-sleeves-0.jpg  " in said
    assert f"\n{path}  realism: 0.2" in said


def test_what_is_repeated_in_a_text_is_told_once():
    pieces = (Understood("navy", "color navy"),) * 45
    told = Generation("generate", 1, pieces, ("pockets",) * 3, (MadePicture(0, 0.5),), 2, {})
    console = Console(width=100, record=True)
    tell_made(console, [Outcome(Task(None, "hat"), 1.0, pictures=(Path("hat-0.jpg"),), generation=told)])
    said = console.export_text()
    assert said.count("navy") == 2
    assert "color navy ×45" in said
    assert "pockets ×3" in said


def test_nothing_made_is_nothing_told():
    console = Console(record=True)
    tell_made(console, [])
    assert console.export_text() == ""
