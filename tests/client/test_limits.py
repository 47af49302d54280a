"""What the generator's card says that it cannot do is told with its pictures, and nothing where no card says so."""

import json

import pytest
from PIL import Image

from .test_cli import packshot

LIMITS = "It knows [odd] rings alone.\nNever an offer."
LINE = "This generator: It knows [odd] rings alone. Never an offer."


@pytest.fixture
def told(told):
    told.models = {"generator": {"version": "2", "limits": LIMITS, "categories": ["ring"]}}
    return told


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


@pytest.mark.parametrize("command", ["generate hat -n 70", "variations {photo}", "run {photo} --op variations"])
def test_the_card_of_the_generator_has_the_last_word(told, photo, tmp_path, command):
    words = command.format(photo=photo).split()
    result = packshot(*words, "-o", tmp_path / "out", "--sheet")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == LINE
    assert result.output.count("This generator") == 1
    assert told.asked_models == 1
    result = packshot(*words, "-o", tmp_path / "out", "--json")
    assert all(json.loads(line) for line in result.stdout.splitlines())
    assert result.stderr.splitlines()[-1] == LINE


@pytest.mark.parametrize(
    "models", [None, {}, {"generator": {}}, {"generator": {"limits": None}}, {"generator": {"limits": 3}}]
)
def test_a_server_that_does_not_tell_is_not_spoken_for(told, tmp_path, models):
    told.models = models
    result = packshot("generate", "hat", "-o", tmp_path)
    assert result.exit_code == 0
    assert "enerator" not in result.output


def test_no_generator_is_asked_about_where_none_made_anything(told, photo, tmp_path):
    assert packshot("run", photo, "--op", "restore", "-o", tmp_path / "out").exit_code == 0
    assert told.asked_models == 0


@pytest.mark.usefixtures("told")
def test_the_list_of_operations_ends_with_it_where_it_has_one_that_generates():
    assert packshot("operations").output.splitlines()[-1] == LINE
    assert "This generator" not in packshot("operations", "restore").output
