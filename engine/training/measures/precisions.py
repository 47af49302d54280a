"""A model's precisions beside each other, by the figure that its card promises."""

from __future__ import annotations

from pathlib import Path

from engine.quality.metrics import psnr, psnr_y
from engine.training.inference import Network
from engine.training.measures.restore import spoiled_pairs
from engine.training.measures.scores import Metric, Scores
from engine.training.measures.upscale import test_pairs


def compare_networks(model: str, networks: dict[str, Network], data: Path, limit: int | None) -> Metric:
    """The last of ``networks`` beside the others, by PSNR on the same test photos as the card's own figures."""
    name, title, pairs = {
        "restore": ("psnr_db", "clothing test photos, fixed degradation", spoiled_pairs),
        "upscale-x2": ("psnr_y_db", "clothing test photos x2", test_pairs),
    }[model]
    scores = Scores()
    for given, truth in pairs(data, limit):
        for precision, network in networks.items():
            output = network.apply(given)
            scores.add(precision, psnr(output, truth) if model == "restore" else psnr_y(output, truth, crop=2))
    return scores.metric(name, title, of=list(networks)[-1])
