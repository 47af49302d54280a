"""The shapes of a slot, which is one item of a network's batch, and how a photo's height is cut into bands for them.

A tile model's slot is a strip that holds rectangles of several photos side by side. Strips waste less than squares:
a photo's width leaves no remainder, since the next photo follows at once, and lanes of a few heights leave little of
its height (docs/benchmarks.md, `batching`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from engine.unit_shapes import TileShape

GPU_CORES_PX = (712, 534, 400, 192)
"""Heights of a photo that one lane takes whole. The first three are those that shop photos have most often; all were
chosen by simulation (engine.simulation): a fifth lane gained 0.3% and would cost a quarter more in plans."""
GPU_SLOT_PX = 576 * 1152
NEAR_BEST = 0.95
_WIDTH_STEP_PX = 16
_GRAIN_PX = 8
"""Where units may begin within a slot of fixed shape: a row of eight fp16 values is one 16-byte store."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A slot's height and width, halos included."""

    height_px: int
    width_px: int


@dataclass(frozen=True, slots=True)
class Slots:
    """What one model's batches are made of.

    `sizes`: how many slots a batch may have, ascending. `lanes`: the shapes of a slot, none for a frame or a latent
    model, which has but one. `trims`: a slot, of the one lane there is, holds one unit and is trimmed to it (a CPU);
    else shapes are fixed, and units lie side by side. `costs`: seconds that a batch of each size takes; where unknown,
    they count as equal per slot.
    """

    sizes: tuple[int, ...]
    lanes: tuple[Lane, ...] = ()
    trims: bool = False
    costs: Mapping[int, float] | None = None

    def size_for(self, needed: int) -> int:
        """Return the size that does most per second when `needed` (at least 1) slots could be filled.

        Where slots are trimmed there are no prepared shapes: any number up to the largest will do.
        """
        if self.trims:
            return min(needed, self.sizes[-1])
        return max(self.sizes, key=lambda size: (min(size, needed) / self._cost(size), size))

    def holding(self, used: int) -> int:
        """Return the smallest size that holds `used` slots."""
        return used if self.trims else next(size for size in self.sizes if size >= used)

    def with_costs(self, costs: Mapping[int, float]) -> "Slots":
        """The same with measured costs, up to the smallest size that comes near the best throughput.

        A larger batch would only make the next click wait longer.
        """
        best = max(size / costs[size] for size in self.sizes)
        enough = next(size for size in self.sizes if size / costs[size] >= NEAR_BEST * best)
        return replace(self, sizes=tuple(size for size in self.sizes if size <= enough), costs=dict(costs))

    def below(self, size: int) -> "Slots":
        """The same without batches of `size` slots and more; the smallest size stays."""
        return replace(self, sizes=tuple(known for known in self.sizes if known < size) or self.sizes[:1])

    def _cost(self, size: int) -> float:
        return self.costs[size] if self.costs else float(size)


class Band(NamedTuple):
    """A horizontal strip of a photo's core pixels, for one lane."""

    lane: Lane
    y: int
    height: int


def gpu_lanes(tile: TileShape) -> tuple[Lane, ...]:
    """Return the lanes for devices of fixed shapes: a few heights, nearly one area, so that a slot costs the same.

    With a halo so wide that the area would leave a slot hardly any core, a lane is as wide as four halos at least.
    """
    step = math.lcm(_WIDTH_STEP_PX, tile.align_px)
    cores = [core for core in GPU_CORES_PX if core >= 2 * tile.halo_px] or [GPU_CORES_PX[0]]
    heights = [_rounded_up(core + 2 * tile.halo_px, grain_px(tile)) for core in cores]
    least = _rounded_up(4 * tile.halo_px + 2 * grain_px(tile), step)
    lanes = [Lane(height, max(least, GPU_SLOT_PX // height // step * step)) for height in heights]
    return tuple(dict.fromkeys(lanes))


def grain_px(tile: TileShape) -> int:
    """Where units may begin in a slot of fixed shape: multiples of this."""
    return math.lcm(_GRAIN_PX, tile.align_px)


@lru_cache(maxsize=4096)
def cut_into_bands(height: int, lanes: tuple[Lane, ...], halo_px: int) -> tuple[Band, ...]:
    """Cut `height` pixels into bands, the highest first, so that their lanes add up to the least area."""
    bands: list[Band] = []
    y = 0
    for lane in sorted(_cheapest(height, lanes, halo_px), key=lambda lane: -lane.height_px):
        band = Band(lane, y, min(lane.height_px - 2 * halo_px, height - y))
        bands.append(band)
        y += band.height
    return tuple(bands)


def _cheapest(height: int, lanes: tuple[Lane, ...], halo_px: int) -> list[Lane]:
    """Choose lanes whose cores reach `height`: many of the densest, and for the rest what dynamic programming found."""
    choices = _choices(lanes, halo_px)
    densest = min(lanes, key=lambda lane: _cost(lane, halo_px) / (lane.height_px - 2 * halo_px))
    whole = max(0, -(-(height - len(choices)) // (densest.height_px - 2 * halo_px)))
    rest = height - whole * (densest.height_px - 2 * halo_px)
    chosen = [densest] * whole
    while rest > 0:
        chosen.append(choices[rest - 1])
        rest -= chosen[-1].height_px - 2 * halo_px
    return chosen


@lru_cache(maxsize=64)
def _choices(lanes: tuple[Lane, ...], halo_px: int) -> tuple[Lane, ...]:
    """For 1, 2, ... pixels that are left of a height, the lane to use next: up to three times the highest core."""
    cores = {lane: lane.height_px - 2 * halo_px for lane in lanes}
    costs = {lane: _cost(lane, halo_px) for lane in lanes}
    least = [0.0]
    chosen: list[Lane] = []
    for left in range(1, 3 * max(cores.values()) + 1):
        totals = {lane: costs[lane] + least[max(0, left - core)] for lane, core in cores.items()}
        chosen.append(min(totals, key=totals.__getitem__))
        least.append(totals[chosen[-1]])
    return tuple(chosen)


def _cost(lane: Lane, halo_px: int) -> float:
    """The area that the network sees for one column of the lane's cores: each slot has two side halos, too."""
    return lane.height_px * lane.width_px / (lane.width_px - 2 * halo_px)


def _rounded_up(length: int, step: int) -> int:
    return length + -length % step
