"""What batching does with the device's time: the real batcher on a virtual clock (`engine/simulation`), seeded.

Nothing here ran on a GPU: the device is a cost curve. The CPU's was measured (restore, two cores); the GPU's is
ASSUMED, 0.1 ms + hypot(0.3 ms, pixels / 1,000 megapixels a second): an H200-like device, a net of 60 layers. Photos
are 400x533 and the like, as often as among the clothing test photos, and for a share of them (`phones`) 0.3 to 24
megapixels, log-uniform.

- `ours`: strips with a halo of 20 px, four lanes, up to 8 slots a batch, two batches in flight, 1 ms of host time each.
- `one`: each photo alone.
- `padded`: the next 2, 4, 8 or 16 photos, each padded to the largest; `padded_8`: always 8.
- `triton`: Triton's dynamic batcher, which ends a batch at the first photo of another shape.
- `shapes`: a queue for each shape.
- `canvases`: fixed shapes like ours, a queue for each of the four canvases that pad this very traffic least.
- `squares`: tiles of 240 px, as Packshot had.

The rivals get more than they could have: any shape at the cost of our captured graphs, no host time, priorities, and
the best batch limit of all tried. Only the squares have halos; only they and ours bound memory, and let a click in
before a large photo is done.

How to read the tables: `useful_beside_halo` is the useful share of all but the halo. `level_mp` is the area that takes
a device as long as the chain of layers does, 0.3 megapixels as assumed above: the larger it is, the more batching pays.
Waits are in times of a full batch.

![Device time and latency against load](images/batching.svg)
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from engine.batching.lanes import Lane, Slots, gpu_lanes
from engine.cards import TileShape
from engine.simulation.device import CPU, GPU, DeviceModel
from engine.simulation.ours import Model, Ours, card_of
from engine.simulation.replay import History, replay
from engine.simulation.report import (
    jain,
    latencies_s,
    megapixels_per_s,
    percentile,
    served_px,
    shares_of,
    waits_s,
)
from engine.simulation.rivals import Rules, Squares, WholePhotos, best_canvases
from engine.simulation.schedulers import Scheduler
from engine.simulation.sizes import mixed
from engine.simulation.traces import BULK, INTERACTIVE, Crowd, Photo, Trace, backlog, merged, poisson

DEPTH = 2
SIZES = (1, 2, 4, 8)
PHONES = (0.0, 0.05, 0.4)
_Rows = list[dict[str, float | str]]

RIVALS: dict[str, tuple[Rules, ...]] = {
    "one": (Rules(),),
    "padded": tuple(Rules(limit, pads=True) for limit in (2, 4, 8, 16)),
    "triton": tuple(Rules(limit) for limit in (2, 8, 32)),
    "shapes": tuple(Rules(limit, skips=True) for limit in (2, 8, 32)),
}
"""What is tried of each."""


def measure(_folder: Path) -> dict[str, _Rows]:
    """All tables, by title."""
    return {
        "Saturated: shares of device time": _saturation(),
        "Saturated: megapixels a second, and ours as a multiple of each rival's": _throughput(),
        "Clicks under a flood (40% phones): wait beyond their own work, in full batches, and latency": _clicks(),
        "Clicks under the same flood: rivals": _rival_clicks(),
        "Eight catalogues handed in one after the other: Jain's index of the tenants' useful pixels": _fairness(),
        "Load (80% bulk, 5% phones): share of device time that is busy, and latency": load(),
    }


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


def saturating(phones: float, photos: int = 500) -> Trace:
    """A backlog that keeps the device busy from beginning to end."""
    return backlog(photos, Crowd(mixed(phones), tenants=4, bulk_share=1.0), seed=1)


def flood(clicks_per_s: float, seconds: float = 1.0, photos: int = 450) -> Trace:
    """Bulk for longer than the clicks last, which come each from a tenant of its own."""
    catalogue = backlog(photos, Crowd(mixed(0.4), bulk_share=1.0, name="catalogue"), seed=1)
    return merged(catalogue, poisson(clicks_per_s, seconds, Crowd(mixed(0.0), tenants=10**6, name="click"), seed=2))


def catalogues() -> Trace:
    """Eight tenants' catalogues, alike but for chance, in one queue one after the other."""
    return merged(*(backlog(50, Crowd(mixed(0.4), bulk_share=1.0, name=f"shop {n}"), seed=n) for n in range(8)))


def is_click(photo: Photo) -> bool:
    """Whether somebody waits for it."""
    return photo.priority == INTERACTIVE


def own_s(device: DeviceModel, model: Model, depth: int = DEPTH) -> Callable[[Photo], float]:
    """Latency of a photo that has the engine to itself."""

    @cache
    def alone(height: int, width: int) -> float:
        return run((Photo(0.0, height, width),), device, model, depth).endings[0].at_s

    return lambda photo: alone(photo.height_px, photo.width_px)


def full_batch_s(device: DeviceModel, model: Model) -> float:
    """Device time of the largest batch."""
    return device.seconds(model.slots.sizes[-1] * _slot_px(model.slots.lanes))


