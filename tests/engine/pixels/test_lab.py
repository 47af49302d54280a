"""Lab of whole pictures in single precision, against the metrics' double precision and its own inverse."""

import numpy as np

from engine.pixels.lab import codes_of_lab, lab_of_codes, lab_of_image, linear_of_lab
from engine.quality.metrics import srgb_to_lab


def test_lab_of_an_image_is_the_metrics_lab():
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    assert np.abs(lab_of_image(image) - srgb_to_lab(image)).max() < 0.01


def test_codes_between_whole_ones_lie_between_their_labs():
    codes = np.array([[[10.0, 200.0, 30.0], [10.5, 200.5, 30.5], [11.0, 201.0, 31.0]]], np.float32)
    assert (np.diff(lab_of_codes(codes)[0, :, 0]) > 0).all()


def test_every_grey_and_primary_comes_back():
    ramp = np.arange(256, dtype=np.uint8)
    image = np.zeros((4, 256, 3), np.uint8)
    image[0] = ramp[:, None]
    for channel in range(3):
        image[1 + channel, :, channel] = ramp
    assert np.abs(codes_of_lab(lab_of_image(image)) - image).max() < 0.1


def test_a_colour_that_srgb_has_not_is_beyond_its_ends_in_linear_light_and_cut_in_codes():
    lab = np.array([[[50.0, 120.0, 0.0]]], np.float32)
    assert linear_of_lab(lab).min() < 0
    assert codes_of_lab(lab).min() == 0
