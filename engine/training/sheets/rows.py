"""One row of a model's contact sheet: before, what else could be done, after, truth."""

from __future__ import annotations

from engine.training import baselines
from engine.training.cards import folder_of
from engine.training.data import Pixels, crop_to_multiple, shrink
from engine.training.degradations import degrade_for_evaluation
from engine.training.faults import light_badly_for_evaluation, light_unevenly_for_evaluation
from engine.training.inference import Network
from engine.training.photo_faults import spoil_for_evaluation
from engine.training.sheets.layout import detail

PHOTO_PX = 190


def relight_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    """Badly lit, relit, unevenly lit, relit, the true photo, relit; the whole photo."""
    row = []
    for image in (light_badly_for_evaluation(photo, index), light_unevenly_for_evaluation(photo, index // 3), photo):
        row += [shrink(image, photo.shape[0] / PHOTO_PX), shrink(network.apply(image), photo.shape[0] / PHOTO_PX)]
    return row


def restore_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    """Degraded, non-local means, restored, truth; a detail."""
    bad = degrade_for_evaluation(photo, index)
    return [detail(image) for image in (bad, baselines.non_local_means(bad, 7.0), network.apply(bad), photo)]


def upscale_row(network: Network, photo: Pixels, _index: int) -> list[Pixels]:
    """Bicubic, upscaled, truth; a detail."""
    factor = network.card["tile"]["scale"]
    high = crop_to_multiple(photo, factor)
    low = shrink(high, factor)
    return [detail(image) for image in (baselines.enlarge_bicubic(low, factor), network.apply(low), high)]


def photo_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    """Bicubic from a spoilt photo, the faithful network's, the photo network's, truth; a detail."""
    factor = network.card["tile"]["scale"]
    high = crop_to_multiple(photo, factor)
    low = spoil_for_evaluation(high, factor, index)
    faithful = Network(folder_of(network.folder.parent, f"upscale-x{factor}")).apply(low)
    return [detail(image) for image in (baselines.enlarge_bicubic(low, factor), faithful, network.apply(low), high)]
