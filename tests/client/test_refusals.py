"""What would end every job of a run alike ends the run; what ends one alone is told of that one."""

import pytest
from PIL import Image

from .test_cli import packshot

REFUSED = {"type": "/problems/invalid-parameter", "title": "A parameter is not valid"}
OF_ALL = "/operations/0/adjust: this generator can adjust tallness; received 'nonsense'"
OF_ONE = "the crop of 99 × 99 at (0, 0) leaves the picture, which is 24 × 32 pixels at this point"


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(12):
        Image.new("RGB", (24, 32), (number * 20, 30, 80)).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("command", [["augment", "-n", 24], ["variations"], ["run", "--op", "variations"]])
def test_what_the_worker_refuses_of_all_photos_is_wrong_usage_told_once(told, photos, tmp_path, command):
    _, _, message = OF_ALL.partition(": ")
    told.fail_with = {**REFUSED, "detail": OF_ALL, "errors": [{"pointer": "/operations/0/adjust", "detail": message}]}
    result = packshot(*command, photos, "--in-flight", 1, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.output.count("received 'nonsense'") == 1
    assert len(told.specs) <= 6  # the next are under way when the first ends


def test_what_does_not_suit_one_photo_is_tried_on_the_others(told, photos, tmp_path):
    told.fail_with = {**REFUSED, "detail": OF_ONE, "width": 24, "height": 32}
    result = packshot("run", photos, "--op", "crop:x=0,y=0,width=99,height=99", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert len(told.specs) == 12


def test_a_data_set_that_was_begun_was_no_wrong_usage(told, photos, tmp_path):
    command = ("augment", photos, "-n", 24, "-o", tmp_path / "out")
    assert packshot(*command).exit_code == 0
    (tmp_path / "out" / "0-0.jpg").unlink()
    told.fail_with = {**REFUSED, "detail": OF_ONE}
    assert packshot(*command).exit_code == 1
