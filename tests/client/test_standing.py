"""What stands in a folder where results go: Packshot's own is replaced, anything else keeps its place."""

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from packshot.ledger import LEDGER_FILE
from packshot.photos import Task
from packshot.standing import stands_whole

from .test_cli import packshot

OWN = b"a photo of somebody's"


pytestmark = pytest.mark.usefixtures("told")


@pytest.fixture
def photo(tmp_path) -> Path:
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def made(*arguments: object) -> str:
    result = packshot(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def commands(photo: Path) -> dict[str, tuple[object, ...]]:
    return {
        "generate": ("generate", "mug", "-n", 2),
        "variations": ("variations", photo, "-n", 2),
        "run": ("run", photo, "--op", "variations:count=2"),
        "open": ("run", photo, "--op", "variations"),
    }


@pytest.mark.parametrize(
    ("command", "name"), [("generate", "mug-2"), *((one, "mug-packshot") for one in ("variations", "run", "open"))]
)
@pytest.mark.parametrize("own", ["mug-1.jpg", "mug.manifest.json"])
def test_a_file_of_somebody_keeps_its_place(photo, out, command, name, own):
    (out / own).write_bytes(OWN)
    for _ in range(2):
        said = made(*commands(photo)[command], "-o", out)
        assert (out / own).read_bytes() == OWN
        assert {own, f"{name}-0.jpg", f"{name}-1.jpg", f"{name}.manifest.json"} <= set(names(out))
        assert all(one == own or one.startswith(name) for one in names(out))
        assert said.count("stays, since") == 1
        assert f"{own} stays" in said


def test_one_result_of_a_photo_gives_way_alike(photo, out):
    (out / "mug.jpg").write_bytes(OWN)
    (out / "mug-0.jpg").write_bytes(OWN)
    made("run", photo, "--op", "relight", "-o", out)
    assert names(out) == ["mug-0.jpg", "mug-packshot.jpg", "mug-packshot.manifest.json", "mug.jpg"]
    (out / "mug.jpg").unlink()
    assert "stays" not in made("run", photo, "--op", "relight", "-o", out)
    assert (out / "mug-0.jpg").read_bytes() == OWN


def test_a_picture_that_was_edited_is_somebodys(photo, out):
    made("run", photo, "--op", "relight", "-o", out)
    (out / "mug.jpg").write_bytes(OWN)
    made("run", photo, "--op", "relight", "-o", out)
    assert (out / "mug.jpg").read_bytes() == OWN


def test_what_no_result_would_replace_is_no_reason_for_another_name(told, out):
    told.kind = "webp"
    (out / "hat-1.jpg").write_bytes(OWN)
    (out / "hat-0.png").write_bytes(OWN)
    assert "stays" not in made("generate", "hat", "--format", "webp", "-n", 3, "-o", out)
    told.kind = "jpeg"
    assert "stays" not in made("generate", "hat", "--format", "jpeg", "-o", out)
    assert (out / "hat-0.png").read_bytes() == OWN


@pytest.mark.parametrize("number", [1, 2, 100])
@pytest.mark.parametrize("command", ["generate", "variations", "run"])
def test_the_same_command_replaces_its_own_files(photo, out, command, number):
    words = {
        "generate": ("generate", "hat", "--name", "Hat.A", "-n", number),
        "variations": ("variations", photo, "-n", number),
    }
    asked = words.get(command, ("run", photo, "--op", f"variations:count={min(number, 64)}"))
    made(*asked, "-o", out)
    there = names(out)
    for seed in (1, 2):
        more = () if command == "run" else ("--seed", seed)
        assert "stays" not in made(*asked, *more, "-o", out)
        assert names(out) == there
    for gone in there[:3]:
        (out / gone).unlink()
    if not any(gone.endswith(".json") for gone in there[:3]):
        made(*asked, "-o", out)
        assert names(out) == there


def test_fewer_pictures_and_other_formats_leave_the_earlier_ones_known(told, out):
    told.kind = "jpeg"
    made("generate", "hat", "-n", 70, "--seed", 1, "-o", out)
    for number, kind in ((2, "jpeg"), (66, "png"), (1, "png"), (70, "jpeg"), (70, "png"), (70, "jpeg")):
        told.kind = kind
        said = made("generate", "hat", "-n", number, "--format", kind, "--seed", number, "-o", out)
        assert "stays" not in said
    assert not list(out.glob("hat-2-*"))
    assert len(names(out)) == 142
    earlier = json.loads((out / "hat.manifest.json").read_text())["earlier_outputs"]
    assert sum(name.endswith(".png") for name in earlier) == 64
    assert sum(name.endswith(".jpg") for name in earlier) == 64  # as they were, should the run have ended here


def test_a_copy_of_a_picture_under_anothers_name_is_somebodys(told, out):
    made("generate", "hat", "-n", 2, "--seed", 1, "-o", out)
    copied = (out / "hat-0.jpg").read_bytes()
    (out / "hat-5.jpg").write_bytes(copied)
    assert "stays" in made("generate", "hat", "-n", 8, "--seed", 2, "-o", out)
    assert (out / "hat-5.jpg").read_bytes() == copied


def test_what_a_run_that_ended_early_noted_is_known_to_the_next(told, out, monkeypatch):
    made("generate", "hat", "-n", 2, "--seed", 1, "-o", out)
    before = {path: path.read_bytes() for path in out.glob("hat-?.jpg")}
    made("generate", "hat", "-n", 2, "--seed", 2, "-o", out)
    for path, content in before.items():
        path.write_bytes(content)  # as if they had not been put into their places
    assert "stays" not in made("generate", "hat", "-n", 2, "--seed", 2, "-o", out)


def test_a_link_to_a_photo_is_somebodys(photo, out):
    (out / "hat-0.jpg").symlink_to(photo)
    (out / "cap-0.jpg").symlink_to(out / "gone")
    before = photo.read_bytes()
    made("generate", "hat", "-o", out)
    made("generate", "cap", "-o", out)
    assert {"hat-2-0.jpg", "cap-2-0.jpg"} <= set(names(out))
    assert (out / "hat-0.jpg").is_symlink()
    assert photo.read_bytes() == before


def test_a_file_that_comes_while_the_job_runs_keeps_its_place_too(told, out):
    told.on_submit = lambda: (out / "hat-1.jpg").write_bytes(OWN)
    result = packshot("generate", "hat", "-n", 3, "-o", out)
    assert result.exit_code == 1
    assert names(out) == ["hat-1.jpg"]
    assert "hat-1.jpg is there, and not known" in " ".join(result.output.split())


@pytest.fixture
def data(tmp_path) -> Path:
    for number, name in enumerate(("dress/a.png", "hat/b.png")):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        Image.new("RGB", (24, 32), (number * 40, 30, 80)).save(path)
    return tmp_path / "data"


def test_a_data_set_is_not_stretched_over_files_of_somebody(told, data, out):
    (out / "hat").mkdir()
    (out / "hat" / "b-1.jpg").write_bytes(OWN)
    result = packshot("augment", data, "-n", 4, "-o", out)
    assert result.exit_code == 2
    assert "hat/b-1.jpg is there, and not known to be made by Packshot: it stays. Choose another -o" in result.output
    assert told.specs == []
    assert (out / "hat" / "b-1.jpg").read_bytes() == OWN
    assert "augment.json" not in names(out)


@pytest.mark.parametrize("name", [LEDGER_FILE, "augment.json"])
@pytest.mark.parametrize("text", ["mine", '{"mine": 1}\n', '{"picture": "a"}\nmine\n'])
def test_a_data_sets_own_files_are_not_written_over_those_of_somebody(told, data, out, name, text):
    (out / name).write_text(text)
    result = packshot("augment", data, "-n", 4, "-o", out)
    assert result.exit_code == 2
    assert "Choose another -o" in result.output
    assert (out / name).read_text() == text
    assert told.specs == []


def test_pictures_that_came_to_their_places_without_a_line_do_not_exist(told, data, out):
    made("augment", data, "-n", 4, "-o", out)
    before = {path: path.read_bytes() for path in out.rglob("*.jpg")}
    (out / "hat" / "b-1.jpg").unlink()
    Image.new("RGB", (24, 32), (1, 2, 3)).save(data / "dress" / "a.png")
    made("augment", data, "-n", 4, "-o", out)
    assert {path.name for path in out.rglob("*.jpg")} == {path.name for path in before}
    assert len((out / LEDGER_FILE).read_text().splitlines()) == 4


def test_of_two_pictures_with_the_same_bytes_each_has_to_be_there(tmp_path):
    same = {"format": "jpeg", "sha256": hashlib.sha256(b"the same").hexdigest()}
    manifest = {"outputs": [{"name": "ebay.jpg", **same}, {"name": "etsy.jpg", **same}, same]}
    for name in ("mug-ebay.jpg", "mug-etsy.jpg", "mug.jpg"):
        assert not stands_whole(tmp_path, Task(None, "mug"), manifest)
        (tmp_path / name).write_bytes(b"the same")
    assert stands_whole(tmp_path, Task(None, "mug"), manifest)
    assert not stands_whole(tmp_path, Task(None, "mug"), {"outputs": []})
