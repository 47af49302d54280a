"""What the simulations of batching compare: the models that ours runs, the rivals' rules, and runs of each."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.batching.lanes import Lane, Slots, gpu_lanes
from engine.simulation.device import GPU, DeviceModel
from engine.simulation.ours import Model, Ours, card_of
from engine.simulation.replay import History, replay
from engine.simulation.report import latencies_s, percentile
from engine.simulation.rivals import Rules, WholePhotos
from engine.simulation.schedulers import Scheduler
from engine.simulation.traces import INTERACTIVE, Photo, Trace
from engine.unit_shapes import TileShape

DEPTH = 2
SIZES = (1, 2, 4, 8)

RIVALS: dict[str, tuple[Rules, ...]] = {
    "one": (Rules(),),
    "padded": tuple(Rules(limit, pads=True) for limit in (2, 4, 8, 16)),
    "triton": tuple(Rules(limit) for limit in (2, 8, 32)),
    "shapes": tuple(Rules(limit, skips=True) for limit in (2, 8, 32)),
}
"""What is tried of each."""


def ours(device: DeviceModel, halo_px: int = 20) -> Model:
    """A model in strips, as a GPU runs it."""
    tile = TileShape(tile_px=240, halo_px=halo_px, scale=1, align_px=2)
    lanes = gpu_lanes(tile)
    costs = {size: device.seconds(size * _slot_px(lanes)) for size in SIZES}
    return Model(card_of("restore", tile), Slots(SIZES, lanes, costs=costs))


def cpu_model() -> Model:
    """The same model as a CPU runs it: tiles of 440 px in pairs, trimmed."""
    tile = TileShape(tile_px=240, halo_px=20, scale=1, align_px=2)
    return Model(card_of("restore", tile), Slots((1, 2), (Lane(440, 440),), trims=True))


def run(trace: Trace, device: DeviceModel, model: Model, depth: int = DEPTH) -> History:
    """Replay the trace through the batcher."""
    return replay(trace, Ours({"restore": model}), device, depth=depth)


def run_rival(trace: Trace, device: DeviceModel, scheduler: Scheduler) -> History:
    """Replay it through a rival, whose host takes no time."""
    return replay(trace, scheduler, replace(device, host_s=0.0), depth=DEPTH)


def calmest(rival: str, trace: Trace, which: Callable[[Photo], bool] = lambda _: True) -> History:
    """The rival by those of its rules that keep the p95 of these photos' latencies lowest."""
    histories = [run_rival(trace, GPU, WholePhotos(rules)) for rules in RIVALS[rival]]
    return min(histories, key=lambda history: percentile(latencies_s(history, which), 95))


def is_click(photo: Photo) -> bool:
    """Whether somebody waits for it."""
    return photo.priority == INTERACTIVE


def full_batch_s(device: DeviceModel, model: Model) -> float:
    """Device time of the largest batch."""
    return device.seconds(model.slots.sizes[-1] * _slot_px(model.slots.lanes))


def latency_ms(history: History, which: Callable[[Photo], bool], prefix: str = "") -> dict[str, float | str]:
    """Percentiles of these photos' latencies as columns of a table."""
    latencies = latencies_s(history, which)
    return {f"{prefix}p{percent}_ms": percentile(latencies, percent) * 1e3 for percent in (50, 95, 99)}


def _slot_px(lanes: Iterable[Lane]) -> int:
    return max(lane.height_px * lane.width_px for lane in lanes)
