import re

import pytest

from engine.generation.spelling import Speller, edits
from engine.generation.words import understand
from tests.engine.generation.phrases import CLOTHES


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("", "", 0),
        ("red", "red", 0),
        ("stiped", "striped", 1),
        ("whtie", "white", 1),
        ("skrit", "shirt", 2),
        ("", "red", 3),
    ],
)
def test_a_swap_of_neighbours_is_one_edit(first, second, count):
    assert edits(first, second) == edits(second, first) == count


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("burgandy", "burgundy"), ("stiped", "striped"), ("navi", "navy"), ("blu", "blue"), ("turqoise", "turquoise"),
        ("yelow", "yellow"), ("dres", "dress"), ("cheked", "checked"), ("khakki", "khaki"), ("purpel", "purple"),
        ("gren", "green"), ("wite", "white"), ("orenge", "orange"), ("leoprd", "leopard"), ("trowsers", "trousers"),
        ("lavendar", "lavender"), ("blak", "black"), ("whtie", "white"), ("jaket", "jacket"), ("biege", "beige"),
        ("silvr", "silver"), ("mustrad", "mustard"), ("camoflage", "camouflage"), ("witout", "without"),
        ("nvy", "navy"), ("lng slevs", "long sleeves"), ("rde hta", "red hat"), ("tna", "tan"),
    ],
)  # fmt: skip
def test_slips_are_mended(word, meant):
    asked, mended = understand(meant, CLOTHES), understand(word, CLOTHES)
    assert mended.attributes == asked.attributes
    assert [phrase.guessed for phrase in mended.understood] == [True] * len(asked.understood)


ORDINARY = (
    "read bread head back bland while what hate that had stock paid close certain stage pain sold suite came brush "
    "brand grown reed plane shore shout boast crown frown blew grew press trust bloom bank bean than ship shift skill "
    "sheet short shot shop post pint coast cost cast cause best bolt boat great pile mile time lame lane line bike "
    "pin tin ten led rod rid sport strike state stale self band blueprint bless polls fry why shy cry gym mrs hmm brr "
    "strap straps strapless strapped strappy skort skorts "
    "spa pro two who she fly bar ram era opt cpu cpa pto eat ate dna flu ski nba nfl usa gnu rna spy sly hue htc"
)


@pytest.mark.parametrize("word", re.findall(r"\w+", ORDINARY))
def test_ordinary_words_are_not_taken_for_slips(word):
    got = understand(word, CLOTHES)
    assert got.understood == ()
    assert len(got.unknown) + len(got.small) == 1


def test_a_word_that_may_be_several_is_left_alone():
    speller = Speller({"short": 1, "shirt": 2, "shirts": 2}, ())
    assert speller.correct("shrt") is None
    assert speller.correct("shirtz") in ("shirt", "shirts")


def test_the_sense_decides_not_the_spelling():
    assert Speller({"shirt": 2, "shirts": 2}, ()).correct("shirtz") is not None
    assert Speller({"shirt": 1, "shirts": 2}, ()).correct("shirtz") is None


def test_shirt_and_short_are_never_confused():
    assert understand("shirt", CLOTHES).attributes.category == "shirt"
    assert understand("shorts", CLOTHES).attributes.category == "shorts"
    assert understand("short", CLOTHES).attributes.category is None
    assert understand("a short shirt", CLOTHES).attributes.category == "shirt"


@pytest.mark.parametrize("text", ["lightblue", "navyblue", "offwhite", "reddress", "tshirt", "blackwhite"])
def test_words_written_together_are_parted(text):
    got = understand(text, CLOTHES)
    assert got.unknown == ()
    assert got.understood


def test_a_misspelt_name_of_the_callers_own_category_is_mended():
    assert understand("zorbblax", ("zorblax",)).attributes.category == "zorblax"
