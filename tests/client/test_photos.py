"""Which photos a run takes, and how their results are called."""

from pathlib import Path

import pytest

from packshot.operation_text import as_operations, parse_operation
from packshot.photos import expand, plan_tasks


def touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_a_folder_stands_for_its_photos_by_name(tmp_path):
    touch(tmp_path, "b.JPG", "a.heic", "notes.txt", ".hidden.jpg", "deep/c.png")
    assert [path.name for path in expand([tmp_path])] == ["a.heic", "b.JPG"]


def test_recursion_leaves_the_results_out(tmp_path):
    touch(tmp_path, "a.jpg", "deep/c.png", "results/a.jpg")
    found = expand([tmp_path], recursive=True, leave_out=tmp_path / "results")
    assert [path.name for path in found] == ["a.jpg", "c.png"]


def test_a_file_named_by_hand_is_taken_whatever_its_suffix_and_once(tmp_path):
    (odd,) = touch(tmp_path, "scan.bin")
    (photo,) = touch(tmp_path, "a.jpg")
    assert expand([odd, photo, tmp_path]) == [odd, photo]


def test_equal_names_are_told_apart_even_without_case(tmp_path):
    photos = touch(tmp_path, "x/mug.jpg", "y/Mug.png", "z/mug-2.jpg", "w/mug.webp")
    assert [task.stem for task in plan_tasks(photos, tmp_path / "out")] == ["mug", "Mug-2", "mug-2-2", "mug-3"]


def test_results_beside_the_photos_never_replace_them(tmp_path):
    photos = touch(tmp_path, "mug.jpg", "mug-packshot.jpg")
    stems = [task.stem for task in plan_tasks(photos, tmp_path)]
    assert stems == ["mug-packshot-2", "mug-packshot-packshot"]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("relight", {"op": "relight"}),
        ("upscale:factor=2", {"op": "upscale", "factor": 2}),
        ("crop:aspect=4:5", {"op": "crop", "aspect": "4:5"}),
        ("rotate: angle=-1.5, fill=#fff", {"op": "rotate", "angle": -1.5, "fill": "#fff"}),
        ("resize:width=9,enlarge=false", {"op": "resize", "width": 9, "enlarge": False}),
        ("restore:strength=NaN", {"op": "restore", "strength": "NaN"}),
    ],
)  # fmt: skip
def test_operations_are_read_as_people_write_them(text, operation):
    assert parse_operation(text) == operation


@pytest.mark.parametrize("text", ["", ":factor=2", "upscale:factor", "upscale:=2", "resize:width=1,width=2"])
def test_text_that_is_no_operation_is_refused_with_what_was_given(text):
    with pytest.raises(ValueError, match=r"operation|parameter"):
        parse_operation(text)


def test_lists_are_told_to_be_written_as_json():
    with pytest.raises(ValueError, match="write all of it as JSON"):
        parse_operation('inpaint:boxes=[{"x": 1, "y": 1, "width": 9, "height": 9}]')


def test_a_single_string_is_not_a_list_of_operations():
    with pytest.raises(TypeError, match="expected a list"):
        as_operations("restore")
