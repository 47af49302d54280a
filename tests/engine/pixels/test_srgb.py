import numpy as np
import pytest

from engine.pixels.srgb import decode_srgb, encode_srgb


def test_black_white_and_the_known_middle_are_where_the_standard_puts_them():
    assert decode_srgb(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, 0.2140411, 1.0], abs=1e-7)


def test_the_straight_part_near_black_meets_the_curve():
    below, above = decode_srgb(np.array([0.04045, 0.04045 + 1e-9]))
    assert below == 0.04045 / 12.92
    assert above == pytest.approx(below, abs=1e-7)


def test_encoding_takes_back_what_decoding_did():
    encoded = np.linspace(0, 1, 1001).reshape(7, 143)
    np.testing.assert_allclose(encode_srgb(decode_srgb(encoded)), encoded, atol=1e-7)
