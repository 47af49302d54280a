import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.lexicon import load_lexicon
from engine.generation.tokens import readable
from engine.generation.words import MOST_CHARACTERS, Phrase, Understood, understand
from engine.quality.metrics import srgb_to_lab
from tests.engine.generation.phrases import (
    CHINESE,
    CLOTHES,
    ENGLISH,
    LATER_CHINESE,
    LATER_ENGLISH,
    SHOP,
    Reading,
)

ALL = (*ENGLISH, *CHINESE, *LATER_ENGLISH, *LATER_CHINESE)


@pytest.mark.parametrize("reading", ALL, ids=lambda reading: reading.text)
def test_a_phrase_is_read_as_a_person_reads_it(reading: Reading):
    got = understand(reading.text, reading.categories)
    attributes = got.attributes
    grows = next((phrase.value for phrase in got.understood if phrase.kind == "aspect"), None)
    assert attributes.category == reading.category
    assert tuple(color.name for color in attributes.colors) == reading.colors
    assert attributes.pattern == reading.pattern
    assert grows == reading.aspect
    assert (attributes.aspect is not None) == (reading.aspect is not None)
    assert sorted(_without_reasons(got)) == sorted(reading.unknown)


@pytest.mark.parametrize("reading", ALL, ids=lambda reading: reading.text)
def test_every_word_is_understood_or_small_or_reported(reading: Reading):
    assert _letters_told(understand(reading.text, reading.categories)) == _letters(reading.text)


_WORDS = re.findall(
    r"\S+",
    "red navy no not with on stripes dress hat light dark long , and white background sleeveless sleeves the zorb #abc "
    "w/o pattern none base short not-striped but any hate or / : 除了 以外 、 不 红色 条纹 的 裙 白 底 🔥",
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=12), st.sampled_from((CLOTHES, SHOP, ())))
def test_nothing_is_passed_over_in_silence_however_words_are_mixed(words, categories):
    text = " ".join(words)
    got = understand(text, categories)
    assert _letters_told(got) == _letters(text)
    assert got.attributes.category is None or got.attributes.category in categories


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=12), max_size=4))
def test_any_text_and_any_category_names_will_do(text, categories):
    got = understand(text, categories)
    assert got.attributes.category is None or got.attributes.category in categories


def test_what_was_understood_comes_with_its_words():
    got = understand("burgandy Striped dress", CLOTHES)
    assert got.understood == (
        Phrase("burgandy", "color", "burgundy", guessed=True),
        Phrase("Striped", "pattern", "striped"),
        Phrase("dress", "category", "dress"),
    )
    assert (got.unknown, got.small) == ((), ())


def test_an_unknown_category_is_told_with_those_that_are_known():
    assert understand("necklace", ("dress", "hat")).unknown == ("necklace: this generator knows dress, hat",)
    assert understand("necklace", ()).unknown == ("necklace: this generator knows no categories",)


def test_a_colour_code_keeps_its_very_value():
    (color,) = understand("#1f2a4d", CLOTHES).attributes.colors
    assert (color.name, color.srgb, color.share) == ("navy", (31, 42, 77), 1.0)
    assert understand("#ABC", CLOTHES).attributes.colors[0].srgb == (170, 187, 204)
    assert understand("rgb(31, 42, 77)", CLOTHES).attributes.colors[0].srgb == (31, 42, 77)


@pytest.mark.parametrize("code", ["#12345", "#ggg", "#1f2a4d80", "rgb(300, 0, 0)"])
def test_a_malformed_colour_code_is_told_with_what_it_should_be(code):
    got = understand(code, CLOTHES)
    assert got.attributes.colors == ()
    assert len(got.unknown) == 1
    assert got.unknown[0].startswith(f"{code}: a")


@pytest.mark.parametrize("name", ["red", "blue", "brown", "purple", "orange"])
def test_light_and_dark_move_a_colour_that_keeps_its_name_or_gets_its_own(name):
    lightness = [
        _lightness(understand(text, ()).attributes.colors[0].srgb) for text in (f"dark {name}", name, f"light {name}")
    ]
    assert lightness == sorted(lightness)
    assert len(set(lightness)) >= 2


