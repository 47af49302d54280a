from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.training import data as pictures


def test_photos_come_in_a_fixed_order_and_only_of_their_split(tmp_path: Path) -> None:
    for name in ("train/hat/b.jpg", "train/dress/a.jpg", "test/hat/c.jpg"):
        path = tmp_path / "clothing" / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    assert [path.name for path in pictures.clothing_photos(tmp_path, "train")] == ["a.jpg", "b.jpg"]


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no pictures match"):
        pictures.grocery_photos(tmp_path)


def test_a_cutout_is_laid_over_middle_grey(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (200, 10, 10, 0)).save(tmp_path / "cut.png")
    assert np.abs(pictures.load_rgb(tmp_path / "cut.png").astype(int) - 128).max() <= 1


def test_the_chosen_window_is_the_busy_one() -> None:
    image = np.full((64, 256, 3), 100, np.uint8)
    image[:, 192:] = np.random.default_rng(0).integers(0, 256, (64, 64, 3))
    lefts = [pictures.choose_window(image, 48, np.random.default_rng(seed), tries=12)[1] for seed in range(20)]
    assert np.mean([left > 144 for left in lefts]) > 0.8


def test_the_eight_turns_are_all_different() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    assert len({pictures.turn(image, way).tobytes() for way in range(8)}) == 8


def test_a_batch_is_float_channels_first_in_0_to_1() -> None:
    batch = pictures.as_batch([np.full((4, 6, 3), (255, 0, 51), np.uint8)] * 2)
    assert batch.shape == (2, 3, 4, 6)
    assert batch.dtype == np.float32
    assert batch[0, :, 0, 0] == pytest.approx([1.0, 0.0, 0.2])


def test_cropping_to_a_multiple_keeps_the_top_left() -> None:
    image = np.arange(7 * 9 * 3, dtype=np.uint8).reshape(7, 9, 3)
    cropped = pictures.crop_to_multiple(image, 2)
    assert cropped.shape == (6, 8, 3)
    assert np.array_equal(cropped, image[:6, :8])
