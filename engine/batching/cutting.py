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
        return (
            _trimmed(height, width, slots, card.tile) if slots.trims else StripCutting(height, width, slots, card.tile)
        )
    if card.latent is not None:
        side = card.latent.height_px
        boxes = [Box(row * side, 0, side, card.latent.width_px) for row in range(height)]
        return SlotCutting([(box, card.latent.pixels) for box in boxes])
    assert card.frame is not None
    return SlotCutting([(Box(0, 0, height, width), card.frame.pixels)])


def _trimmed(height: int, width: int, slots: Slots, tile: TileShape) -> Cutting:
    """As few units as will do, all of about one size, so that two of them side by side take the same time."""
    (lane,) = slots.lanes
    rows, columns = (_even_length(length, lane.height_px, tile) for length in (height, width))
    boxes = [
        Box(y, x, min(rows, height - y), min(columns, width - x))
        for y in range(0, height, rows)
        for x in range(0, width, columns)
    ]
    return SlotCutting([(box, tile.seen_px(box.height) * tile.seen_px(box.width)) for box in boxes], lane)


def _even_length(photo_px: int, slot_px: int, tile: TileShape) -> int:
    """The length of the parts that a photo's side is cut into; the last is shorter where the grain wants it."""
    most = (slot_px - 2 * tile.halo_px) // tile.align_px * tile.align_px
    count = -(-photo_px // most)
    return -(-photo_px // (count * tile.align_px)) * tile.align_px


class SlotCutting:
    """Units that take a slot each: the one of a photo in a frame, as many as there are latents, tiles where slots are
    trimmed.
    """

    cut_px = 0

    def __init__(self, units: Iterable[tuple[Box, int]], lane: Lane | None = None) -> None:
        """`units`: boxes, and the pixels that the network sees for each."""
        self.lane = lane
        self._units = deque(units)
        self._slot_length = lane.width_px if lane else 1
        self.cost_px = sum(cost_px for _, cost_px in self._units)

    def has(self, lane: Lane | None) -> bool:
        """See Cutting."""
        return lane == self.lane and bool(self._units)

    def length(self, lane: Lane | None) -> int:
        """See Cutting."""
        return len(self._units) * self._slot_length if lane == self.lane else 0

    def take(self, lane: Lane | None, room: int) -> Piece | None:
        """See Cutting."""
        if room < self._slot_length or not self.has(lane):
            return None
        box, cost_px = self._units.popleft()
        self.cost_px -= cost_px
        return Piece(box, self._slot_length, cost_px)


class StripCutting:
    """Bands of a photo for slots of fixed shape, each shortened from its left end: a unit ends where its slot does."""

    def __init__(self, height: int, width: int, slots: Slots, tile: TileShape) -> None:
        self._tile = tile
        self._grain = grain_px(tile)
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
        return 2 * self._tile.halo_px + self._grain

    def has(self, lane: Lane | None) -> bool:
        """See Cutting."""
        return lane in self._bands

    def length(self, lane: Lane | None) -> int:
        """See Cutting."""
        assert lane is not None
        return sum(self._length_of(band.width) for band in self._bands.get(lane, ()))

    def take(self, lane: Lane | None, room: int) -> Piece | None:
        """See Cutting."""
        assert lane is not None
        most = (room - 2 * self._tile.halo_px) // self._grain * self._grain
        if most <= 0:
            return None
        band = self._bands[lane][0]
        box = band._replace(width=min(band.width, most))
        self._shorten(lane, box.width)
        length = self._length_of(box.width)
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
