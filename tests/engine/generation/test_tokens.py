import pytest

from engine.generation.tokens import BREAK, Spellings, readable, tokens_of

SPELLINGS = Spellings({"gray": "grey"}, {ord("藍"): "蓝"})


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Red dress", ["red", "dress"]),
        ("sky-blue T_Shirt", ["sky", "blue", "t", "shirt"]),
        ("red, 红裙", ["red", BREAK, "红", "裙"]),
        ("#1F2a4d rgb(1, 2, 3)", ["#1f2a4d", "rgb(1,2,3)"]),
        ("women's w/o 1.5% 3d 3/4", ["women", "w/o", "1.5%", "3d", "3/4"]),
        ("black & white", ["black", "and", "white"]),
        ("👗🏽!", ["👗", BREAK]),
        ("Gray 藍", ["grey", "蓝"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_folded_words(text, keys):
    assert [token.key for token in tokens_of(text, SPELLINGS)] == keys


def test_tokens_know_their_place_in_the_text():
    text = "A navy-blue 藍 hat"
    assert [text[token.start : token.end] for token in tokens_of(text, SPELLINGS)] == ["A", "navy", "blue", "藍", "hat"]


def test_a_readable_text_has_one_form_and_a_limit():
    assert readable("Ｅ\u0301cru\u200b\x00 ﬁne", 100) == "Ecru fine"
    assert len(readable("ﷺ" * 500, 500)) == 500
    assert readable("\ud800red", 10) == "red"
