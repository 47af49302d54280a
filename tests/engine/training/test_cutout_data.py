from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.cutout_coarse import coarse_matte, enlarge
from engine.training.cutout_masks import Masked, clean_mask
from engine.training.cutout_mattes import Cutout, product_alpha, shrink_cutout
from engine.training.cutout_pictures import empty_parts, inner_square
from engine.training.cutout_scenes import compose
from engine.training.cutout_shapes import KINDS, draw_shape
from engine.training.data import Pixels


def _shirt(colour: tuple[int, int, int] = (160, 30, 40)) -> tuple[Pixels, NDArray[np.float32]]:
    """A plain product on a grey floor, and its mask."""
    image, mask = np.full((200, 160, 3), 190, np.uint8), np.zeros((200, 160), np.float32)
    image[50:160, 40:120], mask[50:160, 40:120] = colour, 1.0
    return image, mask


def test_a_pinhole_over_a_print_is_filled_and_a_hole_that_shows_the_floor_is_kept() -> None:
    image, mask = _shirt()
    image[60:66, 50:56], mask[60:66, 50:56] = (200, 60, 70), 0.0  # a print: nearer to the shirt than to the floor
    image[90:96, 80:86], mask[90:96, 80:86] = 190, 0.0  # the floor
    cleaned = clean_mask(image, mask)
    assert cleaned is not None
    assert cleaned[63, 53] == 1.0
    assert cleaned[93, 83] == 0.0


def test_a_speck_is_taken_out_of_a_mask_and_a_second_shoe_is_not() -> None:
    image, mask = _shirt()
    mask[10:14, 10:14] = 1.0
    image[170:195, 40:120], mask[170:195, 40:120] = (160, 30, 40), 1.0
    cleaned = clean_mask(image, mask)
    assert cleaned is not None
    assert cleaned[12, 12] == 0.0
    assert cleaned[180, 80] == 1.0


def test_a_mask_whose_edge_the_photo_does_not_show_is_refused() -> None:
    rng = np.random.default_rng(0)
    cloth = np.asarray(cv2.GaussianBlur(rng.integers(0, 256, (200, 160, 3)).astype(np.uint8), (0, 0), 2), np.uint8)
    assert clean_mask(cloth, _shirt()[1]) is None


def test_an_empty_mask_is_refused() -> None:
    assert clean_mask(_shirt()[0], np.zeros((200, 160), np.float32)) is None


def test_a_detached_shadow_is_no_product_and_the_product_keeps_its_soft_edge() -> None:
    veil = np.zeros((300, 300), np.float32)
    veil[60:160, 100:200] = 1.0
    veil[59, 100:200] = 0.5
    veil[200:230, 90:210] = 0.6
    alpha = product_alpha(veil)
    assert alpha[100, 150] == 1.0
    assert alpha[59, 150] == pytest.approx(0.5, abs=0.1)
    assert alpha[215, 150] == 0.0


def test_a_shadow_that_touches_the_product_is_taken_out_of_its_fringe() -> None:
    veil = np.full((300, 300), 0.4, np.float32)
    veil[60:160, 100:200] = 1.0
    alpha = product_alpha(veil)
    assert alpha[110, 150] == 1.0
    assert alpha[110, 202] < 0.1
    assert alpha[110, 230] == 0.0


def test_glass_that_the_product_encloses_is_product() -> None:
    veil = np.zeros((300, 300), np.float32)
    cv2.circle(veil, (150, 150), 90, 1.0, 12)
    cv2.circle(veil, (150, 150), 84, 0.6, -1)
    assert product_alpha(veil)[150, 150] == pytest.approx(0.6)


def test_shrinking_a_cutout_does_not_mix_hidden_colours_into_its_edge() -> None:
    image, alpha = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.float32)
    image[:, :31], alpha[:, :31] = 240, 1.0
    small = shrink_cutout(Cutout(image, alpha), 16)
    assert small.alpha[8, 7] == pytest.approx(0.75, abs=0.01)
    assert small.image[8, 7].min() > 230


@pytest.mark.parametrize("kind", range(len(set(KINDS))))
def test_drawn_shapes_fit_their_frame_and_are_neither_empty_nor_full(
    kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.cutout_shapes.KINDS", (KINDS[kind],))
    for seed in range(4):
        shape = draw_shape(64, np.random.default_rng(seed), [np.full((16, 16, 3), 90, np.uint8)])
        assert shape.image.shape == (64, 64, 3)
        assert 0.0 <= shape.alpha.min() <= shape.alpha.max() <= 1.0
        assert 0.004 < (shape.alpha > 0.5).mean() < 0.9


def test_a_shadow_darkens_the_ground_and_is_not_in_the_alpha() -> None:
    cutout = Cutout(np.full((60, 60, 3), 128, np.uint8), np.ones((60, 60), np.float32))
    ground = np.full((96, 96, 3), 200, np.uint8)
    scenes = [compose(cutout, ground, np.random.default_rng(seed)) for seed in range(12)]
    darkest = [int(scene.image[scene.alpha == 0].min()) for scene in scenes if (scene.alpha == 0).any()]
    assert min(darkest) < 170
    assert all((scene.image[scene.alpha == 0] <= 201).all() for scene in scenes)


def test_empty_parts_show_nothing_of_the_product() -> None:
    image, mask = _shirt()
    parts = empty_parts(Masked(image, np.asarray(mask * 255, np.uint8)))
    assert len(parts) >= 1
    assert all((part == 190).all() for part in parts)


def test_the_inner_square_shows_nothing_but_the_product() -> None:
    image, mask = _shirt()
    cloth = inner_square(Masked(image, np.asarray(mask * 255, np.uint8)))
    assert cloth is not None
    assert (cloth == (160, 30, 40)).all()


def test_a_coarse_matte_is_spoilt_near_edges_and_about_right_elsewhere() -> None:
    alpha = _shirt()[1]
    for seed in range(6):
        coarse = coarse_matte(alpha, np.random.default_rng(seed))
        assert coarse.shape == alpha.shape
        assert coarse.dtype == np.uint8
        assert np.abs(coarse / 255.0 - alpha).mean() < 0.12


def test_enlarging_a_matte_of_the_right_size_changes_nothing() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (12, 9)).astype(np.uint8)
    assert (enlarge(codes.astype(np.float32) / np.float32(255), (12, 9)) == codes).all()
