"""Cuts one submission into units, one at a time, as slots are filled: what is not yet packed is a few rectangles."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from engine.batching.lanes import Lane, Slots, cut_into_bands, grain_px
from engine.cards import Card
from engine.unit_shapes import TileShape


class Box(NamedTuple):
    """A rectangle of a source image, in whole pixels."""

    y: int
    x: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Its area."""
        return self.height * self.width


class Piece(NamedTuple):
    """A unit just cut: its core, the length of slot that it takes, and the pixels that the network sees for it."""

    box: Box
    length: int
    cost_px: int


class Cutting(Protocol):
    """What of one submission is left to pack. Lengths are in pixels along a slot, which has length 1 where a unit fills
    it: a frame or a latent.
    """

    @property
    def lane(self) -> Lane | None:
        """The lane of what comes next; meaningless once all is taken."""
        ...

    @property
    def cost_px(self) -> int:
        """Pixels that the network will see for all that is left, about."""
        ...

    @property
    def cut_px(self) -> int:
        """What the end of a slot costs at most: halos for one more cut, or a rest too short for a unit."""
        ...

    def has(self, lane: Lane | None) -> bool:
        """Whether something is left for the lane."""
        ...

    def length(self, lane: Lane | None) -> int:
        """The length of slots that the rest needs, at least."""
        ...

    def take(self, lane: Lane | None, room: int) -> Piece | None:
        """Cut the next unit for `room` left in a slot of the lane; None if it is too little for anything."""
        ...


def cutting_of(card: Card, slots: Slots, height: int, width: int) -> Cutting:
    """Return the cutting of a whole submission of `height` × `width` pixels; or, for a latent model, values."""
    if card.tile is not None:
        return TileCutting(height, width, slots, card.tile)
    if card.latent is not None:
        side = card.latent.height_px
        return SlotCutting(
            [Box(row * side, 0, side, card.latent.width_px) for row in range(height)], card.latent.pixels
        )
    assert card.frame is not None
    return SlotCutting([Box(0, 0, height, width)], card.frame.pixels)


class SlotCutting:
    """Units that take a slot each: the one of a photo in a frame, or as many as there are latents."""

    lane = None
    cut_px = 0

    def __init__(self, boxes: Iterable[Box], slot_px: int) -> None:
        """`slot_px`: what a unit costs, whatever the size of its box."""
        self._boxes = deque(boxes)
        self._slot_px = slot_px

    @property
    def cost_px(self) -> int:
        """See Cutting."""
        return len(self._boxes) * self._slot_px

    def has(self, lane: Lane | None) -> bool:
        """See Cutting."""
        return lane is None and bool(self._boxes)

    def length(self, lane: Lane | None) -> int:
        """See Cutting."""
        return len(self._boxes) if lane is None else 0

    def take(self, lane: Lane | None, room: int) -> Piece | None:
        """See Cutting."""
        if room < 1 or not self.has(lane):
            return None
        return Piece(self._boxes.popleft(), 1, self._slot_px)


class TileCutting:
    """Bands of a photo, each shortened from its left end.

    Where slots are trimmed, every cut lies on a grid of the picture's own; in slots of fixed shape a unit ends where
    its slot does.
    """

    def __init__(self, height: int, width: int, slots: Slots, tile: TileShape) -> None:
        self._tile = tile
        self._trims = slots.trims
        self._grain = tile.align_px if slots.trims else grain_px(tile)
        self._bands: dict[Lane, deque[Box]] = {}
        for band in cut_into_bands(height, slots.lanes, tile.halo_px):
            self._bands.setdefault(band.lane, deque()).append(Box(band.y, 0, band.height, width))

    @property
    def lane(self) -> Lane | None:
        """See Cutting."""
        return next(iter(self._bands), None)

    @property
    def cost_px(self) -> int:
        """See Cutting."""
        return sum(lane.height_px * self.length(lane) for lane in self._bands)

    @property
    def cut_px(self) -> int:
        """See Cutting."""
        return 0 if self._trims else 2 * self._tile.halo_px + self._grain

    def has(self, lane: Lane | None) -> bool:
        """See Cutting."""
        return lane in self._bands

    def length(self, lane: Lane | None) -> int:
        """See Cutting."""
        assert lane is not None
        if self._trims:  # a slot for each unit
            core = lane.width_px - 2 * self._tile.halo_px
            return sum(-(-band.width // core) for band in self._bands.get(lane, ())) * lane.width_px
        return sum(self._length_of(band.width) for band in self._bands.get(lane, ()))

    def take(self, lane: Lane | None, room: int) -> Piece | None:
        """See Cutting."""
        assert lane is not None
        most = (room - 2 * self._tile.halo_px) // self._grain * self._grain
        if most <= 0 or (self._trims and room < lane.width_px):
            return None
        band = self._bands[lane][0]
        box = band._replace(width=min(band.width, most))
        self._shorten(lane, box.width)
        length = self._length_of(box.width)
        if self._trims:
            return Piece(box, lane.width_px, self._tile.seen_px(box.height) * length)
        return Piece(box, length, lane.height_px * length)

    def _shorten(self, lane: Lane, by: int) -> None:
        bands = self._bands[lane]
        band = bands.popleft()
        if band.width > by:
            bands.appendleft(band._replace(x=band.x + by, width=band.width - by))
        if not bands:
            del self._bands[lane]

    def _length_of(self, width: int) -> int:
        return -(-self._tile.seen_px(width) // self._grain) * self._grain
