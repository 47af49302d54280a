import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pixels.cropping import product_box
from engine.pixels.geometry import Box
from engine.pixels.placing import Bounds


def test_the_margin_is_a_share_of_the_longer_side():
    found = product_box((400, 300), Bounds(100, 50, 200, 250), 0.1, None)
    assert found.box == Box(80, 30, 140, 240)
    assert found.margin_px == 20


def test_the_margin_ends_with_the_picture():
    found = product_box((400, 300), Bounds(100, 5, 200, 250), 0.1, None)
    assert found.box == Box(75, 0, 150, 275)
    assert found.margin_px == 5


def test_a_box_grows_to_the_aspect_about_the_product():
    found = product_box((400, 300), Bounds(150, 50, 250, 250), 0.05, (1, 1))
    assert found.box == Box(90, 40, 220, 220)
    assert found.has_aspect


def test_a_box_that_would_leave_the_picture_moves_off_the_product_s_middle():
    found = product_box((400, 300), Bounds(10, 50, 110, 250), 0.05, (1, 1))
    assert found.box == Box(0, 40, 220, 220)
    assert found.has_aspect


def test_a_margin_that_has_no_room_is_given_up_before_the_aspect():
    found = product_box((200, 300), Bounds(5, 50, 195, 240), 0.2, (1, 1))
    assert found.box == Box(0, 45, 200, 200)
    assert found.has_aspect
    assert found.margin_px == 5


def test_an_aspect_that_has_no_room_is_given_up_before_the_product():
    found = product_box((200, 300), Bounds(5, 10, 195, 290), 0.01, (1, 1))
    assert not found.has_aspect
    assert found.box.x == 0
    assert found.box.width == 200
    assert found.box.y <= 10
    assert found.box.y + found.box.height >= 290


def test_a_side_where_the_product_is_cut_off_has_no_margin_to_speak_of():
    found = product_box((200, 300), Bounds(50, 100, 150, 300, cut=("bottom",)), 0.1, None)
    assert found.box == Box(30, 80, 140, 220)
    assert found.margin_px == 20


@given(
    st.tuples(st.integers(1, 500), st.integers(1, 500)),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.floats(0, 1),
    st.one_of(st.none(), st.tuples(st.integers(1, 20), st.integers(1, 20))),
)
def test_a_box_lies_in_the_picture_and_holds_the_product(size, places, margin, aspect):
    (left, right), (top, bottom) = (
        sorted((a * length, b * length)) for length, a, b in zip(size, places[:2], places[2:], strict=True)
    )
    product = Bounds(left, top, max(right, min(size[0], left + 0.01)), max(bottom, min(size[1], top + 0.01)))
    found = product_box(size, product, margin, aspect)
    box = found.box
    assert min(box.x, box.y) >= 0
    assert min(box.width, box.height) >= 1
    assert box.x + box.width <= size[0]
    assert box.y + box.height <= size[1]
    assert box.x <= math.floor(product.left) + 1
    assert box.x + box.width >= math.ceil(product.right) - 1
    assert box.y <= math.floor(product.top) + 1
    assert box.y + box.height >= math.ceil(product.bottom) - 1
    if aspect and found.has_aspect and min(box.width, box.height) > 20:
        assert box.width / box.height == pytest.approx(aspect[0] / aspect[1], rel=0.08)
