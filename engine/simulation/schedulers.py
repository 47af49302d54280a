"""What `replay` runs: anything that is given photos and answers which batch the device runs next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from engine.simulation.traces import Photo


@dataclass(frozen=True, slots=True)
class Load:
    """One batch for the device. Areas in pixels that the network sees; what is not useful, halo or empty is padding."""

    area_px: int
    useful_px: Mapping[int, int]
    """By photo: pixels of the photo that this batch computes."""
    halo_px: int = 0
    """Context around units, computed and thrown away."""
    empty_px: int = 0
    """Slots that hold no unit at all."""
    reason: str = ""
    units: tuple[tuple[int, int, int], ...] = ()
    """By photo, y and x: for planted failures."""
    batch: Any = None
    """The scheduler's own."""

    @property
    def padding_px(self) -> int:
        """Area inside used slots that is neither a unit nor its halo."""
        return self.area_px - sum(self.useful_px.values()) - self.halo_px - self.empty_px


class Outcome(NamedTuple):
    """A photo that is over: `error` is None when it is done."""

    photo: int
    error: Exception | None


class Scheduler(Protocol):
    """A policy. `photo` is a photo's number in the trace; `now` never goes back."""

    def add(self, number: int, photo: Photo, now: float) -> None:
        """A photo arrives."""
        ...

    def cancel(self, number: int) -> None:
        """Its sender no longer wants it."""
        ...

    def next_load(self, now: float) -> Load | None:
        """What to run next; None when nothing is queued or it is better to wait (see `wakes_at`)."""
        ...

    def wakes_at(self) -> float | None:
        """When to ask again though nothing else happened."""
        ...

    def answer(self, load: Load, error: Exception | None, now: float) -> None:
        """The load has run, or failed."""
        ...

    def drop_all(self, error: Exception) -> None:
        """The engine is closed or the device lost: nothing will run any more. May be said again."""
        ...

    def take_outcomes(self) -> Sequence[Outcome]:
        """The photos over since the last call."""
        ...
