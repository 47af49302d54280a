"""What goes through the batcher: a ticket, the work it asks for, and the units that a work is made of."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batching.facts import BatchFacts, Tally
from engine.batching.tiles import Box, TileGrid
from engine.cards import Card
from engine.images import Image


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
    """Run every unit at batch size 1: for work suspected of killing its batch."""
    on_progress: Callable[[int, int], None] | None = None
    """Called with (units done, units in all) on the device thread: it must return at once and never block."""


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One tile or frame: `box` of `source` is to be computed and written to its place in `target`.

    For a tile model `target` is the enlarged uint8 image, and `box` the tile's core. For a frame model `box` is the
    whole source, and `target` the raw float32 array that receives the network's answer.
    """

    source: Image
    target: NDArray[Any]
    box: Box


@dataclass(frozen=True, slots=True)
class Result:
    """What a future resolves to: the output (a new array) and what was done to make it."""

    output: NDArray[Any]
    facts: BatchFacts


@dataclass(slots=True, eq=False)
class Work:
    """One submission on its way; the batcher alone changes it, under the device thread's lock.

    Units are made one by one as they are taken, so that a large photo costs its own bytes and no more.
    """

    card: Card
    source: Image
    target: NDArray[Any]
    ticket: Ticket
    future: "Future[Result]" = field(default_factory=Future)
    tally: Tally = field(default_factory=Tally)
    taken: int = 0
    done: int = 0
    settled: bool = False
    order: int = 0
    finish_tag: float = 0.0
    boxes: TileGrid | tuple[Box, ...] = field(init=False)

    def __post_init__(self) -> None:
        height, width = self.source.shape[:2]
        shape = self.card.tile
        self.boxes = TileGrid(height, width, shape.core_px) if shape else (Box(0, 0, height, width),)

    @property
    def remaining(self) -> int:
        """Units not yet taken."""
        return len(self.boxes) - self.taken

    @property
    def cost(self) -> int:
        """Pixels that the network will see for the whole work."""
        return len(self.boxes) * self.card.unit_px

    def take(self) -> Unit:
        """Make the next unit."""
        unit = Unit(self.source, self.target, self.boxes[self.taken])
        self.taken += 1
        return unit


def new_work(card: Card, source: Image, ticket: Ticket) -> Work:
    """Make the work of one submission: `source` is uint8 [H,W,3] and must not be changed until it is settled.

    The target's memory is asked for here and paid for, page by page, as tiles are written.
    """
    if card.tile is not None:
        height, width = source.shape[:2]
        target = np.empty((height * card.tile.scale, width * card.tile.scale, 3), np.uint8)
        return Work(card, source, target, ticket)
    assert card.frame is not None
    return Work(card, source, np.empty(card.frame.output_shape, np.float32), ticket)
