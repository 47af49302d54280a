"""What is measured of each model, on pictures it never saw, beside its baselines. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.training.inference import Network
from engine.training.measures.cutout import measure_cutout, measure_edges
from engine.training.measures.inpaint import measure_inpaint
from engine.training.measures.relight import measure_relight
from engine.training.measures.restore import measure_restore
from engine.training.measures.scores import Metric, Scores
from engine.training.measures.upscale import measure_photo, measure_upscale

__all__ = ["MEASURES", "Metric", "Scores"]

MEASURES: dict[str, Callable[[Network, Path, int | None], list[Metric]]] = {
    "upscale-x2": measure_upscale,
    "upscale-x4": measure_upscale,
    "upscale-x2-photo": measure_photo,
    "upscale-x4-photo": measure_photo,
    "restore": measure_restore,
    "relight": measure_relight,
    "cutout": measure_cutout,
    "cutout-edges": measure_edges,
    "inpaint": measure_inpaint,
}
