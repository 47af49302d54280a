"""A random schedule from a seed: traffic, models, faults and the moment of closing, small enough for thousands."""

import math
from dataclasses import dataclass
from random import Random

from engine.batching.lanes import Lane, Slots
from engine.simulation.device import DeviceModel, Faults
from engine.simulation.ours import Model, Ours, card_of
from engine.simulation.replay import History, replay
from engine.simulation.traces import Photo, Trace
from engine.unit_shapes import FrameShape, TileShape

STRIPS = (Lane(40, 80), Lane(24, 128), Lane(16, 192))
MODELS = {
    "strips": Model(card_of("strips", TileShape(32, 4, 1, 2)), Slots((1, 2, 4), STRIPS)),
    "one lane": Model(card_of("one lane", TileShape(32, 2, 2, 1)), Slots((1, 3), STRIPS[:1])),
    "trimmed": Model(card_of("trimmed", TileShape(24, 4, 2, 4)), Slots((1, 2, 3), (Lane(24, 32),), trims=True)),
    "frames": Model(card_of("frames", FrameShape(8, 8, "lut3d", (3, 5, 5, 5))), Slots((1, 2, 4, 8))),
}
SLOT_PX = max(lane.height_px * lane.width_px for lane in STRIPS)
DEVICE = DeviceModel(pixels_per_s=SLOT_PX, floor_s=0.5, host_s=0.1)
"""A full slot takes about a second, so that deadlines and cancellations fall between and into batches."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that a run depends on."""

    seed: int
    trace: Trace
    faults: Faults
    depth: int
    window_s: float
    close_s: float

    def run(self) -> tuple[History, Ours]:
        """Replay it; the scheduler is returned for its works."""
        ours = Ours(MODELS, self.window_s)
        history = replay(self.trace, ours, DEVICE, self.faults, depth=self.depth, close_s=self.close_s)
        return history, ours


def schedule(seed: int) -> Schedule:
    """Draw the schedule that belongs to the seed."""
    random = Random(seed)
    photos = sorted((_photo(random) for _ in range(random.randint(1, 7))), key=lambda photo: photo.at_s)
    poisoned = frozenset((number, 0, 0) for number in range(len(photos)) if random.random() < 0.15)
    faults = Faults(
        poisoned=poisoned if random.random() < 0.5 else frozenset(),
        memory_px=random.choice((1, 2, 3)) * SLOT_PX if random.random() < 0.2 else math.inf,
        lose_batch=random.randint(1, 6) if random.random() < 0.05 else 0,
    )
    return Schedule(
        seed,
        tuple(photos),
        faults,
        depth=random.randint(1, 2),
        window_s=random.choice((0.0, 0.0, 0.7)),
        close_s=random.uniform(0.0, 12.0) if random.random() < 0.1 else math.inf,
    )


def _photo(random: Random) -> Photo:
    at_s = random.choice((0.0, random.uniform(0.0, 8.0)))
    return Photo(
        at_s,
        height_px=random.choice((1, random.randint(1, 90))),
        width_px=random.choice((1, random.randint(1, 250))),
        tenant=random.choice("xyz"),
        priority=random.randint(0, 1),
        model=random.choice(("strips", "strips", *MODELS)),
        deadline_s=at_s + random.uniform(0.0, 9.0) if random.random() < 0.2 else None,
        cancel_s=random.uniform(0.0, 9.0) if random.random() < 0.2 else None,
        alone=random.random() < 0.1,
    )
