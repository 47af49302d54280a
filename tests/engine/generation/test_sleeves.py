import pytest

from engine.generation.words import Understood, understand
from tests.engine.generation.phrases import CLOTHES


@pytest.mark.parametrize(
    ("text", "category", "length"),
    [
        ("cap sleeve dress", "dress", "short"),
        ("cap-sleeved dress", "dress", "short"),
        ("longsleeve dress", "dress", "long"),
        ("dress, longsleeve", "dress", "long"),
        ("short sleeved white shirt", "shirt", "short"),
        ("白色短袖衬衫", "shirt", "short"),
        ("短袖白衬衫", "shirt", "short"),
        ("短袖连衣裙", "dress", "short"),
    ],
)
def test_a_word_for_sleeves_beside_a_thing_tells_their_length(text, category, length):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert got.attributes.category == category
    assert _sleeves(got) == [length]
    assert got.unknown == ()


@pytest.mark.parametrize(
    ("text", "category"),
    [("longsleeve", "longsleeve"), ("navy longsleeve", "longsleeve"), ("短袖", "t-shirt"), ("短袖T恤", "t-shirt")],
)
def test_a_word_for_sleeves_by_itself_is_the_top_that_has_them(text, category):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    assert (got.attributes.category, _sleeves(got), got.unknown) == (category, [], ())


def test_a_word_for_sleeves_is_no_other_category_than_the_one_that_is_asked_for():
    got = understand("longsleeve", CLOTHES, adjusts_sleeves=True, category="dress")
    assert (got.attributes.category, _sleeves(got)) == ("dress", ["long"])


@pytest.mark.parametrize("words", ["half sleeve", "3/4 sleeves", "¾ sleeve", "three quarter sleeved", "七分袖", "中袖"])
def test_sleeves_between_short_and_long_are_not_to_be_had(words):
    got = understand(f"dress {words}", CLOTHES, adjusts_sleeves=True)
    (told,) = got.unknown
    assert told.endswith(": sleeves are long, short or none here")
    assert [phrase.words for phrase in got.understood] == ["dress"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shirt with long sleeves", ["shirt", "long sleeves"]),
        ("深蓝色条纹长袖衬衫", ["长袖", "衬衫"]),
        ("longsleeve shirt", ["longsleeve", "shirt"]),
        ("t-shirt with long sleeves", ["t-shirt", "long sleeves"]),
    ],
)
def test_one_category_is_told_where_sleeves_make_another_of_a_thing(text, words):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    told = [(phrase.words, phrase.value) for phrase in got.understood if phrase.kind == "category"]
    assert told == [(each, "longsleeve") for each in words]
    assert got.unknown == ()


@pytest.mark.parametrize(
    ("text", "first", "refused"),
    [
        ("striped dress without sleeves with long sleeves", "none", "long sleeves"),
        ("long sleeve sleeveless dress", "long", "sleeveless"),
        ("dress, 短袖, 长袖", "short", "长袖"),
        ("longsleeve, short sleeves", "long", "short sleeves"),
        ("shirt with long sleeves, sleeveless", "long", "sleeveless"),
    ],
)
def test_the_first_of_two_lengths_of_sleeves_holds(text, first, refused):
    got = understand(text, CLOTHES, adjusts_sleeves=True)
    named = "no sleeves" if first == "none" else f"{first} ones"
    assert got.unknown == (f"{refused}: sleeves have one length, and {named} were named first",)
    assert _sleeves(got) in ([first], [])


def test_sleeves_that_cannot_be_had_rule_out_no_others():
    got = understand("dress with half sleeves, or long sleeves", CLOTHES, adjusts_sleeves=True)
    assert _sleeves(got) == ["long"]


def _sleeves(got: Understood) -> list[str]:
    return [phrase.value for phrase in got.understood if phrase.kind == "sleeves"]
