"""What others do with the same photos: whole images, alone, padded, of one shape or in canvases, and square tiles.

All are given more than they could have: batches of any shape at the cost of ours (a dynamic shape runs without a CUDA
graph, and every new one costs a set-up), a host that needs no time, and priorities.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.simulation.schedulers import Load, Outcome
from engine.simulation.sizes import Size
from engine.simulation.traces import Photo


@dataclass(frozen=True, slots=True)
class Rules:
    """How whole photos form a batch: up to `limit`, waiting for more until the first is `delay_s` old.

    `pads`: each is padded to the largest of the batch; else only equal shapes join. `canvases`: each is padded to the
    smallest of these that holds it, and only equal canvases join. `skips`: photos that may not join are passed over (a
    queue for each shape); else the first of them ends the batch, as in Triton's dynamic batcher. `memory_px`: the
    largest area of a batch, unless a single photo is larger.
    """

    limit: int = 1
    delay_s: float = 0.0
    pads: bool = False
    canvases: tuple[Size, ...] = ()
    skips: bool = False
    memory_px: float = 64e6


_Partition = tuple[float, tuple[Size, ...]]
"""Area in all, and the canvases."""


class _Waiting(NamedTuple):
    priority: int
    number: int
    photo: Photo


class WholePhotos:
    """See Scheduler. First come, first served within a priority."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._queue: list[_Waiting] = []
        self._outcomes: list[Outcome] = []
        self._wakes_at: float | None = None

    def add(self, number: int, photo: Photo, now: float) -> None:  # noqa: ARG002  (the photo tells its arrival)
        """See Scheduler."""
        self._queue.append(_Waiting(photo.priority, number, photo))
        self._queue.sort(key=lambda waiting: waiting[:2])

    def cancel(self, number: int) -> None:
        """See Scheduler. Nothing happens: a cancelled request stays queued, and is computed."""

    def next_load(self, now: float) -> Load | None:
        """See Scheduler."""
        self._wakes_at = None
        if not self._queue:
            return None
        members, may_grow = self._gather()
        ready_s = min(waiting.photo.at_s for waiting in members) + self._rules.delay_s
        if may_grow and now < ready_s:
            self._wakes_at = ready_s
            return None
        taken = {waiting.number for waiting in members}
        self._queue = [waiting for waiting in self._queue if waiting.number not in taken]
        useful = {waiting.number: waiting.photo.pixels for waiting in members}
        return Load(self._area_px([waiting.photo for waiting in members]), useful)

    def wakes_at(self) -> float | None:
        """See Scheduler."""
        return self._wakes_at

    def answer(self, load: Load, error: Exception | None, now: float) -> None:  # noqa: ARG002  (Scheduler's)
        """See Scheduler. One bad item fails its batch."""
        self._outcomes += [Outcome(number, error) for number in load.useful_px]

    def drop_all(self, error: Exception) -> None:
        """See Scheduler."""
        self._outcomes += [Outcome(waiting.number, error) for waiting in self._queue]
        self._queue.clear()

    def take_outcomes(self) -> Sequence[Outcome]:
        """See Scheduler."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """Return who would leave now, and whether another arrival could still join."""
        members = [self._queue[0]]
        for waiting in self._queue[1:]:
            if len(members) == self._rules.limit:
                break
            if self._may_join(waiting.photo, members):
                members.append(waiting)
            elif not self._rules.skips:
                return members, False
        return members, len(members) < self._rules.limit

    def _may_join(self, photo: Photo, members: list[_Waiting]) -> bool:
        photos = [*(waiting.photo for waiting in members), photo]
        if not self._rules.pads and self._shape(photo) != self._shape(photos[0]):
            return False
        return self._area_px(photos) <= self._rules.memory_px

    def _area_px(self, photos: Sequence[Photo]) -> int:
        heights, widths = zip(*map(self._shape, photos), strict=True)
        return len(photos) * int(max(heights)) * int(max(widths))

    def _shape(self, photo: Photo) -> Size:
        """What the network sees of one photo alone."""
        height, width = photo.height_px, photo.width_px
        if not self._rules.canvases:
            return height, width
        holding = (canvas for canvas in self._rules.canvases if canvas[0] >= height and canvas[1] >= width)
        return min(holding, key=lambda canvas: canvas[0] * canvas[1])


class _Tile(NamedTuple):
    number: int
    y: int
    x: int
    height: int
    width: int


@dataclass(slots=True)
class Squares:
    """See Scheduler. Square tiles of many photos in one batch, as Packshot itself did before strips."""

    tile_px: int
    halo_px: int
    sizes: Sequence[int]
    _queue: list[tuple[int, int, Iterator[_Tile]]] = field(default_factory=list)
    _left_px: dict[int, int] = field(default_factory=dict)
    _outcomes: list[Outcome] = field(default_factory=list)

    def add(self, number: int, photo: Photo, now: float) -> None:  # noqa: ARG002  (Scheduler's)
        """See Scheduler."""
        self._left_px[number] = photo.pixels
        self._queue.append((photo.priority, number, self._tiles(number, photo)))
        self._queue.sort(key=lambda entry: entry[:2])

    def cancel(self, number: int) -> None:
        """See Scheduler. Nothing happens."""

    def next_load(self, now: float) -> Load | None:  # noqa: ARG002  (Scheduler's)
        """See Scheduler."""
        tiles: list[_Tile] = []
        while self._queue and len(tiles) < self.sizes[-1]:
            tile = next(self._queue[0][2], None)
            if tile is None:
                self._queue.pop(0)
            else:
                tiles.append(tile)
        return self._load_of(tiles) if tiles else None

    def wakes_at(self) -> float | None:
        """See Scheduler."""
        return None

    def answer(self, load: Load, error: Exception | None, now: float) -> None:  # noqa: ARG002  (Scheduler's)
        """See Scheduler."""
        assert error is None, "square tiles are simulated without failures"
        for number, pixels in load.useful_px.items():
            self._left_px[number] -= pixels
            if not self._left_px[number]:
                self._outcomes.append(Outcome(number, None))

    def drop_all(self, error: Exception) -> None:
        """See Scheduler."""
        self._outcomes += [Outcome(number, error) for number, left in self._left_px.items() if left]
        self._queue.clear()

    def take_outcomes(self) -> Sequence[Outcome]:
        """See Scheduler."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def _tiles(self, number: int, photo: Photo) -> Iterator[_Tile]:
        core = self.tile_px - 2 * self.halo_px
        for y in range(0, photo.height_px, core):
            for x in range(0, photo.width_px, core):
                yield _Tile(number, y, x, min(core, photo.height_px - y), min(core, photo.width_px - x))

    def _load_of(self, tiles: list[_Tile]) -> Load:
        useful: dict[int, int] = {}
        seen_px = 0
        for tile in tiles:
            useful[tile.number] = useful.get(tile.number, 0) + tile.height * tile.width
            seen_px += (tile.height + 2 * self.halo_px) * (tile.width + 2 * self.halo_px)
        size = next(size for size in self.sizes if size >= len(tiles))
        tile_px = self.tile_px**2
        return Load(size * tile_px, useful, seen_px - sum(useful.values()), (size - len(tiles)) * tile_px)


def best_canvases(photos: Sequence[Photo], count: int) -> tuple[Size, ...]:
    """Return `count` canvases for these photos: the partition, by area, that pads least (dynamic programming)."""
    sizes = sorted(((photo.height_px, photo.width_px) for photo in photos), key=lambda size: size[0] * size[1])
    best: list[_Partition] = [(0.0, ()), *([(math.inf, ())] * len(sizes))]
    for _ in range(count):
        best = [best[0]] + [_cheapest_end(sizes[:end], best) for end in range(1, len(sizes) + 1)]
    return best[-1][1]


def _cheapest_end(sizes: Sequence[Size], best: Sequence[_Partition]) -> _Partition:
    """Add the best last canvas for `sizes` to the best earlier ones for what it leaves."""
    height = width = 0
    chosen = best[len(sizes)]
    for start in range(len(sizes) - 1, -1, -1):
        height, width = max(height, sizes[start][0]), max(width, sizes[start][1])
        area_px = best[start][0] + (len(sizes) - start) * height * width
        if area_px < chosen[0]:
            chosen = area_px, (*best[start][1], (height, width))
    return chosen
