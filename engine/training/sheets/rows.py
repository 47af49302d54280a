"""One row of a model's contact sheet: before, what else could be done, after, truth."""

from __future__ import annotations

from engine.training import baselines
from engine.training.data import Pixels, crop_to_multiple, shrink
from engine.training.degradations import degrade_for_evaluation
from engine.training.faults import light_badly_for_evaluation
from engine.training.inference import Network
from engine.training.sheets.layout import detail

PHOTO_PX = 190


def relight_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    """Badly lit, relit, truth; the whole photo."""
    bad = light_badly_for_evaluation(photo, index)
    return [shrink(image, photo.shape[0] / PHOTO_PX) for image in (bad, network.apply(bad), photo)]


def restore_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    """Degraded, non-local means, restored, truth; a detail."""
    bad = degrade_for_evaluation(photo, index)
    return [detail(image) for image in (bad, baselines.non_local_means(bad, 7.0), network.apply(bad), photo)]


def upscale_row(network: Network, photo: Pixels, _index: int) -> list[Pixels]:
    """Bicubic, upscaled, truth; a detail."""
    high = crop_to_multiple(photo, 2)
    low = shrink(high, 2)
    return [detail(image) for image in (baselines.enlarge_bicubic(low, 2), network.apply(low), high)]
