"""What is measured of each model, on pictures it never saw, beside its baselines. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.quality.metrics import delta_e2000, psnr, psnr_y, srgb_to_lab, ssim
from engine.training import baselines
from engine.training.data import Pixels, clothing_mask, clothing_photos, crop_to_multiple, load_rgb, shrink
from engine.training.degradations import degrade_for_evaluation
from engine.training.faults import light_badly_for_evaluation
from engine.training.inference import Network

RESTORE_PHOTOS = 100  # evenly spread over the test photos: non-local means takes seconds for each
NLM_STRENGTHS = (3.0, 5.0, 7.0, 10.0, 14.0)
COLOUR_STRIDE = 2  # ΔE2000 looks at every second pixel in each direction


@dataclass(frozen=True)
class Metric:
    """One figure of a card."""

    name: str
    set: str
    value: float
    baseline: dict[str, float] = field(default_factory=dict)

    def as_dict(self, command: str) -> dict[str, object]:
        """Return the card's entry, with the command that made it."""
        return asdict(self) | {"command": command}


class Scores:
    """Collects scores by method and turns their means into metrics."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, method: str, value: float) -> None:
        """Add one picture's score."""
        self._values[method].append(value)

    def metric(self, name: str, data: str, of: str = "model") -> Metric:
        """Return the mean of the method ``of`` as a metric, every other one as its baseline."""
        means = {method: round(float(np.mean(values)), 3) for method, values in self._values.items()}
        return Metric(name, f"{data} ({len(self._values[of])} pictures)", means.pop(of), means)


def measure_upscale(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Y-PSNR and SSIM on Set5 ×2 and on the clothing test photos, whose low resolution is their bicubic half."""
    metrics = []
    for name, pairs in (("Set5 x2", _set5_pairs(data)), ("clothing test photos x2", _test_pairs(data, limit))):
        luma, structure = Scores(), Scores()
        for low, high in pairs:
            for method, output in (("model", network.apply(low)), ("bicubic", baselines.enlarge_bicubic(low, 2))):
                luma.add(method, psnr_y(output, high, crop=2))
                structure.add(method, ssim(output[2:-2, 2:-2], high[2:-2, 2:-2]))
        metrics += [luma.metric("psnr_y_db", name), structure.metric("ssim_y", name)]
    return metrics


def measure_restore(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """RGB PSNR and SSIM under the fixed degradation, beside the input and non-local means; and on untouched photos."""
    noise_ratio, structure, clean = Scores(), Scores(), Scores()
    for spoiled, photo in _spoiled_pairs(data, limit):
        outputs = {"model": network.apply(spoiled), "input": spoiled}
        outputs |= {f"non-local means h={h:g}": baselines.non_local_means(spoiled, h) for h in NLM_STRENGTHS}
        for method, output in outputs.items():
            noise_ratio.add(method, psnr(output, photo))
            structure.add(method, ssim(output, photo))
        clean.add("model", psnr(network.apply(photo), photo))
    return [
        noise_ratio.metric("psnr_db", "clothing test photos, fixed degradation"),
        structure.metric("ssim_y", "clothing test photos, fixed degradation"),
        clean.metric("psnr_to_input_db", "clothing test photos, untouched"),
    ]


def measure_relight(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Mean ΔE2000 to the true photo under the fixed faults, in the whole picture and in the product; also untouched."""
    kinds = ("exposure", "colour cast", "exposure and cast")
    scores: dict[str, Scores] = {key: Scores() for key in (*kinds, "whole", "product", "good light")}
    for index, path in enumerate(_evenly(clothing_photos(data, "test"), limit)):
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


def compare_networks(model: str, networks: dict[str, Network], data: Path, limit: int | None) -> Metric:
    """The last of ``networks`` beside the others, by PSNR on the same test photos as the card's own figures."""
    name, title, pairs = {
        "restore": ("psnr_db", "clothing test photos, fixed degradation", _spoiled_pairs),
        "upscale-x2": ("psnr_y_db", "clothing test photos x2", _test_pairs),
    }[model]
    scores = Scores()
    for given, truth in pairs(data, limit):
        for precision, network in networks.items():
            output = network.apply(given)
            scores.add(precision, psnr(output, truth) if model == "restore" else psnr_y(output, truth, crop=2))
    return scores.metric(name, title, of=list(networks)[-1])


MEASURES: dict[str, Callable[[Network, Path, int | None], list[Metric]]] = {
    "upscale-x2": measure_upscale,
    "restore": measure_restore,
    "relight": measure_relight,
}


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


def _set5_pairs(data: Path) -> Iterator[tuple[Pixels, Pixels]]:
    for path in sorted((data / "set5" / "x2").glob("*_HR.png")):
        yield load_rgb(path.with_name(path.name.replace("_HR", "_LR"))), load_rgb(path)


def _test_pairs(data: Path, limit: int | None) -> Iterator[tuple[Pixels, Pixels]]:
    for path in _evenly(clothing_photos(data, "test"), limit):
        high = crop_to_multiple(load_rgb(path), 2)
        yield shrink(high, 2), high


def _spoiled_pairs(data: Path, limit: int | None) -> Iterator[tuple[Pixels, Pixels]]:
    for index, path in enumerate(_evenly(clothing_photos(data, "test"), limit or RESTORE_PHOTOS)):
        photo = load_rgb(path)
        yield degrade_for_evaluation(photo, index), photo


def _evenly(paths: list[Path], count: int | None) -> list[Path]:
    """Return ``count`` paths spread evenly over the list, or all of them."""
    if count is None or count >= len(paths):
        return paths
    return [paths[index * len(paths) // count] for index in range(count)]
