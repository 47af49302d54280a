"""A backend without networks: NumPy functions, a cost curve and planted failures. Deterministic; for tests, for
benchmarks of everything around the device, and for trying how a deployment takes a failing one.

A tile model answers with a 5×5 box filter, enlarged by repetition (so that a stitched result can be held against the
whole image), of its RGB or, with one channel out, of the last channel in; a frame model with the table that changes
nothing, with zeros for light, with a matte of what is dark, or with the photo itself, shrunk; a latent model with its
vector's values, taken round and round.
"""

import itertools
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.backends.base import DONE, Executor, Running
from engine.backends.tile_batches import pack_layout, pack_units, trimmed_size, unpack_layout, unpack_units
from engine.batching.lanes import Lane, grain_px
from engine.batching.units import Layout, Unit
from engine.cards import Card
from engine.errors import DeviceLost, SettingsRefused
from engine.images import Floats, Image
from engine.kernels.pack_frames import average
from engine.kernels.unpack_tiles import Core, unpack_tiles
from engine.pixels.light import identity_lut3d
from engine.settings import EngineSettings
from engine.unit_shapes import FrameShape, LatentShape, TileShape

RADIUS_PX = 2
"""How far the fake tile network sees: a card for it needs at least this halo."""


@dataclass(frozen=True, slots=True)
class FakePlan:
    """What a run costs and which fails. Units and runs are counted from 1, over all models; 0 means never.

    The first runs at the engine's start count too: with largest_batch=1 they are one unit for each model.
    As a text (PACKSHOT_FAKE_PLAN): "largest_batch=1,slot_ms=2,fail_unit=7".
    """

    batch_ms: float = 0.0
    slot_ms: float = 0.0
    largest_batch: int = 8
    """In slots."""
    strips: int = 0
    """1: as on a GPU, slots of fixed shape with units side by side, and two batches in flight; 0: as on a CPU."""
    as_gpu: int = 0
    """1: a worker on it does the jobs that need a GPU, and takes new versions at its start alone, as one on a GPU."""
    fail_unit: int = 0
    """The nth unit fails, and so does every batch that holds its like again (its source image and place)."""
    memory_slots: int = 0
    """A batch of more slots than this does not fit into the device's memory."""
    room_px: int = 0
    """The device has room for so many pixels of pictures; 0: for any number."""
    hang_run: int = 0
    """The nth run does not return until the backend is released."""
    lose_run: int = 0
    """The nth run loses the device."""
    crash_width: int = 0
    """A batch with a unit of a picture that is so many pixels wide ends the process, as a fault in native code does."""
    full_width: int = 0
    """A batch with such a unit never fits into the device's memory."""

    @classmethod
    def parse(cls, text: str) -> "FakePlan":
        """Read "name=number,…". Raises SettingsRefused for an unknown name or a value that is no number from 0."""
        allowed = {entry.name: entry.type for entry in fields(cls)}
        values: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = part.partition("=")
            if name not in allowed or not number.replace(".", "", allowed[name] is float).isdecimal():
                raise SettingsRefused(f"PACKSHOT_FAKE_PLAN: name=number of {', '.join(allowed)}; received {part!r}")
            values[name] = float(number) if allowed[name] is float else int(number)
        return cls(**values)


class FakeBackend:
    """Runs a FakePlan. `runs` lists the batches' slots so far, `released` ends a planted hang."""

    name = "fake"
    batching_pays = True
    loads_aside = True

    def __init__(
        self, plan: FakePlan | None = None, before_run: Callable[[Sequence[Unit]], None] | None = None
    ) -> None:
        """`before_run` is called on the device thread with each batch: a test's way to watch, wait or raise."""
        self.plan = plan or FakePlan()
        self.depth = 2 if self.plan.strips else 1
        if self.plan.as_gpu:
            self.loads_aside = False
        self.runs: list[int] = []
        self.closed = False
        self.released = threading.Event()
        self._before_run = before_run
        self._units_seen = itertools.count(1)
        self._culprit: tuple[int, Any] | None = None

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> "FakeBackend":
        """As PACKSHOT_FAKE_PLAN says. Raises SettingsRefused."""
        return cls(FakePlan.parse(settings.fake_plan))

    def variant_of(self, card: Card) -> Card:
        """It has no precision."""
        return card

    def load(self, card: Card) -> Executor:
        """Make a NumPy stand-in of the card's kind."""
        return FakeExecutor(self, card)

    def room_px(self) -> float:
        """As many as `FakePlan.room_px` says."""
        return self.plan.room_px or math.inf

    def collect(self, target: NDArray[Any]) -> None:
        """Nothing to fetch."""

    def release(self, target: NDArray[Any]) -> None:
        """Nothing to forget."""

    def describe(self) -> dict[str, Any]:
        """That nothing real runs."""
        passes_for = {"passes_for": "gpu"} if self.plan.as_gpu else {}
        return {"device": "none: answers are made by NumPy", "plan": repr(self.plan), **passes_for}

    def close(self) -> None:
        """Remember it."""
        self.closed = True

    def suffer(self, layout: Layout) -> None:
        """Cost what a run costs, and fail when it is planned."""
        self.runs.append(layout.size)
        if self._before_run is not None:
            self._before_run(layout.units)
        time.sleep((self.plan.batch_ms + self.plan.slot_ms * layout.size) / 1000)
        run = len(self.runs)
        if run == self.plan.hang_run:
            self.released.wait()
        if run == self.plan.lose_run:
            raise DeviceLost(f"the fake device was lost in run {run}, as planned")
        if 0 < self.plan.memory_slots < layout.size:
            raise MemoryError(f"the fake device holds {self.plan.memory_slots} slots; received {layout.size}")
        widths = {unit.source.shape[1] for unit in layout.units}
        if self.plan.crash_width in widths:
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.plan.full_width in widths:
            raise MemoryError(f"the fake device has no room for {self.plan.full_width} px, as planned")
        self._fail_if_planned(layout.units)

    def _fail_if_planned(self, units: Sequence[Unit]) -> None:
        places = [(id(unit.source), unit.box) for unit in units]
        for place in places:
            if self._culprit is None and next(self._units_seen) == self.plan.fail_unit:
                self._culprit = place
        if self._culprit in places:
            raise RuntimeError(f"the fake device failed on unit {self.plan.fail_unit}, as planned")


