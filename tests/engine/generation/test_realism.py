"""How near to real pictures made ones are, in features."""

import numpy as np
import pytest

from engine.generation.realism import RealPictures


def _features(count: int, seed: int, middle: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, 1, (count, 6)).astype(np.float32)


def test_realism_falls_with_the_distance_from_real_pictures():
    real = RealPictures.of(_features(400, 1))
    near, far, farthest = (real.realism(_features(50, 2, middle)).mean() for middle in (0.0, 3.0, 9.0))
    assert near > 0.8
    assert near > 2 * far > 4 * farthest


def test_realism_is_the_radius_by_the_distance():
    line = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32)
    real = RealPictures.of(line, neighbours=1)
    assert real.realism(np.array([[-0.5], [-2.0]], np.float32)) == pytest.approx([2.0, 0.5])


def test_a_lonely_real_picture_lets_nothing_pass():
    features = np.concatenate([_features(50, 1), np.full((1, 6), 100, np.float32)])
    real = RealPictures.of(features)
    assert len(real.features) == 26
    assert real.features.max() < 50
    assert real.realism(np.full((1, 6), 98, np.float32))[0] < 0.1


def test_a_copy_of_a_real_picture_has_a_finite_realism():
    features = _features(20, 1)
    scores = RealPictures.of(features).realism(features)
    assert np.isfinite(scores).all()
    assert scores.max() > 1e6


def test_realism_does_not_depend_on_the_batch():
    real, made = RealPictures.of(_features(60, 1)), _features(9, 2)
    alone = np.concatenate([real.realism(row[None]) for row in made])
    assert np.array_equal(real.realism(made), alone)
    assert alone.dtype == np.float32


@pytest.mark.parametrize(("shape", "neighbours"), [((3, 6), 3), ((10,), 3), ((10, 6), 0)])
def test_too_few_real_pictures_are_refused(shape, neighbours):
    with pytest.raises(ValueError, match="of more pictures than neighbours are needed, got"):
        RealPictures.of(np.zeros(shape, np.float32), neighbours)
