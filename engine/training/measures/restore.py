"""Restoring, measured beside the input and non-local means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.quality.metrics import psnr, ssim
from engine.training import baselines
from engine.training.data import Pixels, clothing_photos, load_rgb
from engine.training.degradations import degrade_for_evaluation
from engine.training.inference import Network
from engine.training.measures.scores import Metric, Scores, evenly

PHOTOS = 100  # evenly spread over the test photos: non-local means takes seconds for each
NLM_STRENGTHS = (3.0, 5.0, 7.0, 10.0, 14.0)


def measure_restore(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """RGB PSNR and SSIM under the fixed degradation, beside the input and non-local means; and on untouched photos."""
    noise_ratio, structure, clean = Scores(), Scores(), Scores()
    for spoiled, photo in spoiled_pairs(data, limit):
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


def spoiled_pairs(data: Path, limit: int | None) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield (degraded, photo) of the test photos under the fixed degradation."""
    for index, path in enumerate(evenly(clothing_photos(data, "test"), limit or PHOTOS)):
        photo = load_rgb(path)
        yield degrade_for_evaluation(photo, index), photo