class FakeExecutor:
    """One card's stand-in."""

    def __init__(self, backend: FakeBackend, card: Card) -> None:
        self._backend = backend
        self._card = card
        self.trims = not backend.plan.strips
        self.lanes = _lanes(card.tile, trims=self.trims) if card.tile else ()
        largest = backend.plan.largest_batch
        self.batch_sizes = tuple(sorted({size for size in (1, 2, 4, 8, 16, 32, 64) if size < largest} | {largest}))

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        assert 1 <= layout.size <= self.batch_sizes[-1], (layout.size, self.batch_sizes)
        self._backend.suffer(layout)
        shape = self._card.tile
        if shape is None:
            self._answer_whole(layout.units)
        elif self.trims:
            for unit in layout.units:
                batch = pack_units([unit], shape, trimmed_size(unit, shape))
                unpack_units(self._answer(batch, shape), [unit], shape)
        else:
            assert layout.lane is not None
            unpack_layout(self._answer(pack_layout(layout, layout.lane, shape), shape), layout, shape)
        return DONE

    def _answer_whole(self, units: Sequence[Unit]) -> None:
        """Of a frame or a latent model."""
        if self._card.latent is not None:
            pictures = np.stack([fake_latent(unit.source[unit.row], self._card.latent) for unit in units])
            unpack_tiles(pictures, [Core(unit.target, *unit.box) for unit in units], 0)
            return
        assert self._card.frame is not None
        for unit in units:
            unit.target[...] = fake_frame(unit.source, self._card.frame)

    @staticmethod
    def _answer(batch: Floats, shape: TileShape) -> Floats:
        return fake_network(batch, shape.scale, shape.channels_out)


def _lanes(tile: TileShape, *, trims: bool) -> tuple[Lane, ...]:
    """A square, or strips of two heights with one area, their widths as `grain_px` wants them."""
    side = tile.tile_px
    if trims:
        return (Lane(side, side),)
    width = 4 * side + -4 * side % grain_px(tile)
    return Lane(2 * side, width), Lane(side, 2 * width)


def fake_network(batch: Floats, scale: int, channels_out: int) -> Floats:
    """5×5 box filter of float32 [N,channels_in,h,w], enlarged by repetition to [N,channels_out,scale*h,scale*w]."""
    side = 2 * RADIUS_PX + 1
    kept = batch[:, -1:] if channels_out == 1 else batch[:, :3]
    filtered = np.stack([[cv2.blur(plane, (side, side)) for plane in tile] for tile in kept])
    return np.asarray(filtered.repeat(scale, axis=2).repeat(scale, axis=3), np.float32)


def fake_frame(image: Image, shape: FrameShape) -> Floats:
    """What the fake frame network answers for uint8 [H,W,channels_in]: float32 of the shape's output_shape."""
    if shape.output == "lut3d":
        return identity_lut3d(shape.output_shape[1])
    if shape.output in ("light", "vector"):
        return np.zeros(shape.output_shape, np.float32)
    shrunk = average(image[..., :3], *shape.output_shape[1:])
    return shrunk if shape.output == "image" else np.float32(1) - shrunk.mean(axis=0, keepdims=True)


def fake_latent(vector: Floats, shape: LatentShape) -> Floats:
    """What the fake latent network answers for float32 [length]: float32 of the shape's output_shape."""
    return np.resize(vector, shape.output_shape)


def fake_whole_image(image: Image, scale: int, channels_out: int = 3) -> Image:
    """What the fake tile network answers for a whole image, uint8 [H,W,C]: the truth that stitched tiles must equal."""
    padding = ((RADIUS_PX, RADIUS_PX), (RADIUS_PX, RADIUS_PX), (0, 0))
    values = np.pad(image, padding, mode="reflect").transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    answer = fake_network(values, scale, channels_out)[0].transpose(1, 2, 0)
    rim = RADIUS_PX * scale
    kept = answer[rim : rim + image.shape[0] * scale, rim : rim + image.shape[1] * scale]
    codes: Image = np.clip(np.floor(kept * np.float32(255) + np.float32(0.5)), 0, 255).astype(np.uint8)
    return codes
