from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.generation.fingerprint import Fingerprint
from engine.images import Image
from engine.training.catalogue.duplicates import Fingerprints
from engine.training.catalogue.errors import UnfitError


def _product(color: tuple[int, int, int], corner: tuple[int, int] = (40, 30)) -> Image:
    image = np.full((160, 160, 3), 255, np.uint8)
    cloth = cv2.GaussianBlur(np.random.default_rng(7).normal(0, 60, (120, 100)).astype(np.float32), (0, 0), 3)
    image[20:140, 30:130] = np.clip(np.array(color) + 3 * cloth[..., None], 0, 255)
    image[corner[0] : corner[0] + 25, corner[1] : corner[1] + 40] = 10
    return image


def _known(image: Image) -> Fingerprints:
    known = Fingerprints()
    known.add("pictures/a.png", Fingerprint.of(image))
    return known


def test_the_same_picture_compressed_and_shifted_by_a_pixel_is_a_duplicate() -> None:
    image = _product((180, 40, 40))
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    again = np.roll(cv2.imdecode(coded, cv2.IMREAD_COLOR), 1, axis=1)
    with pytest.raises(UnfitError, match=r"of pictures/a\.png") as unfit:
        _known(image).require_new(Fingerprint.of(again))
    assert unfit.value.reason == "duplicate"


def test_the_same_product_in_another_colour_is_none() -> None:
    _known(_product((180, 40, 40))).require_new(Fingerprint.of(_product((40, 40, 180))))


def test_another_product_in_the_same_colour_is_none() -> None:
    _known(_product((180, 40, 40))).require_new(Fingerprint.of(_product((180, 40, 40), corner=(95, 80))))


def test_nothing_known_nothing_double() -> None:
    Fingerprints().require_new(Fingerprint.of(np.full((64, 64, 3), 255, np.uint8)))
