"""What happens to a fleet: each scene with what is done, what must hold after it, and how it is entered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.fleet import Fleet
from tests.fleet.network import Network


@dataclass(frozen=True)
class Told:
    """What a scene has to say of itself beside what everybody counts. `recovery_s`: None where nothing was broken."""

    recovery_s: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class Scene:
    """`name` is the row's, `done` what is done to the fleet; `play` raises AssertionError where a promise is broken.

    `fleet` makes the fleet that it plays on, where that is one of its own; `alone` says so.
    """

    name: str
    done: str
    play: Callable[..., Told]
    alone: bool = False
    fleet: Callable[[Path, Network | None], Fleet] = Fleet


SCENES: list[Scene] = []


def scene(
    name: str, done: str, *, on: Callable[[Path, Network | None], Fleet] | None = None
) -> Callable[[Callable[..., Told]], Callable[..., Told]]:
    """Enter a scene under its name; ``on`` makes a fleet for it alone."""

    def enter(play: Callable[..., Told]) -> Callable[..., Told]:
        SCENES.append(Scene(name, done, play) if on is None else Scene(name, done, play, True, on))
        return play

    return enter
