"""Many pictures are shared out among jobs, and named so that none stands in for another."""

import pytest

from packshot.parts import Part, parts_of
from packshot.photos import Task, plan_stem, plan_tasks, require_stem, stem_of


def test_what_one_job_can_make_is_one_job():
    assert parts_of(64, 42) == [Part(64, 0, 42)]


def test_more_are_full_jobs_and_a_rest_each_with_the_next_seed():
    assert parts_of(130, 2**32 - 1) == [Part(64, 0, 2**32 - 1), Part(64, 64, 0), Part(2, 128, 1)]


def test_without_a_seed_the_server_draws_one_for_each_job():
    assert [part.seed for part in parts_of(65)] == [None, None]


def test_pictures_go_on_counting_from_job_to_job():
    rest = Task(None, "dress", Part(2, 64))
    assert [rest.picture_stem(index, 2) for index in range(2)] == ["dress-64", "dress-65"]
    assert rest.manifest_stem == "dress-64"
    assert Task(None, "dress", Part(64)).manifest_stem == "dress"


def test_a_photo_with_one_result_keeps_its_name_and_one_with_several_is_numbered(tmp_path):
    task = Task(tmp_path / "mug.jpg", "mug")
    assert task.picture_stem(0, 1) == "mug"
    assert task.picture_stem(1, 4) == "mug-1"


@pytest.mark.parametrize(
    ("wish", "stem"),
    [
        ("Navy striped dress, long sleeves", "navy-striped-dress-long-sleeves"),
        ("红色连衣裙", "红色连衣裙"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "picture"),
        ("?!", "picture"),
        ("sheet", "sheet-packshot"),
        ("a " * 200, "-".join("a" * 30)),
        ("\udce9t\u00e9", "t\u00e9"),
    ],
)
def test_a_wish_is_a_files_name(tmp_path, wish, stem):
    assert plan_stem(stem_of(wish), [], tmp_path) == stem


def test_a_wish_of_wide_letters_is_cut_to_a_files_name_between_two_of_them():
    wide = "\U00020000"  # four bytes
    assert stem_of(wide * 90) == wide * 50
    assert stem_of("a" + wide * 90) == "a" + wide * 49


def test_a_liked_picture_is_never_overwritten(tmp_path):
    assert plan_stem("Red-Hat", [tmp_path / "red-hat-3.jpg"], tmp_path) == "Red-Hat-2"
    assert plan_stem("red-hat", [tmp_path / "more" / "red-hat-3.jpg"], tmp_path) == "red-hat"


def test_pictures_of_a_photo_never_take_the_place_of_another(tmp_path):
    photos = [tmp_path / name for name in ("a.jpg", "a-packshot-0.jpg", "a-packshot-2.jpg")]
    stems = [task.stem for task in plan_tasks(photos, tmp_path)]
    assert stems == ["a-packshot-3", "a-packshot-0-packshot", "a-packshot-2-packshot"]
    (task,) = plan_tasks([tmp_path / "more" / "a.jpg"], tmp_path, others=[tmp_path / "A-1.jpg"])
    assert task.stem == "a-packshot"


def test_a_link_beside_its_results_is_kept_as_a_photo_is(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "b.jpg").touch()
    (tmp_path / "a.jpg").symlink_to(tmp_path / "photos" / "b.jpg")
    assert [task.stem for task in plan_tasks([tmp_path / "a.jpg"], tmp_path)] == ["a-packshot"]
    assert [task.stem for task in plan_tasks([tmp_path / "a.jpg"], tmp_path / "photos")] == ["a"]
    (task,) = plan_tasks([tmp_path / "more" / "b.jpg"], tmp_path / "photos", others=[tmp_path / "a.jpg"])
    assert task.stem == "b-packshot"


@pytest.mark.parametrize("order", [["a", "a-64"], ["a-64", "a"]])
def test_the_manifests_of_many_pictures_are_told_apart_too(tmp_path, order):
    tasks = plan_tasks([tmp_path / f"{name}.jpg" for name in order], tmp_path / "out", parts_of(130))
    manifests = [task.manifest_stem for task in tasks]
    assert len(set(manifests)) == len(manifests) == 6


@pytest.mark.parametrize("name", ["SKU-123.A", "Été 50%", "-", "x" * 200])
def test_a_name_that_a_file_may_have_is_taken_as_it_is(tmp_path, name):
    require_stem(name)
    assert plan_stem(name, [], tmp_path) == name


@pytest.mark.parametrize("name", ["", " ", "a/b", "..\\b", "a\0b", "a:b", "tab\t", "é" * 101, "Sheet-1"])
def test_a_name_that_no_file_may_have_is_refused(name):
    with pytest.raises(ValueError, match=r"empty|may not|200 are allowed|contact sheet"):
        require_stem(name)


@pytest.mark.parametrize("name", ["sheet.jpg", "Sheet-1.png"])
def test_a_photo_named_as_a_sheet_leaves_the_name_to_the_sheet(tmp_path, name):
    (task,) = plan_tasks([tmp_path / "photos" / name], tmp_path)
    assert task.stem.endswith("-packshot")
