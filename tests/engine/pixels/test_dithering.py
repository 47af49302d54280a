import numpy as np
import pytest

from engine.pixels.dithering import SIDE, dithered


def test_whole_codes_stay_as_they_are():
    values = np.arange(256, dtype=np.float32).reshape(16, 16, 1)
    assert np.array_equal(dithered(values), values.astype(np.uint8))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.83])
def test_between_two_codes_as_many_pixels_take_the_higher_as_its_share(share):
    result = dithered(np.full((SIDE, SIDE, 3), 100 + share, np.float32))
    assert set(np.unique(result)) == {100, 101}
    assert (result == 101).mean() == pytest.approx(share, abs=0.5 / SIDE**2 + 1e-6)


def test_strips_are_the_whole_dithered_at_once():
    values = np.random.default_rng(1).uniform(0, 255, (21, 13, 3)).astype(np.float32)
    parts = [dithered(values[:10]), dithered(values[10:], 10)]
    assert np.array_equal(np.concatenate(parts), dithered(values))


def test_what_leaves_the_codes_is_clipped():
    assert dithered(np.array([[[-3.0, 255.4, 300.0]]], np.float32)).ravel().tolist() == [0, 255, 255]
