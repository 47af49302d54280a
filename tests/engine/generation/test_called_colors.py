"""Colours by what they are called, one at a time."""

import pytest

from engine.generation.called_colors import UnknownColorError, color_called


@pytest.mark.parametrize("name", ["navy", "Navy Blue", "藏青色"])
def test_a_name_is_known_in_english_and_chinese(name):
    assert color_called(name).name == "navy"


@pytest.mark.parametrize("code", ["#fa0", "#FFAA00"])
def test_a_code_is_its_value(code):
    assert color_called(code).srgb == (255, 170, 0)


def test_an_unknown_name_is_told_from_those_that_are_near():
    with pytest.raises(UnknownColorError, match=r"'oliwe'.*olive") as caught:
        color_called("oliwe")
    assert "olive" in caught.value.nearest


def test_where_none_is_near_all_are_told():
    with pytest.raises(UnknownColorError, match=r"white, ivory.*purple") as caught:
        color_called("xqzw")
    assert caught.value.nearest == ()
