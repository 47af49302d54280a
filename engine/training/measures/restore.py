"""Restoring, measured beside the input, non-local means and BM3D; and on photos that have nothing to restore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.pixels.color import blend
from engine.pixels.noise import noise_levels
from engine.pixels.restoring import restoring_strength
from engine.quality.metrics import psnr, ssim
from engine.training import baselines
from engine.training.bm3d import bm3d
from engine.training.data import Pixels, clothing_photos, evenly, load_rgb, shrink
from engine.training.degradations import degrade_for_evaluation
from engine.training.inference import Network
from engine.training.linear import jpeg_round_trip
from engine.training.measures.scores import Metric, Scores

PHOTOS = 100  # evenly spread over the test photos: non-local means takes seconds for each
BM3D_EVERY = 8  # BM3D takes half a minute for each
NLM_STRENGTHS = (3.0, 5.0, 7.0, 10.0, 14.0)
BM3D_SIGMAS = (10.0, 20.0, 30.0, 40.0)
LIGHT_JPEG = (90, 97)
MOST_LOST_DB = 0.3
SEED = 20260404


def measure_restore(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """RGB PSNR and SSIM under the fixed degradation, at full strength and at "auto"; and what is left alone."""
    return [*_spoiled_metrics(network, data, limit), *_clean_metrics(network, data, limit)]


def spoiled_pairs(data: Path, limit: int | None) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield (degraded, photo) of the test photos under the fixed degradation."""
    for index, path in enumerate(evenly(clothing_photos(data, "test"), limit or PHOTOS)):
        photo = load_rgb(path)
        yield degrade_for_evaluation(photo, index), photo


def restore_by_itself(network: Network, image: Pixels) -> Pixels:
    """Return the image as the operation restores it at strength "auto"."""
    restored = network.apply(image)
    return blend(image, restored, restoring_strength(image, restored, noise_levels(image)))


def _spoiled_metrics(network: Network, data: Path, limit: int | None) -> list[Metric]:
    ratio, structure, few = Scores(), Scores(), Scores()
    for index, (spoiled, photo) in enumerate(spoiled_pairs(data, limit)):
        outputs = {"model": network.apply(spoiled), "input": spoiled}
        outputs["strength auto"] = restore_by_itself(network, spoiled)
        outputs |= {f"non-local means h={h:g}": baselines.non_local_means(spoiled, h) for h in NLM_STRENGTHS}
        for method, output in outputs.items():
            ratio.add(method, psnr(output, photo))
            structure.add(method, ssim(output, photo))
        if index % BM3D_EVERY == 0:
            outputs |= {f"BM3D sigma={sigma:g}": bm3d(spoiled, sigma) for sigma in BM3D_SIGMAS}
            for method, output in outputs.items():
                few.add(method, psnr(output, photo))
    return [
        ratio.metric("psnr_db", "clothing test photos, fixed degradation"),
        structure.metric("ssim_y", "clothing test photos, fixed degradation"),
        few.metric("psnr_db", "clothing test photos, fixed degradation, with BM3D"),
    ]


def _clean_metrics(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """What happens to photos shrunk by two, which are clean, and to the same lightly compressed."""
    same, gain, worst, losing = Scores(), Scores(), [], Scores()
    for index, path in enumerate(evenly(clothing_photos(data, "test"), limit or PHOTOS)):
        clean = shrink(load_rgb(path), 2)
        same.add("model", float(np.array_equal(restore_by_itself(network, clean), clean)))
        quality = int(np.random.default_rng([SEED, index]).integers(LIGHT_JPEG[0], LIGHT_JPEG[1] + 1))
        coded = jpeg_round_trip(clean, quality)
        before = psnr(coded, clean)
        gained = psnr(restore_by_itself(network, coded), clean) - before
        gain.add("model", gained)
        gain.add("full strength", psnr(network.apply(coded), clean) - before)
        losing.add("model", float(gained < -MOST_LOST_DB))
        worst.append(gained)
    light = "clothing test photos, halves, JPEG 90 to 97, strength auto"
    return [
        same.metric("share_identical", "clothing test photos, halves, clean, strength auto"),
        gain.metric("gain_db", light),
        Metric("worst_gain_db", f"{light} ({len(worst)} pictures)", round(min(worst), 3) + 0.0),
        losing.metric("share_losing_more_than_0.3_db", light),
    ]
