"""Relighting, measured as colour difference beside classical corrections, and as what it does to good photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.quality.metrics import delta_e2000, srgb_to_lab
from engine.training import baselines
from engine.training.data import Pixels, clothing_mask, clothing_photos, evenly, load_rgb
from engine.training.faults import is_well_lit, light_badly_for_evaluation, light_unevenly_for_evaluation
from engine.training.inference import Network
from engine.training.measures.scores import Metric, Scores
from engine.training.uneven import KINDS as UNEVEN

COLOUR_STRIDE = 2  # ΔE2000 looks at every second pixel in each direction
FAULTS = ("exposure", "colour cast", "exposure and cast")
UNEVEN_METHODS = ("model", "input", "auto-contrast 0%", "CLAHE 2")  # the others move the whole picture's colour
HUE_CHROMA = 10.0  # a hue is asked only of pixels with this much chroma or more

Methods = dict[str, Callable[[Pixels], Pixels]]


def measure_relight(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Mean ΔE2000 to the true photo under fixed faults and under fixed uneven light; and what good photos lose."""
    photos = [
        (index, load_rgb(path), clothing_mask(data, path)[::COLOUR_STRIDE, ::COLOUR_STRIDE])
        for index, path in enumerate(evenly(clothing_photos(data, "test"), limit))
    ]
    return [*_faults(network, photos), *_uneven_light(network, photos), *_good_light(network, photos)]


Photos = Iterable[tuple[int, Pixels, NDArray[np.float32]]]


def _faults(network: Network, photos: Photos) -> list[Metric]:
    scores = {key: Scores() for key in ("all", "inside the mask", *FAULTS)}
    for index, photo, mask in photos:
        spoiled, truth = light_badly_for_evaluation(photo, index), _sparse_lab(photo)
        for method, correct in _methods(network).items():
            difference = delta_e2000(_sparse_lab(correct(spoiled)), truth)
            for key in ("all", FAULTS[index % 3]):
                scores[key].add(method, float(difference.mean()))
            if mask.sum() > 0:
                scores["inside the mask"].add(method, float(np.average(difference, weights=mask)))
    return [
        score.metric("mean_delta_e2000", f"clothing test photos, fixed faults: {key}") for key, score in scores.items()
    ]


def _uneven_light(network: Network, photos: Photos) -> list[Metric]:
    scores = {key: Scores() for key in ("all", *UNEVEN)}
    methods = {name: method for name, method in _methods(network).items() if name in UNEVEN_METHODS}
    for index, photo, _ in photos:
        spoiled, truth = light_unevenly_for_evaluation(photo, index), _sparse_lab(photo)
        for method, correct in methods.items():
            difference = float(delta_e2000(_sparse_lab(correct(spoiled)), truth).mean())
            for key in ("all", UNEVEN[index % len(UNEVEN)]):
                scores[key].add(method, difference)
    return [
        score.metric("mean_delta_e2000", f"clothing test photos, uneven light: {key}") for key, score in scores.items()
    ]


def _good_light(network: Network, photos: Photos) -> list[Metric]:
    """What happens to photos that nothing was done to: all of them, the well-lit ones, and the product in those."""
    sets = ("as they are", "well lit", "well lit: inside the mask")
    scores = {key: Scores() for key in sets}
    hue, chroma, moved = Scores(), Scores(), Scores()
    for _, photo, mask in photos:
        before, after = _sparse_lab(photo), _sparse_lab(network.apply(photo))
        difference = delta_e2000(after, before)
        scores["as they are"].add("model", float(difference.mean()))
        if not is_well_lit(photo):
            continue
        scores["well lit"].add("model", float(difference.mean()))
        moved.add("model", float(difference.mean() > 2.0))
        if mask.sum() > 0:
            scores["well lit: inside the mask"].add("model", float(np.average(difference, weights=mask)))
            chroma.add("model", float(np.linalg.norm(_mean_colour(after, mask) - _mean_colour(before, mask))))
        if (turned := _hue_shift(before, after, mask)) is not None:
            hue.add("model", turned)
    return [
        *(score.metric("mean_delta_e2000", f"clothing test photos, {key}") for key, score in scores.items()),
        moved.metric("share_moved_by_over_2", "clothing test photos, well lit"),
        hue.metric("mean_hue_shift_degrees", "clothing test photos, well lit: coloured pixels inside the mask"),
        chroma.metric("mean_ab_shift", "clothing test photos, well lit: mean colour inside the mask"),
    ]


def _hue_shift(before: NDArray[np.float64], after: NDArray[np.float64], mask: NDArray[np.float32]) -> float | None:
    """Return the mean absolute change of hue in degrees where the product has a hue; None where it has none."""
    first, second = (lab[..., 1] + 1j * lab[..., 2] for lab in (before, after))
    weights = mask * (np.abs(first) >= HUE_CHROMA)
    if weights.sum() < 1:
        return None
    return float(np.average(np.abs(np.degrees(np.angle(second * first.conj()))), weights=weights))


def _mean_colour(lab: NDArray[np.float64], mask: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean (a*, b*) inside the mask."""
    return np.asarray(np.average(lab[..., 1:].reshape(-1, 2), axis=0, weights=mask.ravel()))


def _methods(network: Network) -> Methods:
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
