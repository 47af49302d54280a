"""Upscaling, measured beside bicubic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.quality.metrics import psnr_y, ssim
from engine.training import baselines
from engine.training.data import Pixels, clothing_photos, crop_to_multiple, load_rgb, shrink
from engine.training.inference import Network
from engine.training.measures.scores import Metric, Scores, evenly


def measure_upscale(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Y-PSNR and SSIM on Set5 ×2 and on the clothing test photos, whose low resolution is their bicubic half."""
    metrics = []
    for name, pairs in (("Set5 x2", _set5_pairs(data)), ("clothing test photos x2", test_pairs(data, limit))):
        luma, structure = Scores(), Scores()
        for low, high in pairs:
            for method, output in (("model", network.apply(low)), ("bicubic", baselines.enlarge_bicubic(low, 2))):
                luma.add(method, psnr_y(output, high, crop=2))
                structure.add(method, ssim(output[2:-2, 2:-2], high[2:-2, 2:-2]))
        metrics += [luma.metric("psnr_y_db", name), structure.metric("ssim_y", name)]
    return metrics


def test_pairs(data: Path, limit: int | None) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield (bicubic half, photo) of the test photos."""
    for path in evenly(clothing_photos(data, "test"), limit):
        high = crop_to_multiple(load_rgb(path), 2)
        yield shrink(high, 2), high


def _set5_pairs(data: Path) -> Iterator[tuple[Pixels, Pixels]]:
    for path in sorted((data / "set5" / "x2").glob("*_HR.png")):
        yield load_rgb(path.with_name(path.name.replace("_HR", "_LR"))), load_rgb(path)
