import pytest

from engine.generation.attributes import Attributes, Color


def test_attributes_know_nothing_until_told():
    assert Attributes() == Attributes(category=None, colors=(), pattern=None, aspect=None)


def test_another_pattern_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="plain, striped, checked, printed, got 'paisley'"):
        Attributes(pattern="paisley")


@pytest.mark.parametrize("aspect", [0.0, -1.0, float("nan")])
def test_an_aspect_must_be_positive(aspect):
    with pytest.raises(ValueError, match="positive, got"):
        Attributes(aspect=aspect)


def test_shares_that_sum_to_more_than_the_whole_product_are_refused():
    half, most = Color("red", (200, 34, 42), 0.5), Color("navy", (31, 41, 77), 0.6)
    with pytest.raises(ValueError, match=r"at most 1, got 1\.1000"):
        Attributes(colors=(most, half))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_a_part_of_the_product(share):
    with pytest.raises(ValueError, match=r"share of 'red' must be of 0\.\.1"):
        Color("red", (200, 34, 42), share)


def test_a_colour_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.255"):
        Color("red", (300, 34, 42), 1.0)
