"""Upscaling, measured beside bicubic; the photo variants also beside the networks that they would save one from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.quality.metrics import psnr_y, ssim
from engine.training import baselines
from engine.training.cards import folder_of
from engine.training.data import Pixels, clothing_photos, crop_to_multiple, evenly, load_rgb, shrink
from engine.training.inference import Network
from engine.training.measures.scores import Metric, Scores
from engine.training.photo_faults import spoil_for_evaluation

PHOTO_PHOTOS = 100  # evenly spread over the test photos: four methods, three networks
Pair = tuple[Pixels, Pixels]
Methods = dict[str, Callable[[Pixels], Pixels]]


def measure_upscale(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Y-PSNR and SSIM on Set5 and on the clothing test photos, whose low resolution is bicubic."""
    factor = network.card["tile"]["scale"]
    methods: Methods = {"model": network.apply, "bicubic": lambda low: baselines.enlarge_bicubic(low, factor)}
    return [
        *_measure(methods, set5_pairs(data, factor), f"Set5 x{factor}", factor),
        *_measure(methods, test_pairs(data, limit, factor), f"clothing test photos x{factor}", factor),
    ]


def measure_photo(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """Y-PSNR and SSIM on test photos spoilt as `photo_faults` tells, and on clean ones, beside the faithful way."""
    factor = network.card["tile"]["scale"]
    faithful, restorer = (Network(folder_of(network.folder.parent, name)) for name in (f"upscale-x{factor}", "restore"))
    methods: Methods = {
        "model": network.apply,
        "bicubic": lambda low: baselines.enlarge_bicubic(low, factor),
        faithful.card["model"]: faithful.apply,
        f"restore, {faithful.card['model']}": lambda low: faithful.apply(restorer.apply(low)),
    }
    count = limit or PHOTO_PHOTOS
    return [
        *_measure(methods, spoilt_pairs(data, count, factor), f"clothing test photos x{factor}, spoilt", factor),
        *_measure(methods, test_pairs(data, count, factor), f"clothing test photos x{factor}, clean", factor),
    ]


def test_pairs(data: Path, limit: int | None, factor: int) -> Iterator[Pair]:
    """Yield (bicubic half or quarter, photo) of the test photos."""
    for high in _test_photos(data, limit, factor):
        yield shrink(high, factor), high


def spoilt_pairs(data: Path, limit: int | None, factor: int) -> Iterator[Pair]:
    """Yield (spoilt half or quarter, photo) of the test photos under the fixed degradation of `photo_faults`."""
    for index, high in enumerate(_test_photos(data, limit, factor)):
        yield spoil_for_evaluation(high, factor, index), high


def set5_pairs(data: Path, factor: int) -> Iterator[Pair]:
    """Yield (low, high) of Set5 as its benchmark gives them."""
    for path in sorted((data / "set5" / f"x{factor}").glob("*_HR.png")):
        yield load_rgb(path.with_name(path.name.replace("_HR", "_LR"))), load_rgb(path)


def _measure(methods: Methods, pairs: Iterable[Pair], name: str, factor: int) -> list[Metric]:
    luma, structure = Scores(), Scores()
    inside = slice(factor, -factor)
    for low, high in pairs:
        for method, enlarge in methods.items():
            output = enlarge(low)
            luma.add(method, psnr_y(output, high, crop=factor))
            structure.add(method, ssim(output[inside, inside], high[inside, inside]))
    return [luma.metric("psnr_y_db", name), structure.metric("ssim_y", name)]


def _test_photos(data: Path, limit: int | None, factor: int) -> Iterator[Pixels]:
    for path in evenly(clothing_photos(data, "test"), limit):
        yield crop_to_multiple(load_rgb(path), factor)
