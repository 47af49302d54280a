"""New pictures from a real server, whose generator is tiny and was never trained: the whole way, and its mistakes."""

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from engine.cards import load_cards
from engine.generation.facts import FACTS_FILE, load_facts
from packshot import Client
from tests.engine.conftest import WEIGHTS

from .test_cli import packshot

of_the_committed_generator = pytest.mark.skipif(
    "generator" not in load_cards(WEIGHTS), reason="no generator is committed yet: engine/weights/generator-1"
)


@pytest.fixture
def told(making_up, monkeypatch):
    monkeypatch.setenv("PACKSHOT_URL", making_up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", making_up.key)
    return making_up


@pytest.fixture
def maker(making_up):
    with Client(making_up.url, making_up.key) as client:
        yield client


@pytest.fixture
def photos(sample, tmp_path) -> dict[str, Path]:
    """Small copies of some samples, by name."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("mug", "bottle"):
        with Image.open(sample.with_name(f"{name}.jpg")) as photo:
            photo.thumbnail((256, 256))
            photo.save(folder / f"{name}.jpg")
    return {path.stem: path for path in folder.iterdir()}


def test_a_wish_becomes_pictures_and_the_same_seed_the_same_ones(maker, photos, tmp_path):
    def made(stem):
        wish = maker.generate("nvay dress with pockets", count=3, size_px=128, like=[photos["mug"]], seed=42)
        return wish.wait(timeout_s=100), wish.download_all(tmp_path, stem)

    (job, first), (_, second) = made("first"), made("second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [(output.width, output.height) for output in job.outputs] == [(128, 128)] * 3
    told = job.generation
    assert told.seed == 42
    assert any(piece.means == "color navy" and piece.guessed for piece in told.understood)
    assert any("pockets" in text for text in told.unknown)
    assert len(told.pictures) == 3
    assert told.candidates >= 6
    assert "realism" in told.pictures[0].scores
    assert told.pictures[0].asked["category"] == "dress"


@pytest.mark.usefixtures("told")
def test_the_command_writes_what_it_says(photos, tmp_path):
    result = packshot(
        "generate", "navy dress with pockets", "-n", 2, "--size", 128, "--seed", 1, "--like", photos["mug"],
        "--op", "resize:width=100", "-o", tmp_path, "--sheet",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "navy-dress-with-pockets-1.jpg") as picture:
        assert picture.size == (100, 100)
    assert "color navy" in result.output
    assert "not followed" in result.output
    assert "was not followed" not in result.output
    assert "no better one" not in result.output
    assert (tmp_path / "sheet.jpg").exists()


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--category", "spaceship"], "spaceship"),
        (["--color", "spaceship"], "spaceship"),
        (["--adjust", "age=1"], "age"),
    ],
)
def test_what_the_generator_does_not_know_is_wrong_usage(tmp_path, wrong, said):
    result = packshot("generate", "dress", *wrong, "-o", tmp_path)
    assert result.exit_code == 2, result.output
    assert said in result.output


def test_a_photo_is_varied_and_goes_towards_another(maker, photos):
    around = maker.variations(photos["mug"], count=2, size_px=128, strength=0.2).wait(timeout_s=100)
    assert 0 <= around.generation.anomaly.quantile <= 1
    way = maker.variations(photos["mug"], towards=photos["bottle"], count=3, size_px=128).wait(timeout_s=100)
    assert [picture.number for picture in way.generation.pictures] == [0, 1, 2]
    assert way.generation.way
    assert not around.generation.way


@pytest.mark.usefixtures("told")
def test_a_data_set_is_stretched(photos, tmp_path):
    data = tmp_path / "data"
    for name, photo in photos.items():
        (data / name).mkdir(parents=True)
        shutil.copy(photo, data / name)
    result = packshot("augment", data, "-n", 3, "--size", 128, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "out" / "pictures.jsonl").read_text().splitlines()
    assert [json.loads(line)["picture"] for line in lines] == ["bottle/bottle-0.jpg", "mug/mug-0.jpg", "mug/mug-1.jpg"]
    assert all((tmp_path / "out" / json.loads(line)["picture"]).is_file() for line in lines)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("wrong", "said"), [(["--color", "spaceship"], "spaceship"), (["--adjust", "age=1"], "age")])
def test_a_data_set_is_not_stretched_by_what_the_generator_does_not_know(photos, tmp_path, wrong, said):
    result = packshot("augment", photos["mug"].parent, "-n", 8, *wrong, "--in-flight", 1, "-o", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert result.output.count(f"received '{said}'") == 1


@pytest.mark.usefixtures("told")
def test_what_the_generator_knows_is_listed(maker):
    generator = maker.models()["models"]["generator"]
    said = " ".join(packshot("operations", "generate").output.split())
    assert f": {', '.join(generator['categories'])} " in said
    assert f"as JSON: {', '.join(generator['adjust'])}" in said
    assert "upscale" not in said


@of_the_committed_generator
@pytest.mark.parametrize("command", ["generate", "variations", "augment"])
def test_help_shows_a_direction_that_the_committed_generator_has(command):
    facts = load_facts(load_cards(WEIGHTS)["generator"].folder / FACTS_FILE)
    (shown,) = re.findall(r"(\w+)=1", packshot(command, "--help").output)
    assert shown in facts.directions.found


@of_the_committed_generator
def test_the_committed_generator_follows_what_its_page_asks_for(up, monkeypatch, tmp_path):
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    result = packshot("generate", "navy striped dress", "-n", 2, "--size", 128, "--seed", 42, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert "not followed" not in result.output
    assert packshot("generate", "--category", "shoes", "--size", 128, "-o", tmp_path).exit_code == 0
