"""What goes through the batcher: a ticket, the work it asks for, its units, and the layout of a batch."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.batching.cutting import Box, Cutting, Piece, cutting_of
from engine.batching.facts import BatchFacts, Tally
from engine.batching.lanes import Lane, Slots
from engine.cards import Card


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who asks, how urgently, and how to call it off."""

    tenant: str = ""
    priority: int = 0
    """0 interactive, 1 bulk; lower goes first."""
    deadline: float | None = None
    """time.monotonic() seconds; units not packed by then are dropped."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Once set, units not yet packed are dropped."""
    alone: bool = False
    """Run every unit in a batch of its own: for work suspected of killing its batch."""
    on_progress: Callable[[int, int], None] | None = None
    """Called with (pixels done, pixels in all) on the device thread: it must return at once and never block."""
    tag: Hashable | None = None
    """Opaque to the engine, which tells a batch's observers the tags of the works in it (`engine.observing`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A part of one submission: `box` of `source` is to be computed and written to its place in `target`.

    For a tile model `target` is the enlarged uint8 image [H,W,channels_out], and `box` the core whose answer is kept.
    For a frame model `box` is the whole source, and `target` the raw float32 array that receives the network's answer.
    For a latent model `source` is float32 [n,length], `target` a uint8 image in which the n pictures lie one below the
    other, and `box` the place of one of them.
    """

    source: NDArray[Any]
    target: NDArray[Any]
    box: Box

    @property
    def row(self) -> int:
        """Of a latent model: which of the source's vectors it is."""
        return self.box.y // self.box.height

    @property
    def place(self) -> str:
        """Where it lies in its submission, in words."""
        if self.source.ndim == 2:
            return f"vector {self.row} of {len(self.source)}"
        height, width = self.source.shape[:2]
        return f"y {self.box.y}, x {self.box.x} of a photo of {height} × {width} px"


class Placed(NamedTuple):
    """A unit and where it lies: `x` is the left edge of its halo in its slot, in pixels, a multiple of align_px."""

    unit: Unit
    slot: int
    x: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What one run of the device computes: `size` slots of one lane (None: frames, latents); some may be empty.

    A unit with core (h, w) takes the slot's columns x .. x + pad(w) + 2 * halo_px, pad rounding up to align_px, and
    sees rows and columns of its source from box.y - halo_px and box.x - halo_px, reflected at the picture's borders.
    """

    lane: Lane | None
    size: int
    placed: tuple[Placed, ...]

    @property
    def units(self) -> list[Unit]:
        """Its units, slot by slot."""
        return [placed.unit for placed in self.placed]


@dataclass(frozen=True, slots=True)
class Result:
    """What a future resolves to: the output (a new array) and what was done to make it."""

    output: NDArray[Any]
    facts: BatchFacts


@dataclass(slots=True, eq=False)
class Work:
    """One submission on its way; the batcher alone changes it, under the device thread's lock.

    Units are cut one by one as they are taken, so that a large photo costs its own bytes and no more.
    """

    card: Card
    source: NDArray[Any]
    target: NDArray[Any]
    ticket: Ticket
    slots: Slots
    future: "Future[Result]" = field(default_factory=Future)
    tally: Tally = field(default_factory=Tally)
    done_px: int = 0
    begun: bool = False
    settled: bool = False
    order: int = 0
    finish_tag: float = 0.0
    cutting: Cutting = field(init=False)

    def __post_init__(self) -> None:
        self.cutting = cutting_of(self.card, self.slots, *self.source.shape[:2])

    @property
    def total_px(self) -> int:
        """Source pixels to compute; of latents, pixels to make."""
        picture = self.source if self.card.latent is None else self.target
        height, width = picture.shape[:2]
        return int(height * width)

    @property
    def held_px(self) -> int:
        """The memory of the source and of the target, in pixels of three bytes each."""
        return (self.source.nbytes + self.target.nbytes) // 3

    @property
    def answer(self) -> NDArray[Any]:
        """What the future resolves to: the target, without the axis of a single channel, with one for many pictures."""
        if self.card.latent is not None:
            return self.target.reshape(-1, self.card.latent.height_px, *self.target.shape[1:])
        return self.target[..., 0] if self.card.tile is not None and self.target.shape[2] == 1 else self.target

    @property
    def remaining(self) -> bool:
        """Whether something is left to take."""
        return self.cutting.has(self.cutting.lane)

    def take(self, lane: Lane | None, room: int) -> tuple[Unit, Piece] | None:
        """Cut the next unit for `room` left in a slot of `lane`, if it is enough for one."""
        piece = self.cutting.take(lane, room)
        return None if piece is None else (Unit(self.source, self.target, piece.box), piece)


def new_work(card: Card, source: NDArray[Any], ticket: Ticket, slots: Slots) -> Work:
    """Make the work of one submission: `source`, uint8 [H,W,channels_in] or, for a latent model, float32 [n,length],
    must not be changed until it is settled.

    The target's memory is asked for here and paid for, page by page, as units are written.
    """
    if card.tile is not None:
        height, width = source.shape[:2]
        scale = card.tile.scale
        target = np.empty((height * scale, width * scale, card.tile.channels_out), np.uint8)
        return Work(card, source, target, ticket, slots)
    if card.latent is not None:
        height = len(source) * card.latent.height_px
        return Work(card, source, np.empty((height, card.latent.width_px, 3), np.uint8), ticket, slots)
    assert card.frame is not None
    return Work(card, source, np.empty(card.frame.output_shape, np.float32), ticket, slots)
