"""Relighting, measured as colour difference beside classical corrections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.quality.metrics import delta_e2000, srgb_to_lab
from engine.training import baselines
from engine.training.data import Pixels, clothing_mask, clothing_photos, load_rgb
from engine.training.faults import light_badly_for_evaluation
from engine.training.inference import Network
from engine.training.measures.scores import Metric, Scores, evenly

COLOUR_STRIDE = 2  # ΔE2000 looks at every second pixel in each direction


def measure_relight(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Mean ΔE2000 to the true photo under the fixed faults, in the whole picture and in the product; also untouched."""
    kinds = ("exposure", "colour cast", "exposure and cast")
    scores: dict[str, Scores] = {key: Scores() for key in (*kinds, "whole", "product", "good light")}
    for index, path in enumerate(evenly(clothing_photos(data, "test"), limit)):
        photo, mask = load_rgb(path), clothing_mask(data, path)[::COLOUR_STRIDE, ::COLOUR_STRIDE]
        truth = _sparse_lab(photo)
        spoiled = light_badly_for_evaluation(photo, index)
        for method, correct in _relight_methods(network).items():
            difference = delta_e2000(_sparse_lab(correct(spoiled)), truth)
            scores["whole"].add(method, float(difference.mean()))
            scores[kinds[index % 3]].add(method, float(difference.mean()))
            if mask.sum() > 0:
                scores["product"].add(method, float(np.average(difference, weights=mask)))
        scores["good light"].add("model", float(delta_e2000(_sparse_lab(network.apply(photo)), truth).mean()))
    names = {key: f"clothing test photos, fixed faults: {key}" for key in kinds}
    names |= {
        "whole": "clothing test photos, fixed faults: all",
        "product": "clothing test photos, fixed faults: inside the mask",
    }
    names["good light"] = "clothing test photos, as they are"
    order = ("whole", "product", *kinds, "good light")
    return [scores[key].metric("mean_delta_e2000", names[key]) for key in order]


def _relight_methods(network: Network) -> dict[str, Callable[[Pixels], Pixels]]:
    return {
        "model": network.apply,
        "input": lambda image: image,
        "auto-contrast 0%": lambda image: baselines.auto_contrast(image, 0.0),
        "auto-contrast 1%": lambda image: baselines.auto_contrast(image, 1.0),
        "grey-world": lambda image: baselines.grey_world(image, expose=False),
        "grey-world, exposed": lambda image: baselines.grey_world(image, expose=True),
        "CLAHE 2": lambda image: baselines.clahe(image, 2.0),
        "CLAHE 4": lambda image: baselines.clahe(image, 4.0),
    }


def _sparse_lab(image: Pixels) -> NDArray[np.float64]:
    return srgb_to_lab(image[::COLOUR_STRIDE, ::COLOUR_STRIDE])
