"""Ours and the rivals at rising load: one trace of several tenants, handed in faster and faster."""

from dataclasses import replace

from benchmarks.policies import RIVALS, calmest, is_click, latency_ms, ours, run
from engine.simulation.device import GPU
from engine.simulation.fairness import fairness
from engine.simulation.replay import History
from engine.simulation.report import megapixels_per_s, shares_of
from engine.simulation.sizes import mixed
from engine.simulation.traces import BULK, Crowd, Photo, Trace, bursts, merged, poisson

LOADS = (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.95, 1.1)
WINDOW_S = 0.02
"""What fairness is judged over: four of our full batches."""
_PHOTOS, _BURSTS, _TENANTS = 800, 4, 8


def load() -> list[dict[str, float | str]]:
    """A row for each load and policy. Load is a share of the bare device's best rate."""
    rows: list[dict[str, float | str]] = []
    for offered in LOADS:
        trace = traffic(offered)
        histories = {"ours": run(trace, GPU, ours(GPU))} | {name: calmest(name, trace) for name in RIVALS}
        for name, history in histories.items():
            row: dict[str, float | str] = {"load": offered, "policy": name}
            rows.append(row | _figures(history))
    return rows


def traffic(offered: float) -> Trace:
    """The same photos at any load: eight tenants in a Poisson stream, and a catalogue of the first one now and then.

    A fifth of the photos comes in four such bursts, in bulk; of the stream three quarters are bulk, so of all it is
    80%.
    """
    sizes = mixed(0.05)
    stream = poisson(_PHOTOS, 1.0, Crowd(sizes, tenants=_TENANTS, bulk_share=0.75), seed=3)
    catalogues = bursts(_BURSTS, 1 / _BURSTS, _PHOTOS // (4 * _BURSTS), Crowd(sizes, bulk_share=1.0), seed=4)
    trace = merged(stream, catalogues)
    seconds = sum(photo.pixels for photo in trace) / (offered * GPU.pixels_per_s)
    return tuple(replace(photo, at_s=photo.at_s * seconds) for photo in trace)


def _figures(history: History) -> dict[str, float | str]:
    figures: dict[str, float | str] = {"busy": 1 - shares_of(history).idle}
    figures["delivered"] = megapixels_per_s(history) * 1e6 / GPU.pixels_per_s
    figures |= latency_ms(history, is_click, "click_") | latency_ms(history, _is_bulk, "bulk_")
    return figures | {"fairness": fairness(history, WINDOW_S)}


def _is_bulk(photo: Photo) -> bool:
    return photo.priority == BULK
