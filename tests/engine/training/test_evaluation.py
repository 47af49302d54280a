from __future__ import annotations

import numpy as np

from engine.training import baselines
from engine.training.evaluate import table, with_metrics
from engine.training.measures import Metric, Scores


def _photo(height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_the_mean_goes_to_the_model_and_the_others_become_its_baselines() -> None:
    scores = Scores()
    for value in (1.0, 2.0):
        scores.add("model", value)
        scores.add("input", 10 * value)
    assert scores.metric("psnr_db", "photos") == Metric("psnr_db", "photos (2 pictures)", 1.5, {"input": 15.0})


def test_metrics_take_their_place_in_the_card_and_in_the_table() -> None:
    metric = Metric("ssim_y", "photos (2 pictures)", 0.91, {"bicubic": 0.9})
    card = with_metrics({"model": "m", "metrics": [], "licence": "Apache-2.0"}, [metric.as_dict("make it")])
    assert list(card) == ["model", "metrics", "licence"]
    assert card["metrics"][0]["command"] == "make it"
    assert "| `ssim_y` | photos (2 pictures) | **0.91** | bicubic 0.9 |" in table([metric])


def test_grey_world_gives_the_channels_one_mean_in_linear_light() -> None:
    cast = (_photo() * np.array([0.9, 0.6, 0.4])).astype(np.uint8)
    corrected = baselines.grey_world(cast, expose=False).reshape(-1, 3).astype(float).mean(axis=0)
    assert np.ptp(corrected) < 0.15 * np.ptp(cast.reshape(-1, 3).astype(float).mean(axis=0))


def test_auto_contrast_stretches_to_the_full_range() -> None:
    flat = (80 + _photo() // 4).astype(np.uint8)
    stretched = baselines.auto_contrast(flat, 0.0)
    assert stretched.min() == 0
    assert stretched.max() >= 254


def test_clahe_and_non_local_means_keep_shape_and_type() -> None:
    for result in (baselines.clahe(_photo(), 2.0), baselines.non_local_means(_photo(), 5.0)):
        assert result.shape == _photo().shape
        assert result.dtype == np.uint8