def _saturation() -> _Rows:
    gpu = [("GPU, assumed", halo, phones, GPU, ours(GPU, halo)) for halo in (20, 12) for phones in PHONES]
    cpu = [("CPU, measured", 20, phones, CPU, cpu_model()) for phones in PHONES]
    rows: _Rows = []
    for name, halo, phones, device, model in gpu + cpu:
        shares = shares_of(run(saturating(phones), device, model, DEPTH if device is GPU else 1))
        row: dict[str, float | str] = {"device": name, "halo_px": halo, "phones": phones}
        row |= {"useful_beside_halo": shares.useful_beside_halo, "useful": shares.useful, "halo": shares.halo}
        idle = max(0.0, round(shares.idle, 6))  # 1 less a sum: it may come out a little below 0
        rows.append(row | {"padding": shares.padding, "empty_slots": shares.empty, "idle": idle})
    return rows


def _throughput() -> _Rows:
    rows: _Rows = []
    for phones in PHONES:
        trace = saturating(phones, 300)
        fixed = best_canvases(trace, 4)
        canvases = {
            "canvases": tuple(Rules(limit, canvases=fixed, skips=True) for limit in (2, 8, 32)),
            "padded_8": (Rules(8, pads=True),),
        }
        for level_mp in (0.1, 0.3, 1.0, 3.0):
            device = replace(GPU, floor_s=level_mp * 1e6 / GPU.pixels_per_s)
            mine = megapixels_per_s(run(trace, device, ours(device)))
            row: dict[str, float | str] = {"phones": phones, "level_mp": level_mp, "ours_mp_s": mine}
            for name, rules in (RIVALS | canvases).items():
                best = max(megapixels_per_s(run_rival(trace, device, WholePhotos(rule))) for rule in rules)
                row[f"vs_{name}"] = mine / best
            squares = run_rival(trace, device, Squares(240, 20, (1, 2, 4, 8, 16, 32)))
            rows.append(row | {"vs_squares": mine / megapixels_per_s(squares)})
    return rows


def _clicks() -> _Rows:
    gpu = [
        _click_row("GPU, assumed", GPU, ours(GPU), depth, flood(rate)) for depth in (1, 2) for rate in (50, 200, 800)
    ]
    cpu = [_click_row("CPU, measured", CPU, cpu_model(), 1, flood(rate, 60.0, photos=60)) for rate in (0.5, 1.0)]
    return gpu + cpu


def _click_row(name: str, device: DeviceModel, model: Model, depth: int, trace: Trace) -> dict[str, float | str]:
    history = run(trace, device, model, depth)
    batch_s = full_batch_s(device, model)
    waits = [wait / batch_s for wait in waits_s(history, own_s(device, model, depth), is_click)]
    row: dict[str, float | str] = {"device": name, "in_flight": depth, "clicks": len(waits)}
    row |= {"useful": shares_of(history).useful, "full_batch_ms": batch_s * 1e3}
    row |= {f"wait_p{percent}": percentile(waits, percent) for percent in (50, 95, 99)}
    return row | _latency_ms(history, is_click)


def _rival_clicks() -> _Rows:
    rows: _Rows = []
    for name in RIVALS:
        best = _calmest(name, flood(200))
        rows.append({"rival": name} | _latency_ms(best, is_click) | {"mp_s": megapixels_per_s(best)})
    return rows


def _fairness() -> _Rows:
    trace = catalogues()
    histories = {"ours": run(trace, GPU, ours(GPU))}
    histories |= {name: run_rival(trace, GPU, WholePhotos(rules[0])) for name, rules in RIVALS.items()}
    return [{"policy": name, "jain": jain(served_px(history).values())} for name, history in histories.items()]


def load() -> _Rows:
    """Offered load as a share of the bare device's best rate."""
    rows: _Rows = []
    crowd = Crowd(mixed(0.05), tenants=8, bulk_share=0.8)
    mean_px = sum(photo.pixels for photo in poisson(1000.0, 5.0, crowd, seed=3)) / 5000
    for offered in (0.2, 0.4, 0.6, 0.7, 0.8, 0.9):
        trace = poisson(offered * GPU.pixels_per_s / mean_px, 0.6, crowd, seed=3)
        runs = {"ours": run(trace, GPU, ours(GPU))}
        runs |= {name: _calmest(name, trace) for name in ("triton", "padded")}
        for name, history in runs.items():
            row: dict[str, float | str] = {"load": offered, "policy": name, "busy": 1 - shares_of(history).idle}
            row |= _latency_ms(history, is_click, "click_")
            rows.append(row | _latency_ms(history, lambda photo: photo.priority == BULK, "bulk_"))
    return rows


def _calmest(rival: str, trace: Trace) -> History:
    """The rival by those of its rules that keep the clicks' p95 lowest."""
    histories = [run_rival(trace, GPU, WholePhotos(rules)) for rules in RIVALS[rival]]
    return min(histories, key=lambda history: percentile(latencies_s(history, is_click), 95))


def _latency_ms(history: History, which: Callable[[Photo], bool], prefix: str = "") -> dict[str, float | str]:
    latencies = latencies_s(history, which)
    return {f"{prefix}p{percent}_ms": percentile(latencies, percent) * 1e3 for percent in (50, 95, 99)}


def _slot_px(lanes: Iterable[Lane]) -> int:
    return max(lane.height_px * lane.width_px for lane in lanes)
