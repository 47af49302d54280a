"""Seeded traffic: who sends which photo when. Times in seconds of the virtual clock, which starts at 0."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from engine.simulation.sizes import SizeOf

INTERACTIVE, BULK = 0, 1


@dataclass(frozen=True, slots=True)
class Photo:
    """One request of one model."""

    at_s: float
    height_px: int
    width_px: int
    tenant: str = ""
    priority: int = INTERACTIVE
    model: str = "restore"
    deadline_s: float | None = None
    """On the virtual clock, like `at_s`."""
    cancel_s: float | None = None
    """When it is called off; at once, if that is before it arrives."""
    alone: bool = False

    @property
    def pixels(self) -> int:
        """What the sender wants computed."""
        return self.height_px * self.width_px


Trace = tuple[Photo, ...]
"""In order of arrival."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who sends: photos of which sizes, how many tenants (each equally often), and how much of it in bulk."""

    size_of: SizeOf
    tenants: int = 1
    bulk_share: float = 0.0
    name: str = "tenant"

    def photo(self, at_s: float, random: Random) -> Photo:
        """Draw one photo."""
        tenant = f"{self.name} {random.randrange(self.tenants)}"
        priority = BULK if random.random() < self.bulk_share else INTERACTIVE
        return Photo(at_s, *self.size_of(random), tenant=tenant, priority=priority)


def backlog(photos: int, crowd: Crowd, seed: int) -> Trace:
    """Everything at once: the device is saturated until the end."""
    return bursts(1, 0.0, photos, crowd, seed)


def poisson(rate: float, seconds: float, crowd: Crowd, seed: int) -> Trace:
    """`rate` photos a second on average, for so many seconds."""
    random = Random(seed)
    return tuple(crowd.photo(at_s, random) for at_s in _moments(random, rate, seconds))


def bursts(times: int, every_s: float, photos: int, crowd: Crowd, seed: int) -> Trace:
    """`photos` at once, so many times, `every_s` seconds apart."""
    random = Random(seed)
    return tuple(crowd.photo(time * every_s, random) for time in range(times) for _ in range(photos))


def on_off(trace: Trace, on_s: float, off_s: float) -> Trace:
    """The trace with a pause of `off_s` after every `on_s`."""
    return tuple(replace(photo, at_s=photo.at_s + photo.at_s // on_s * off_s) for photo in trace)


def impatient(trace: Trace, share: float, patience_s: float, seed: int) -> Trace:
    """The trace with a share of its senders giving up, on average `patience_s` after their photo's arrival."""
    random = Random(seed)

    def of(photo: Photo) -> Photo:
        gives_up, after_s = random.random() < share, random.expovariate(1 / patience_s)
        return replace(photo, cancel_s=photo.at_s + after_s) if gives_up else photo

    return tuple(of(photo) for photo in trace)


def due(trace: Trace, within_s: float) -> Trace:
    """The trace with a deadline for every photo, `within_s` after its arrival."""
    return tuple(replace(photo, deadline_s=photo.at_s + within_s) for photo in trace)


def merged(*traces: Iterable[Photo]) -> Trace:
    """Several traces as one."""
    return tuple(sorted((photo for trace in traces for photo in trace), key=lambda photo: photo.at_s))


def _moments(random: Random, rate: float, seconds: float) -> Iterator[float]:
    at_s = random.expovariate(rate)
    while at_s < seconds:
        yield at_s
        at_s += random.expovariate(rate)
