"""A model's precisions beside each other, by the figure that its card promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from engine.quality.metrics import psnr, psnr_y
from engine.training.data import Pixels
from engine.training.inference import Network
from engine.training.measures.restore import spoiled_pairs
from engine.training.measures.scores import Metric, Scores
from engine.training.measures.upscale import PHOTO_PHOTOS, Pair, spoilt_pairs, test_pairs

_Promise = tuple[
    str, str, Callable[[Path, int | None], Iterator[Pair]], Callable[[Pixels, Pixels], float]
]  # the figure's name, its set's name, the pairs, how a result is compared


def compare_networks(model: str, networks: dict[str, Network], data: Path, limit: int | None) -> Metric:
    """The last of ``networks`` beside the others, by PSNR on the same test photos as the card's own figures."""
    name, title, pairs, ratio = _PROMISES[model]
    scores = Scores()
    for given, truth in pairs(data, limit):
        for precision, network in networks.items():
            scores.add(precision, ratio(network.apply(given), truth))
    return scores.metric(name, title, of=list(networks)[-1])


def _upscaling(factor: int) -> _Promise:
    ratio = partial(psnr_y, crop=factor)
    return "psnr_y_db", f"clothing test photos x{factor}", partial(test_pairs, factor=factor), ratio


def _photo(factor: int) -> _Promise:
    def pairs(data: Path, limit: int | None) -> Iterator[Pair]:
        return spoilt_pairs(data, limit or PHOTO_PHOTOS, factor)

    return "psnr_y_db", f"clothing test photos x{factor}, spoilt", pairs, partial(psnr_y, crop=factor)


_PROMISES: dict[str, _Promise] = {
    "restore": ("psnr_db", "clothing test photos, fixed degradation", spoiled_pairs, psnr),
    "upscale-x2": _upscaling(2),
    "upscale-x4": _upscaling(4),
    "upscale-x2-photo": _photo(2),
    "upscale-x4-photo": _photo(4),
}
