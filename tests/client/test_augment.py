"""`packshot augment`: what is made of a folder, how it goes on after a stop, and what a bad photo costs."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from packshot.augmenting import plan_augmentation
from packshot.ledger import LEDGER_FILE, Ledger
from packshot.outcomes import Outcome
from tests.waiting import until

from .conftest import clean_environment, spawn
from .test_cli import packshot


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    for number, name in enumerate(("dress/a.png", "dress/b.png", "hat/a.png", "hat/a.jpg")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (24, 32), (number * 40, 30, 80)).save(folder / name)
    return folder


def rows(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / LEDGER_FILE).read_text(encoding="utf-8").splitlines()]


def pictures(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.jpg")}


def augment(data: Path, out: Path, *more: object):
    return packshot("augment", data, "-n", 10, "-o", out, *more)


def test_pictures_are_spread_evenly_and_keep_their_category(told, data, tmp_path):
    out = tmp_path / "out"
    result = augment(data, out, "--strength", 0.6)
    assert result.exit_code == 0, result.output
    assert "10 of 10 pictures" in result.output
    made = rows(out)
    assert sorted(pictures(out)) == sorted(row["picture"] for row in made)
    photos = [row["photo"] for row in made]
    assert sorted(photos.count(photo) for photo in set(photos)) == [2, 2, 3, 3]
    assert {row["category"] for row in made} == {"dress", "hat"}
    assert all(row["picture"].startswith(f"{row['category']}/") for row in made)
    assert {(row["strength"], len(row["photo_sha256"])) for row in made} == {(0.6, 64)}
    assert {spec["priority"] for spec in told.specs} == {"bulk"}
    assert {spec["operations"][0]["strength"] for spec in told.specs} == {0.6}


@pytest.mark.usefixtures("told")
def test_photos_in_no_folder_have_no_category(tmp_path):
    (tmp_path / "data").mkdir()
    Image.new("RGB", (24, 32), (40, 30, 80)).save(tmp_path / "data" / "a.png")
    augment(tmp_path / "data", tmp_path / "out")
    assert {row["category"] for row in rows(tmp_path / "out")} == {None}


def test_photos_seen_as_another_category_than_their_folders_are_told(told, data, tmp_path):
    result = augment(data, tmp_path / "out")
    made = rows(tmp_path / "out")
    assert {(row["category"], row["varied_as"]) for row in made} == {("dress", "dress"), ("hat", "dress")}
    strangers = sum(row["category"] == "hat" for row in made)
    assert f"{strangers} pictures made as another category" in result.output
    assert f"(hat varied as dress {strangers})" in result.output


def test_pictures_with_faults_are_counted_and_named(told, data, tmp_path):
    result = packshot("augment", data, "-n", 20, "-o", tmp_path / "out")
    assert "4 pictures with faults (sharpness 4)" in result.output
    assert "Look at these" not in result.output
    faulty = [row["picture"] for row in rows(tmp_path / "out") if row["faults"] == ["sharpness"]]
    assert len(faulty) == 4
    assert all(picture.endswith("-3.jpg") for picture in faulty)


def test_the_same_command_gives_the_same_pictures_anywhere(told, data, tmp_path):
    augment(data, tmp_path / "one")
    shutil.move(data, tmp_path / "moved")
    augment(tmp_path / "moved", tmp_path / "two")
    assert pictures(tmp_path / "one") == pictures(tmp_path / "two")
    augment(tmp_path / "moved", tmp_path / "three", "--seed", 1)
    assert pictures(tmp_path / "three") != pictures(tmp_path / "one")


def test_what_is_there_is_not_made_again(told, data, tmp_path):
    out = tmp_path / "out"
    augment(data, out)
    before = pictures(out)
    (out / "hat" / "a-0.jpg").unlink()
    asked = len(told.specs)
    result = augment(data, out)
    assert result.exit_code == 0
    assert len(told.specs) == asked + 1
    left = 10 - told.specs[-1]["operations"][0]["count"]
    assert f"{left} pictures of 10 are there already; {9 - left} more are made again" in result.output
    assert "10 of 10 pictures" in result.output
    assert pictures(out) == before
    assert augment(data, out).exit_code == 0
    assert len(told.specs) == asked + 1


def test_after_an_interrupt_the_same_command_goes_on(makeshift, told, data, tmp_path):
    out = tmp_path / "out"
    makeshift.hold_after(2)
    command = ("augment", data, "-n", "10", "-o", out, "--in-flight", "1")
    environment = clean_environment(PACKSHOT_URL=makeshift.url)
    process = spawn(*command, stderr=subprocess.PIPE, env=environment)
    until(lambda: len(makeshift.specs) == 3)
    process.send_signal(signal.SIGINT)
    assert "canceled" in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert set(makeshift.canceled) == {"job_3"}
    first = rows(out)
    assert len({row["photo"] for row in first}) == 2
    makeshift.held.clear()
    assert augment(data, out).exit_code == 0
    assert len(makeshift.specs) == 5
    assert all(row in rows(out) for row in first)
    augment(data, tmp_path / "whole")
    assert pictures(out) == pictures(tmp_path / "whole")


def test_a_line_that_a_crash_cut_off_is_made_again(told, data, tmp_path):
    out = tmp_path / "out"
    augment(data, out)
    ledger = out / LEDGER_FILE
    ledger.write_bytes(ledger.read_bytes()[:-9])
    asked = len(told.specs)
    assert augment(data, out).exit_code == 0
    assert len(told.specs) == asked + 1
    assert len(rows(out)) == 10


def test_a_broken_photo_is_told_at_the_end_and_made_good_later(told, data, tmp_path):
    out, broken = tmp_path / "out", data / "dress" / "broken.jpg"
    broken.write_text("no photo")
    result = augment(data, out)
    assert result.exit_code == 1
    assert "8 of 10 pictures" in result.output
    table = result.output.partition("Failed")[2].splitlines()
    assert "broken.jpg" in "".join(line.partition("  ")[0] for line in table)  # its path may fill more than a line
    shutil.copy(data / "dress" / "a.png", broken)
    result = augment(data, out)
    assert result.exit_code == 0
    assert "8 pictures of 10 are there already" in result.output
    assert len(rows(out)) == 10


def test_a_photo_that_was_changed_is_varied_anew(told, data, tmp_path):
    out = tmp_path / "out"
    augment(data, out)
    asked = len(told.specs)
    Image.new("RGB", (24, 32), (1, 2, 3)).save(data / "dress" / "b.png")
    assert augment(data, out).exit_code == 0
    assert len(told.specs) == asked + 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--strength", 0.9], "operations"),
        (["--seed", 5], "seed 0 there, 5 now"),
        (["--quality", 80], "output"),
        (["-n", 11], "pictures 10 there, 11 now"),
    ],
)
def test_pictures_of_another_command_are_not_mixed_in(told, data, tmp_path, more, said):
    augment(data, tmp_path / "out")
    result = augment(data, tmp_path / "out", *more)
    assert result.exit_code == 2
    assert "was begun otherwise" in result.output
    assert said in result.output


def test_photos_that_came_and_went_are_counted_in_the_refusal(told, data, tmp_path):
    augment(data, tmp_path / "out")
    (data / "dress" / "a.png").rename(data / "dress" / "z.png")
    result = augment(data, tmp_path / "out")
    assert result.exit_code == 2
    assert "of its photos 1 are gone, and 1 are new" in result.output


def test_a_refused_command_does_not_claim_the_folder(told, data, tmp_path):
    assert augment(data, tmp_path / "out", "--size", 9999).exit_code == 2
    assert augment(data, tmp_path / "out").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{data}", "-o", "{data}", "-n", "1"], "where the photos are"),
        (["{data}", "-n", "0"], "0 is not in the range"),
        (["{data}"], "Missing option '-n'"),
        (["{data}", "-n", "100001"], "100001 is not in the range: 1 to 100,000"),
        (["{data}", "-n", "1", "--strength", "2"], "2.0 is not in the range"),
        (["{data}", "-n", "5", "--strength", "0"], "4 photos give no more; -n is 5"),
        (["{data}/none", "-n", "1"], "does not exist"),
        (["{empty}", "-n", "1"], "no photo in"),
    ],
)
def test_wrong_usage_exits_2(data, tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    result = packshot("augment", *(word.format(data=data, empty=tmp_path / "empty") for word in arguments))
    assert result.exit_code == 2
    assert said in result.output


def test_results_within_the_data_are_no_photos_of_it(told, data):
    out = data / "augmented"
    augment(data, out)
    assert augment(data, out).exit_code == 0
    assert len(rows(out)) == 10


def test_few_pictures_come_from_photos_all_over_the_data(tmp_path):
    photos = [tmp_path / f"{category}/{number}.jpg" for category in "abc" for number in range(10)]
    tasks = plan_augmentation(photos, tmp_path, tmp_path / "out", 6, 0)
    assert [task.photo.parent.name for task in tasks] == ["a", "a", "b", "b", "c", "c"]


def test_equal_names_are_told_apart_whatever_folder_lies_between_them(tmp_path):
    photos = sorted(tmp_path / name for name in ("a.jpg", "a.k/b.jpg", "a.png"))
    stems = [task.stem for task in plan_augmentation(photos, tmp_path, tmp_path / "out", 3, 0)]
    assert len(set(stems)) == 3


def test_many_pictures_of_a_photo_are_several_jobs(tmp_path):
    (first, second) = plan_augmentation([tmp_path / "a.jpg"], tmp_path, tmp_path / "out", 100, 0)
    assert (first.part.count, second.part.count, second.part.first) == (64, 36, 64)
    assert second.part.seed == (first.part.seed + 1) % 2**32


@pytest.mark.parametrize("name", ["caf\udce9", "a\u2028b", "a\u2029b", "a\u0085b"])
def test_odd_names_are_found_again(tmp_path, name):
    photo = tmp_path / f"{name}.jpg"
    photo.write_bytes(b"photo")
    (task,) = plan_augmentation([photo], tmp_path, tmp_path, 1, 0)
    with Ledger(tmp_path, tmp_path, {}) as ledger:
        ledger.add(_outcome(task, tmp_path / f"{name}-0.jpg"))
    with Ledger(tmp_path, tmp_path, {}) as ledger:
        assert ledger.has(task)


def _outcome(task, picture):
    picture.write_bytes(b"picture")
    return Outcome(task, 1.0, "job_1", (picture,))


def test_no_photo_of_the_data_is_overwritten_from_another_folder_of_it(tmp_path):
    source = tmp_path / "dress"
    photos = [source / "a-0.jpg", source / "dress" / "a.jpg"]
    tasks = plan_augmentation(photos, source, tmp_path, 2, 0)
    assert [task.stem for task in tasks] == ["a-0", "dress/a-packshot"]
