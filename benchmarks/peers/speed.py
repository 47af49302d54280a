"""How fast each system is: interleaved in rounds, each started, warmed, measured and ended in turn.

A round begins with another system each time, so that what the machine does meanwhile does not fall on the same one.
"""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers import equality
from benchmarks.peers.load import closed_loop, open_loop
from benchmarks.peers.photos import Photo, mixed_photos
from benchmarks.peers.systems import Running, System, running

_SEEDS = {"restore": 11, "relight": 12, "clicks": 13, "warm": 14}
_CLICK_MEGAPIXELS = 1.0
_KEPT = 6


@dataclass(frozen=True)
class Plan:
    """What is measured: photos of each task, rounds, clients that wait, arrivals a second, the first port."""

    counts: Mapping[str, int]
    rounds: int
    clients: int
    clicks: int
    clicks_per_s: float
    port: int
    data_gib: float
    policy: str
    folder: Path | None = None

    def photos(self, name: str) -> list[Photo]:
        """The photos of a task; "clicks" are small ones."""
        if name != "clicks":
            return mixed_photos(self.counts[name], _SEEDS[name], self.folder)
        many = mixed_photos(4 * self.clicks, _SEEDS[name], self.folder)
        return [photo for photo in many if photo.megapixels <= _CLICK_MEGAPIXELS][: self.clicks]


def measure(systems: Sequence[System], plan: Plan) -> dict[str, Any]:
    """Figures by system, kind of load and round, and how like its pictures are to the peers'."""
    photos = {name: plan.photos(name) for name in (*plan.counts, "clicks")}
    rounds: dict[str, dict[str, list[dict[str, Any]]]] = {system.name: {} for system in systems}
    pictures: dict[str, dict[str, dict[int, bytes]]] = {}
    starts: dict[str, list[float]] = {system.name: [] for system in systems}
    begun = time.monotonic()
    for number in range(plan.rounds):
        for system in [*systems[number % len(systems) :], *systems[: number % len(systems)]]:
            before = time.monotonic()
            with running(system, plan.port, data_gib=plan.data_gib, policy=plan.policy) as up:
                starts[system.name].append(time.monotonic() - before)
                warm(up)
                for kind, outcome in _loads(up, plan, photos, keep=number == 0):
                    figures = outcome.figures(photos[kind])
                    rounds[system.name].setdefault(kind, []).append(figures)
                    if outcome.pictures:
                        pictures.setdefault(kind, {})[system.name] = outcome.pictures
                    _tell(begun, number, system, kind, figures)
    return {
        "plan": dataclasses.asdict(plan) | {"counts": dict(plan.counts), "folder": str(plan.folder or "")},
        "sizes": {name: [round(photo.megapixels, 3) for photo in many] for name, many in photos.items()},
        "rounds": rounds,
        "starts_s": starts,
        "likeness": {kind: _likenesses(made, systems) for kind, made in pictures.items()},
    }


def warm(up: Running) -> None:
    """A few small photos through every task, several at a time, which are not measured."""
    small = [photo for photo in mixed_photos(12, _SEEDS["warm"]) if photo.megapixels < 1][:4]
    for task in ("relight", "restore"):
        closed_loop(up, task, small, len(small))


def _loads(up: Running, plan: Plan, photos: Mapping[str, Sequence[Photo]], *, keep: bool) -> Any:
    for task in plan.counts:
        outcome = closed_loop(up, task, photos[task], plan.clients, keep)
        outcome.pictures = {place: outcome.pictures[place] for place in sorted(outcome.pictures)[:_KEPT]}
        yield task, outcome
    if plan.clicks:
        yield "clicks", open_loop(up, "relight", photos["clicks"], plan.clicks_per_s, _SEEDS["clicks"])


def _likenesses(
    made: Mapping[str, Mapping[int, bytes]], systems: Sequence[System]
) -> dict[str, dict[str, float | bool]]:
    """Each system's pictures beside those of the first that runs the FP32 network."""
    reference = next((name for name in reversed(list(made)) if _precision(name, systems) == "fp32"), next(iter(made)))
    found = {}
    for name, pictures in made.items():
        like = equality.likeness(pictures, made[reference])
        precision = "fp32" if _precision(name, systems) == "fp32" else "int8"
        found[name] = dataclasses.asdict(like) | {"same": equality.is_same(like, precision), "reference": reference}
    return found


def _precision(name: str, systems: Sequence[System]) -> str:
    return next(system.precision for system in systems if system.name == name)


def _tell(begun: float, number: int, system: System, kind: str, figures: Mapping[str, Any]) -> None:
    print(
        f"{time.monotonic() - begun:5.0f} s  round {number + 1}  {system.label:26} {kind:8}"
        f"{figures['mp_per_s']:6.2f} MP/s {figures['images_per_s']:6.2f} images/s  p50 {figures['p50_s']:5.2f} s"
        f"  p95 {figures['p95_s']:5.2f} s  {figures['cpu_s_per_mp']:5.2f} CPU s/MP  idle {figures['idle_share']:4.0%}"
        f"  {figures['peak_mib']:5.0f} MiB" + (f"  REFUSED {figures['refused']}" if figures["refused"] else ""),
        flush=True,
    )
