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

The goal was twice the throughput of padding (`vs_padded`) and of per-shape batching (`vs_triton`, `vs_shapes`): it is
met only in the rows and columns that show 2 or more, and missed everywhere else. `shapes` is never beaten by as much,
and where the chain of layers weighs little it is faster than ours, which pays for halos.

Load is a share of the bare device's best rate. The same photos come at every load, the faster the higher it is: eight
tenants in a Poisson stream, of which the first also hands in a catalogue at once, four times. `busy` is device time,
`delivered` what was asked for and computed, at the device's best rate: under overload it tells the capacity. Of a
rival's batch limits the one with the lowest p95 of all photos counts. Where more is asked than a policy can do, its
latencies are those of a trace that ends. `fairness`: of the tenants with photos unfinished at the start of a window of
20 ms, Jain's index of what each got by its max-min fair share; the mean of all windows with two of them or more.

What ours loses: at low load a photo takes 2 ms instead of 0.5, one of them the host's; under high load it has a lower
capacity than `shapes`, and nearly all of its slowest bulk is the first tenant's own catalogues, since others go first.

![Device time, fairness and latency against load](images/batching.png)
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from benchmarks.batching_load import load
from benchmarks.policies import (
    DEPTH,
    RIVALS,
    calmest,
    cpu_model,
    full_batch_s,
    is_click,
    latency_ms,
    ours,
    run,
    run_rival,
)
from engine.simulation.device import CPU, GPU, DeviceModel
from engine.simulation.ours import Model
from engine.simulation.report import jain, megapixels_per_s, percentile, served_px, shares_of, waits_s
from engine.simulation.rivals import Rules, Squares, WholePhotos, best_canvases
from engine.simulation.sizes import mixed
from engine.simulation.traces import Crowd, Photo, Trace, backlog, merged, poisson

PHONES = (0.0, 0.05, 0.4)
_Rows = list[dict[str, float | str]]


def measure(_folder: Path) -> dict[str, _Rows]:
    """All tables, by title."""
    return {
        "Saturated: shares of device time": _saturation(),
        "Saturated: megapixels a second, and ours as a multiple of each rival's": _throughput(),
        "Clicks under a flood (40% phones): wait beyond their own work, in full batches, and latency": _clicks(),
        "Clicks under the same flood: rivals": _rival_clicks(),
        "Eight catalogues handed in one after the other: Jain's index of the tenants' useful pixels": _fairness(),
        "Load (8 tenants, Poisson and bursts, 80% bulk, 5% phones): device time, latency and fairness": load(),
    }


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


def own_s(device: DeviceModel, model: Model, depth: int = DEPTH) -> Callable[[Photo], float]:
    """Latency of a photo that has the engine to itself."""

    @cache
    def alone(height: int, width: int) -> float:
        return run((Photo(0.0, height, width),), device, model, depth).endings[0].at_s

    return lambda photo: alone(photo.height_px, photo.width_px)


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
    return row | latency_ms(history, is_click)


def _rival_clicks() -> _Rows:
    rows: _Rows = []
    for name in RIVALS:
        best = calmest(name, flood(200), is_click)
        rows.append({"rival": name} | latency_ms(best, is_click) | {"mp_s": megapixels_per_s(best)})
    return rows


def _fairness() -> _Rows:
    trace = catalogues()
    histories = {"ours": run(trace, GPU, ours(GPU))}
    histories |= {name: run_rival(trace, GPU, WholePhotos(rules[0])) for name, rules in RIVALS.items()}
    return [{"policy": name, "jain": jain(served_px(history).values())} for name, history in histories.items()]
