"""The face finder, with scikit-image's own pictures; it comes with training's environment."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.catalogue.errors import UnfitError
from engine.training.catalogue.faces import FaceFinder, skin_map

skimage_data = pytest.importorskip("skimage.data", reason="scikit-image comes with the `train` extra")
pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def test_a_portrait_is_unfit_and_the_face_is_located(finder: FaceFinder) -> None:
    with pytest.raises(UnfitError, match="px wide") as unfit:
        finder.require_none(skimage_data.astronaut())
    assert unfit.value.reason == "face"


def test_a_print_of_a_face_in_no_skins_colour_passes(finder: FaceFinder) -> None:
    grey = skimage_data.astronaut().mean(axis=2).astype(np.uint8)
    finder.require_none(np.dstack([grey // 3, grey // 2, grey]))


@pytest.mark.parametrize("height", [1, 20, 300])
def test_a_photo_without_people_passes(finder: FaceFinder, height: int) -> None:
    finder.require_none(np.full((height, 200, 3), (180, 140, 120), np.uint8))


@pytest.mark.parametrize("skin", [(255, 219, 190), (224, 172, 125), (141, 85, 50), (80, 50, 38)])
def test_skin_is_skin_from_pale_to_dark(skin: tuple[int, int, int]) -> None:
    assert skin_map(np.full((2, 3, 3), skin, np.uint8)).all()


@pytest.mark.parametrize("cloth", [(255, 255, 255), (20, 20, 22), (40, 60, 160), (60, 150, 70)])
def test_cloth_of_other_colours_is_none(cloth: tuple[int, int, int]) -> None:
    assert not skin_map(np.full((2, 3, 3), cloth, np.uint8)).any()