def test_dusty_dulls_a_colour_and_bright_strengthens_it():
    chroma = [
        _chroma(understand(text, ()).attributes.colors[0].srgb) for text in ("dusty green", "green", "bright green")
    ]
    assert chroma == sorted(chroma)
    assert len(set(chroma)) == 3


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("white with navy stripes", [("white", 0.7), ("navy", 0.3)]),
        ("navy stripes on white", [("white", 0.7), ("navy", 0.3)]),
        ("navy stripes, white shirt", [("white", 0.7), ("navy", 0.3)]),
        ("红底白点", [("red", 0.7), ("white", 0.3)]),
        ("navy and white striped", [("navy", 0.5), ("white", 0.5)]),
        ("with white stripes", [("white", 0.3)]),
        ("white striped", [("white", 1.0)]),
        ("red red dress, red", [("red", 1.0)]),
    ],
)
def test_the_main_colour_is_what_the_other_stands_on(text, colors):
    got = understand(text, CLOTHES).attributes.colors
    assert [(color.name, pytest.approx(color.share)) for color in got] == colors


@pytest.mark.parametrize(
    ("text", "colors", "unknown"),
    [
        ("red green blue dress", ["red", "green"], ("blue: 2 colours were read before it",)),
        ("red blue green dress", ["red", "blue"], ("green: 2 colours were read before it",)),
        ("blue green dress", ["teal"], ()),
        ("white navy blue dress", ["white", "navy"], ()),
        ("black rose gold dress", ["black", "gold"], ()),
        ("white forest green dress", ["white", "forest"], ()),
    ],
)
def test_a_third_colour_is_told_and_makes_no_other_of_the_second(text, colors, unknown):
    got = understand(text, CLOTHES)
    assert ([color.name for color in got.attributes.colors], got.unknown) == (colors, unknown)


@pytest.mark.parametrize(
    "text", ["red hat on a white background", "red hat, plain white background", "白色背景，红色帽子", "白底红帽"]
)
def test_the_pictures_white_background_is_no_colour_of_the_product(text):
    got = understand(text, CLOTHES)
    assert [color.name for color in got.attributes.colors] == ["red"]
    assert got.attributes.pattern is None
    assert "background" in [phrase.kind for phrase in got.understood]


def test_another_background_cannot_be_had():
    assert understand("hat on a black background", CLOTHES).unknown == (
        "on a black background: every picture is on white",
    )


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("no stripes", "plain"), ("without any pattern", "plain"), ("w/o print", "plain"), ("non-striped", "plain"),
        ("neither striped nor dotted", "plain"), ("pattern: none", "plain"), ("stripe-less", "plain"),
        ("checked, no stripes", "checked"), ("not plain", None), ("格子不要", "plain"), ("图案：无", "plain"),
        ("striped pattern", "striped"), ("plaid print", "checked"), ("patterned", "printed"), ("any pattern", None),
    ],
)  # fmt: skip
def test_patterns_are_read_through_their_negations(text, pattern):
    assert understand(text, CLOTHES).attributes.pattern == pattern


@pytest.mark.parametrize("text", ["not red", "no red or blue", "without red buttons", "no hat", "不要红色"])
def test_what_is_ruled_out_is_never_chosen(text):
    got = understand(text, CLOTHES)
    assert got.attributes.colors == ()
    assert got.attributes.category is None
    assert len(got.unknown) == 1


@pytest.mark.parametrize(
    "text", ["not red but blue", "blue instead of red", "blue, no red", "不是红色而是蓝色", "蓝色，不要红色"]
)
def test_what_is_wanted_instead_is_chosen(text):
    assert [color.name for color in understand(text, CLOTHES).attributes.colors] == ["blue"]


def test_how_high_and_wide_a_picture_is_follows_the_thing():
    usual = load_lexicon().concepts
    assert understand("long dress", CLOTHES).attributes.aspect == pytest.approx(usual["dress"].aspect * 1.3, abs=0.01)
    assert understand("long sofa", SHOP).attributes.aspect == pytest.approx(usual["sofa"].aspect / 1.3, abs=0.01)
    assert understand("wide", CLOTHES).unknown == ("wide: of which product?",)
    assert understand("long hat", CLOTHES).unknown == ("long: it does not show in the outline of a hat",)
    assert understand("long cropped shirt", CLOTHES).unknown == ("cropped: taller than usual was read first",)


