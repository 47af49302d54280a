"""Pack and unpack: GB/s as a share of a device-to-device copy of as many bytes in the same run; launches per batch.

A copy of n bytes counts as 2n, since it reads and writes them; pack and unpack count what they read and write. The
batches are what the batcher makes of a backlog of mixed photos. Goal: 80% for large batches, and two launches beside
the network's.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.gpu.layouts import full_layout, packed_bytes, unpacked_bytes
from benchmarks.gpu.timing import median_s
from benchmarks.gpu.traffic import draw_sizes, noise_photos
from benchmarks.photos import with_channels
from benchmarks.tables import Row
from engine.backends.tile_batches import strips_of
from engine.backends.torch.addresses import tensor_at
from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cards import Card, load_cards
from engine.cuda.gpu import Gpu
from engine.cuda.network import Shape
from engine.cuda.tile_executor import TileExecutor
from engine.images import Image
from engine.kernels.launches import Launch
from engine.kernels.pack_tiles import pack_strips
from engine.settings import EngineSettings
from engine.unit_shapes import TileShape

TITLE = "Pack and unpack"
SIZES = (1, 4, 16)
_HALF = np.dtype(np.float16)
_DRY_LANE = Lane(96, 192)


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Rows for every tile model in float16, both memory orders, and batches of 1, 4 and 16 slots."""
    settings = EngineSettings.from_env()
    cards = [card for card in load_cards(settings.weights_dir).values() if card.tile is not None]
    if arguments.dry:
        return [_rehearse(card) for card in cards]
    gpu = Gpu.open(settings.gpu, settings.plans_dir)
    try:
        photos = noise_photos(draw_sizes(40, seed=1), seed=1)
        device = torch.device("cuda", gpu.cuda.index)
        return [row for card in cards for last in (True, False) for row in launch_rows(gpu, device, card, photos, last)]
    finally:
        gpu.close()


class IdleNetwork:
    """A DeviceNetwork that computes nothing, and counts its runs; its answer is zeros."""

    dtype = _HALF

    def __init__(self, tile: TileShape, device: torch.device, channels_last: bool) -> None:
        self.channels_last = channels_last
        self.runs = 0
        self._tile = tile
        self._device = device

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        """See DeviceNetwork."""
        scale = self._tile.scale
        return (shape[0], self._tile.channels_out, scale * shape[2], scale * shape[3])

    def prepare(self, shape: Shape, _input: int, output_address: int, _stream: int) -> Callable[[], None]:
        """See DeviceNetwork."""
        tensor_at(output_address, self.output_shape(shape), self.dtype, self._device).zero_()
        return self._count

    def _count(self) -> None:
        self.runs += 1


def launch_rows(
    gpu: Gpu, device: torch.device, card: Card, photos: Sequence[Image], channels_last: bool
) -> Iterator[Row]:
    """Let the executor run one batch of each size, then time each of its launches alone.

    `device` is the same one; "cpu" on the stand-in driver, whose launches are over when they return.
    """
    assert card.tile is not None
    on_gpu = device.type == "cuda"
    stream = torch.cuda.ExternalStream(gpu.compute.handle, device=device) if on_gpu else None
    network = IdleNetwork(card.tile, device, channels_last)
    shown = [with_channels(photo, card.channels_in) for photo in photos]
    executor = TileExecutor(gpu, network, card.tile, SIZES)
    for size in SIZES:
        layout = full_layout(card, executor.lanes, size, shown)
        network.runs = 0
        launches = _launches_of(gpu, executor, layout)
        facts = _facts(card, layout, channels_last) | {"launches_per_batch": len(launches) + network.runs}
        for launch, count in zip(launches, (packed_bytes, unpacked_bytes), strict=True):
            moved = count(layout, card, _HALF.itemsize)
            seconds = median_s(_relaunch(gpu, launch), stream)
            yield {"kernel": launch.function, **facts, **_speed(moved, seconds, _copy_s(moved, device, stream))}
        for target in {id(unit.target): unit.target for unit in layout.units}.values():
            gpu.pictures.release(target)


def _launches_of(gpu: Gpu, executor: TileExecutor, layout: Layout) -> list[Launch]:
    """Run a batch, and return its launches: their tables and pictures stay on the device until its next batch."""
    seen: list[Launch] = []
    launch = gpu.kernels.launch

    def note(described: Launch, stream: Any) -> None:
        seen.append(described)
        launch(described, stream)

    gpu.kernels.launch = note  # type: ignore[method-assign,assignment]  # an ear at the one door, for one batch
    try:
        executor.start(layout).wait()
    finally:
        gpu.kernels.launch = launch  # type: ignore[method-assign]
    return seen


def _relaunch(gpu: Gpu, launch: Launch) -> Callable[[], None]:
    return lambda: gpu.kernels.launch(launch, gpu.compute)


def _copy_s(moved: int, device: torch.device, stream: Any) -> float:
    """Seconds to copy half of so many bytes from device memory to device memory, which moves them all."""
    source, target = (torch.zeros(moved // 2, dtype=torch.uint8, device=device) for _ in range(2))

    def copy() -> None:
        with torch.cuda.stream(stream):  # None: the current one
            target.copy_(source)

    return median_s(copy, stream)


def _rehearse(card: Card) -> Row:
    """The pack reference on the CPU, with a small batch: everything of this module but the launches."""
    assert card.tile is not None
    photos = noise_photos(draw_sizes(0.5, seed=1, largest_px=300_000), seed=1)
    shown = [with_channels(photo, card.channels_in) for photo in photos]
    layout = full_layout(card, (_DRY_LANE,), 2, shown)
    batch = np.zeros((layout.size, card.channels_in, _DRY_LANE.height_px, _DRY_LANE.width_px), _HALF)
    strips = strips_of(layout, card.tile)
    moved = packed_bytes(layout, card, _HALF.itemsize)
    seconds = median_s(lambda: pack_strips(strips, batch), None, rounds=3)
    facts = _facts(card, layout, channels_last=False) | {"launches_per_batch": 0}
    return {"kernel": "reference", **facts, **_speed(moved, seconds, _copy_s(moved, torch.device("cpu"), None))}


def _facts(card: Card, layout: Layout, channels_last: bool) -> dict[str, str | int]:
    order = "NHWC" if channels_last else "NCHW"
    return {"model": card.model, "order": order, "slots": layout.size, "units": len(layout.placed)}


def _speed(moved: int, seconds: float, copy_s: float) -> dict[str, float]:
    return {"MB": moved / 1e6, "us": seconds * 1e6, "GB_s": moved / seconds / 1e9, "share_of_copy": copy_s / seconds}
