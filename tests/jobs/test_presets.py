"""Channels' presets: the built-in ones, an operator's own, and every kind of mistake in a file."""

import re
from pathlib import Path

import pytest

from jobs.presets import PresetRefused, check_renditions, read_presets
from jobs.problems import ProblemError
from jobs.spec import validate_spec

PHOTO = {"upload": "sha256:" + "0" * 64}
GOOD = """
title = "Our own shop"
[source]
url = "https://shop.example/pictures"
looked_at = 2026-11-22
seen = "ours"
[rules]
formats = ["jpeg", "png"]
ground = "white"
fill = { least = 0.7, most = 0.9 }
[made]
frame = { width = 800, height = 1000 }
fill = 0.8
"""


def own(folder, text=GOOD, name="our-shop"):
    (folder / f"{name}.toml").write_text(text)
    return read_presets(folder)


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_the_built_in_channels_are_there_and_tell_their_sources():
    presets = read_presets()
    names = "amazon-main ebay etsy google-shopping instagram-portrait instagram-square shopify-square web-responsive"
    assert list(presets) == names.split()
    for preset in presets.values():
        assert preset.source.seen == "own page" or preset.source.unverified or preset.source.seen == "ours"


def test_an_operator_adds_channels_and_replaces_ours(tmp_path):
    own(tmp_path)
    presets = own(tmp_path, name="etsy")
    assert presets["our-shop"].made.frame.height == 1000
    assert presets["etsy"].title == "Our own shop"
    assert presets["ebay"] == read_presets()["ebay"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (changed("fill = 0.8", "fill = 0.95"), r"made.fill is 0.95, which rules.fill does not allow"),
        (changed('"jpeg", "png"', '"png"'), r"made in jpeg, which rules.formats does not allow"),
        (changed('"jpeg", "png"', '"jpg"'), r"rules.formats.0: Input should be 'jpeg'.*got 'jpg'"),
        (changed("least = 0.7", "least = 0.95"), r"rules.fill: least is 0.95, which is more than most, 0.9"),
        (changed('ground = "white"', 'grund = "white"'), r"rules.grund: there is no such field"),
        (changed("width = 800", "width = 0"), r"made.frame.width: Input should be greater than or equal to 1; got 0"),
        (changed("width = 800", 'width = "800"'), r"made.frame.width: Input should be a valid integer; got '800'"),
        (changed('title = "Our own shop"', ""), r"title: Field required"),
        (changed("frame = { width = 800, height = 1000 }", ""), r"made: needs either frame or widths"),
        (changed('ground = "white"', 'ground = "transparent"'), r"made.ground is 'white', and rules.ground 'trans"),
        (changed("fill = {", "longest_px = { most = 900 }\nfill = {"), r"rules.longest_px does not allow"),
        (changed("height = 1000", "height = 1000, shrinks_to = 2000"), r"smaller than frame.shrinks_to, 2000"),
        (changed("fill = 0.8", "quality = { least = 90, most = 80 }"), r"made.quality: least is 90, which is more"),
        (changed("fill = 0.8", 'shadow = "drop"').replace("[made]", "shadow = false\n[made]"), r"rules.shadow false"),
        (changed("https:", "ftp:"), r"source.url: String should match"),
        (changed("[rules]", "[rules"), r"Expected '\]'"),
    ],
)
def test_a_broken_file_is_named_with_the_field_and_the_mistake(tmp_path, text, told):
    with pytest.raises(PresetRefused, match=rf"our-shop\.toml: .*{told}") as caught:
        own(tmp_path, text)
    assert str(tmp_path) in str(caught.value)


def test_a_file_with_several_mistakes_tells_them_all(tmp_path):
    with pytest.raises(PresetRefused) as caught:
        own(tmp_path, GOOD.replace("800", "0").replace("1000", "-3"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_whose_name_is_no_channels_name_is_refused(tmp_path):
    with pytest.raises(PresetRefused, match="'Our Shop' is no channel's name; allowed: small letters"):
        own(tmp_path, name="Our Shop")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PresetRefused, match=re.escape("PACKSHOT_PRESETS_DIR=") + ".*no such folder"):
        read_presets(tmp_path / "missing")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "our-shop.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PresetRefused, match=r"our-shop\.toml: .*utf-8"):
        read_presets(tmp_path)


def test_a_rendition_that_is_no_channel_is_pointed_at():
    spec = validate_spec({"input": PHOTO, "renditions": ["etsy", "amzon"]})
    with pytest.raises(ProblemError, match="there are amazon-main, ebay") as caught:
        check_renditions(spec, read_presets())
    assert [item["pointer"] for item in caught.value.problem.extra["errors"]] == ["/renditions/1"]
    check_renditions(validate_spec({"input": PHOTO, "renditions": ["etsy"]}), read_presets())


def test_two_channels_whose_files_could_have_one_name_are_refused_together():
    presets = {"etsy": read_presets()["etsy"], "etsy-2": read_presets()["etsy"]}
    with pytest.raises(ProblemError, match="could have one name"):
        check_renditions(validate_spec({"input": PHOTO, "renditions": ["etsy", "etsy-2"]}), presets)
    check_renditions(validate_spec({"input": PHOTO, "renditions": ["etsy-2"]}), presets)


def test_the_example_in_the_documentation_is_a_channel(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert own(tmp_path, example[1])["our-shop"].made.format == "webp"
    assert all(f"`{name}`" in text for name in read_presets())


@pytest.mark.parametrize(
    ("width", "files"),
    [(200, [200]), (320, [320]), (340, [320]), (400, [320, 400]), (800, [320, 640, 800]), (1000, [320, 640, 960])],
)
def test_a_picture_s_own_width_is_made_where_it_is_worth_a_file(width, files):
    assert read_presets()["web-responsive"].made.widths.of(width) == files


def test_a_wide_picture_has_the_preset_s_widths_alone():
    assert read_presets()["web-responsive"].made.widths.of(6000) == [320, 640, 960, 1280, 1920]
