from __future__ import annotations

import numpy as np
import pytest

from engine.training.degradations import (
    EVALUATION,
    TRAINING,
    Degradation,
    degrade,
    degrade_for_evaluation,
    draw_degradation,
)

GREY = np.full((160, 160, 3), 128, np.uint8)


def test_a_degradation_is_the_same_for_the_same_seed_and_differs_for_another() -> None:
    first, again = (degrade_for_evaluation(GREY, 5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, degrade_for_evaluation(GREY, 6))


def test_the_default_degradation_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (33, 47, 3)).astype(np.uint8)
    assert np.array_equal(degrade(image, Degradation(), np.random.default_rng(1)), image)


@pytest.mark.parametrize(("grain_px", "chroma_share"), [(0.0, 0.0), (0.0, 1.0), (0.9, 0.5), (0.4, 0.2)])
def test_noise_has_the_strength_asked_for_however_it_is_correlated(grain_px: float, chroma_share: float) -> None:
    degradation = Degradation(noise=10.0, chroma_share=chroma_share, grain_px=grain_px, chroma_grain_px=grain_px)
    spoiled = degrade(GREY, degradation, np.random.default_rng(2)).astype(float)
    assert spoiled.std() == pytest.approx(10.0, rel=0.08)
    assert spoiled.mean() == pytest.approx(128.0, abs=0.8)


def test_grain_makes_neighbours_alike() -> None:
    noise = degrade(GREY, Degradation(noise=12.0, grain_px=0.9), np.random.default_rng(3))[:, :, 1].astype(float) - 128
    neighbours = float((noise[:, 1:] * noise[:, :-1]).mean() / noise.var())
    assert 0.5 < neighbours < 0.9


def test_a_positive_tone_exponent_makes_shadows_noisier_than_lights() -> None:
    image = np.zeros((64, 128, 3), np.uint8)
    image[:, :64], image[:, 64:] = 40, 200
    spoiled = degrade(image, Degradation(noise=6.0, tone_exponent=1.0), np.random.default_rng(4)).astype(float)
    assert spoiled[:, :64].std() > 2 * spoiled[:, 64:].std()


def test_drawn_degradations_stay_in_their_range() -> None:
    rng = np.random.default_rng(5)
    for _ in range(300):
        drawn = draw_degradation(rng, EVALUATION)
        assert EVALUATION.noise[0] <= drawn.noise <= EVALUATION.noise[1]
        assert EVALUATION.blur_px[0] <= drawn.blur_px <= EVALUATION.blur_px[1]
        assert drawn.jpeg_quality is not None
        assert EVALUATION.jpeg_quality[0] <= drawn.jpeg_quality <= EVALUATION.jpeg_quality[1]


def test_training_also_sees_clean_photos() -> None:
    rng = np.random.default_rng(6)
    clean = sum(draw_degradation(rng, TRAINING) == Degradation() for _ in range(1000))
    assert 40 < clean < 130