@pytest.mark.parametrize(
    ("text", "categories", "category"),
    [
        ("shirt, long sleeves", CLOTHES, "longsleeve"),
        ("shirt, long sleeves", ("shirt", "dress"), "shirt"),
        ("long sleeves", CLOTHES, "longsleeve"),
        ("top with short sleeves", CLOTHES, "t-shirt"),
        ("short-sleeved shirt", CLOTHES, "shirt"),
        ("dress with long sleeves", CLOTHES, "dress"),
        ("长袖衬衫", ("Long Sleeves", "shirt"), "Long Sleeves"),
    ],
)
def test_sleeves_make_a_longsleeve_of_a_shirt_where_there_is_one(text, categories, category):
    assert understand(text, categories).attributes.category == category


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("dress with long sleeves", "long"),
        ("sleeveless dress", "none"),
        ("short sleeved coat", "short"),
        ("长袖连衣裙", "long"),
    ],
)
def test_sleeves_that_can_be_adjusted_are_understood_where_a_product_has_some(text, length):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert [phrase.value for phrase in got.understood if phrase.kind == "sleeves"] == [length]
    assert got.unknown == ()
    assert "sleeves" not in {phrase.kind for phrase in understand(text, CLOTHES).understood}


def test_trousers_have_no_sleeves():
    got = understand("pants with long sleeves", CLOTHES, adjusts_sleeves=True)
    assert got.unknown == ("long sleeves: sleeves cannot be asked of pants",)


@pytest.mark.parametrize("words", ["v-neck", "high neck", "knee length", "rainbow", "multicolor", "及膝"])
def test_what_is_no_attribute_is_told_in_one_piece_and_taken_for_none(words):
    got = understand(f"dress, {words}", CLOTHES)
    assert got.unknown == (words,)
    assert [phrase.words for phrase in got.understood] == ["dress"]


def test_a_category_named_like_a_colour_is_one_only_where_no_other_is_named():
    greengrocer = ("orange", "lime", "bag")
    assert understand("orange", greengrocer).attributes.category == "orange"
    got = understand("orange bag", greengrocer).attributes
    assert (got.category, [color.name for color in got.colors]) == ("bag", ["orange"])


def test_a_long_text_is_read_to_its_limit_and_the_rest_is_told():
    got = understand("red " * 1000, CLOTHES)
    assert got.unknown == (f"… {4000 - MOST_CHARACTERS} more characters: the first {MOST_CHARACTERS} are read",)
    assert [color.name for color in got.attributes.colors] == ["red"]


def test_emptiness_asks_for_nothing():
    assert understand("", CLOTHES) == understand(" \n\t ", CLOTHES) == understand(", !", CLOTHES)
    assert understand("", CLOTHES).understood == understand("", CLOTHES).unknown == ()


def test_full_width_accented_and_invisible_characters_change_nothing():
    plain = understand("red dress ecru", CLOTHES).attributes
    assert understand("ｒｅｄ　ｄｒｅｓｓ écru", CLOTHES).attributes == plain
    assert understand("r\u200bed\x00 dress ecru", CLOTHES).attributes == plain


def _without_reasons(got: Understood) -> list[str]:
    return [entry.rsplit(": ", 1)[0] for entry in got.unknown]


def _letters_told(got: Understood) -> Counter[str]:
    words = [phrase.words for phrase in got.understood] + _without_reasons(got) + list(got.small)
    return _letters(" ".join(words))


def _letters(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]|🔥", readable(text, MOST_CHARACTERS)))


def _lightness(srgb: tuple[int, int, int]) -> float:
    return float(srgb_to_lab(np.array(srgb, np.uint8))[0])


def _chroma(srgb: tuple[int, int, int]) -> float:
    return float(np.hypot(*srgb_to_lab(np.array(srgb, np.uint8))[1:]))
