"""Which part of a photo a frame shows that keeps the photo's own ground."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pixels.placing import Bounds
from jobs.presets import Frame, read_presets
from worker.channel_frames import shrunk
from worker.windows import fitted, window

PRESETS = read_presets()
FRAMED = sorted(name for name, preset in PRESETS.items() if preset.made.frame is not None)
SIDES = st.one_of(st.integers(1, 40), st.integers(1, 20_000))


def size_of(box):
    return box.width, box.height


def test_without_a_product_it_is_the_middle():
    assert window((400, 600), None, 1.0, 0.8) == Bounds(0, 100, 400, 500)
    assert window((400, 600), None, 0.5, 0.8) == Bounds(50, 0, 350, 600)


def test_it_is_the_largest_that_has_the_product_in_its_middle():
    box = window((600, 800), Bounds(250, 300, 350, 400), 1.0, 0.8)
    assert box == Bounds(0, 50, 600, 650)
    box = window((600, 800), Bounds(150, 300, 250, 400), 1.0, 0.8)
    assert (box.left, box.right) == (0, 400)


def test_a_product_near_the_border_is_not_made_to_fill_more_than_it_should():
    box = window((600, 800), Bounds(10, 10, 210, 210), 1.0, 0.8)
    assert size_of(box) == (250, 250)
    assert (box.left, box.top) == (0, 0)


@pytest.mark.parametrize("aspect", [0.8, 1.0, 1.91])
def test_it_lies_within_the_picture_wherever_the_product_fits(aspect):
    box = window((500, 500), Bounds(300, 300, 480, 400), aspect, 0.8)
    assert min(box.left, box.top, 500 - box.right, 500 - box.bottom) >= -1e-6
    assert box.width / box.height == pytest.approx(aspect)
    assert box.left <= 300
    assert box.right >= 480


def test_a_product_longer_than_any_window_gets_one_beyond_the_picture():
    box = window((300, 600), Bounds(100, 50, 200, 510), 1.0, 0.8)
    assert size_of(box) == (500, 500)
    assert (box.left, box.right) == (-100, 400)
    assert 0 <= box.top <= 50
    assert 510 <= box.bottom <= 600


def test_it_is_never_larger_than_the_whole_picture_needs():
    assert size_of(window((300, 600), Bounds(0, 0, 300, 600), 1.0, 0.8)) == (600, 600)


def test_a_picture_that_keeps_its_aspect_lies_within_the_frame_and_is_not_enlarged_much():
    rules = PRESETS["ebay"].rules
    frame = PRESETS["ebay"].made.frame
    assert fitted((3000, 4000), frame, rules) == (1200, 1600)
    assert fitted((400, 533), frame, rules) == (800, 1066)
    assert fitted((100, 100), frame, rules) == (500, 500)
    assert fitted((400, 533), Frame(width=500, height=500), PRESETS["instagram-square"].rules) is None


def test_a_ribbon_whose_shorter_side_would_be_too_short_within_the_frame_does_not_keep_its_aspect():
    preset = PRESETS["etsy"]
    assert fitted((1000, 3000), preset.made.frame, preset.rules) == (667, 2000)
    assert fitted((635, 2000), preset.made.frame, preset.rules) == (635, 2000)
    assert fitted((634, 2000), preset.made.frame, preset.rules) is None


@pytest.mark.parametrize("name", FRAMED)
@settings(deadline=None)
@given(size=st.tuples(SIDES, SIDES), place=st.tuples(*[st.floats(0, 1)] * 4))
def test_no_picture_whatever_its_shape_is_made_larger_than_its_frame(name, size, place):
    preset = PRESETS[name]
    frame = preset.made.frame
    (left, right), (top, bottom) = sorted(place[:2]), sorted(place[2:])
    product = Bounds(left * size[0], top * size[1], right * size[0], bottom * size[1])
    seen = window(
        size, product if min(product.width, product.height) > 1e-6 else None, frame.width / frame.height, 0.85
    )
    kept = fitted(size, frame, preset.rules) if frame.keeps_aspect else None
    made = kept or shrunk(frame, frame.width / seen.width, preset.rules.most_enlarged)
    assert 1 <= made[0] <= frame.width
    assert 1 <= made[1] <= frame.height
    for bounds, side in ((preset.rules.shortest_px, min(made)), (preset.rules.longest_px, max(made))):
        assert bounds is None or bounds.allows(side)
