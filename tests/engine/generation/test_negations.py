import pytest

from engine.generation.words import Understood, understand
from tests.engine.generation.phrases import CLOTHES

WHY = ": what is wanted can be asked for, not what is not"


@pytest.mark.parametrize(
    ("text", "category", "colors", "ruled_out"),
    [
        ("dress, not too short", "dress", [], ["not too short"]),
        ("not so dark red shirt", "shirt", [], ["not so dark red"]),
        ("a not so short red dress", "dress", ["red"], ["not so short"]),
        ("不太长的红色裙子", "skirt", ["red"], ["不太长"]),
        ("blue not too bright hat", "hat", ["blue"], ["not too bright"]),
        ("anything but black shirt", "shirt", [], ["anything but black"]),
        ("any shirt but a black one", "shirt", [], ["but a black"]),
        ("dress, I hate black", "dress", [], ["hate black"]),
        ("any color but black dress", "dress", [], ["but black"]),
        ("light blue dress, no black because her mother hates black", "dress", ["sky"], ["no black", "hates black"]),
        ("black not white pants", "pants", ["black"], ["not white"]),
        ("please no black dress", "dress", [], ["no black"]),
        ("white not black sneakers", "shoes", ["white"], ["not black"]),
        ("I do not want a red hat", "hat", [], ["do not want a red"]),
        ("never wear red, blue hat", "hat", ["blue"], ["never wear red"]),
        ("red instead of blue dress", "dress", ["red"], ["instead of blue"]),
        ("avoid: black, white dress", "dress", ["white"], ["avoid: black"]),
        ("shirt without long sleeves", "shirt", [], ["without long sleeves"]),
        ("不要黑色的连衣裙", "dress", [], ["不要黑色"]),
        ("白色不是黑色的鞋", "shoes", ["white"], ["不是黑色"]),
        ("别太短的裙子", "skirt", [], ["别太短"]),
        ("不太深的红色衬衫", "shirt", [], ["不太深的红色"]),
        ("我不喜欢黑色，白色裙子", "skirt", ["white"], ["不喜欢黑色"]),
        ("除了黑色都可以，衬衫", "shirt", [], ["除了黑色"]),
        ("除了红色和黑色以外的衬衫", "shirt", [], ["除了红色和黑色以外"]),
    ],
)
def test_what_is_said_not_to_be_wanted_is_told_and_the_product_stays(text, category, colors, ruled_out):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert (got.attributes.category, _colors(got)) == (category, colors)
    assert _ruled_out(got) == ruled_out
    assert not {"aspect", "sleeves", "pattern"} & {phrase.kind for phrase in got.understood}


@pytest.mark.parametrize(
    ("text", "ruled_out"),
    [
        ("no black or white dress", ["no black or white"]),
        ("no black, white or red dress", ["no black, white or red"]),
        ("dress, neither red, blue nor green", ["neither red, blue nor green"]),
        ("no black/white dress", ["no black/white"]),
        ("no short or striped dress", ["no short or striped"]),
        ("dress with no pockets or long sleeves", ["no pockets or long sleeves"]),
        ("不要红色、黑色的连衣裙", ["不要红色、黑色"]),
    ],
)
def test_a_negation_holds_for_a_whole_list(text, ruled_out):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert [(phrase.kind, phrase.value) for phrase in got.understood] == [("category", "dress")]
    assert _ruled_out(got) == ruled_out


def test_a_list_of_a_pattern_and_a_colour_makes_it_plain_and_not_of_that_colour():
    got = understand("no stripes or red dress", CLOTHES)
    assert (got.attributes.pattern, _colors(got)) == ("plain", [])
    got = understand("no stripes, dots or flowers, blue dress", CLOTHES)
    assert (got.attributes.pattern, _colors(got)) == ("plain", ["blue"])


@pytest.mark.parametrize(
    ("text", "category", "ruled_out"),
    [
        ("no shoes", None, "no shoes"),
        ("no hat or shoes, red dress", "dress", "no hat or shoes"),
        ("no black shoes, red dress", "dress", "no black shoes"),
        ("not a red dress but a blue skirt", "skirt", "not a red dress"),
        ("我不要红色的裙子，我要蓝色的裤子", "pants", "不要红色的裙子"),
    ],
)
def test_a_thing_is_not_wanted_where_it_stands_alone_or_another_is(text, category, ruled_out):
    got = understand(text, CLOTHES)
    assert got.attributes.category == category
    assert _ruled_out(got) == [ruled_out]


@pytest.mark.parametrize("text", ["红色不要，白色裙子", "红色或蓝色都不要，白色裙子", "白色裙子，红色以外"])
def test_a_negation_may_stand_behind_what_it_rules_out(text):
    got = understand(text, CLOTHES)
    assert (got.attributes.category, _colors(got)) == ("skirt", ["white"])
    assert len(_ruled_out(got)) == 1


@pytest.mark.parametrize("text", ["nothing but black, dress", "why not a black dress", "any dress but I want it black"])
def test_what_only_looks_like_a_negation_is_none(text):
    assert _colors(understand(text, CLOTHES)) == ["black"]


@pytest.mark.parametrize("text", ["dress without sleeves", "dress, no sleeve", "没有袖子的连衣裙", "不要袖子的连衣裙"])
def test_no_sleeves_are_a_length_of_sleeves(text):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert [phrase.value for phrase in got.understood if phrase.kind == "sleeves"] == ["none"]
    assert got.unknown == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("striped dress, no stripes", "no stripes: striped is asked for too"),
        ("no pattern, checked dress", "no pattern: checked is asked for too"),
        ("条纹裙子，不要条纹", "不要条纹: 条纹 is asked for too"),
    ],
)
def test_a_pattern_that_is_asked_for_and_ruled_out_is_told(text, told):
    got = understand(text, CLOTHES)
    assert got.attributes.pattern in ("striped", "checked")
    assert got.unknown == (told,)


def test_ruling_out_one_pattern_agrees_with_asking_for_another():
    got = understand("checked shirt without stripes", CLOTHES)
    assert [phrase.value for phrase in got.understood if phrase.kind == "pattern"] == ["checked", "checked"]
    assert understand("plain dress, no pattern", CLOTHES).unknown == ()


@pytest.mark.parametrize("text", ["haat, red", "red hatt", "noting red"])
def test_a_misspelt_word_is_no_hate(text):
    assert _colors(understand(text, CLOTHES)) == ["red"]


def _colors(got: Understood) -> list[str]:
    return [color.name for color in got.attributes.colors]


def _ruled_out(got: Understood) -> list[str]:
    return [entry.removesuffix(WHY) for entry in got.unknown if entry.endswith(WHY)]
