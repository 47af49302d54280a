"""Plays scenes, one after another, and counts what became of every job that was accepted in each."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.shop import Kept
from tests.fleet.fleet import Fleet
from tests.fleet.network import Network
from tests.fleet.scenes import Scene, Told

WORKERS = 3
"""Of the fleet that scenes share: each on a host of its own."""


@dataclass(frozen=True)
class Outcome:
    """`problem` is empty where all was as promised. `logs`: the folder that holds them."""

    scene: Scene
    told: Told
    accepted: int
    lost: int
    doubled: int
    problem: str
    logs: Path


def outcomes(scenes: Iterable[Scene], network: Network | None, about: Callable[[Scene], None]) -> Iterator[Outcome]:
    """Each scene's; those that do not need a fleet of their own share one, until one of them fails."""
    shared: Fleet | None = None
    try:
        for scene in scenes:
            about(scene)
            if scene.alone:
                yield _played_alone(scene, network)
                continue
            if shared is None:
                shared = Fleet(_folder(), network, workers=WORKERS)
                shared.__enter__()
            outcome = _played(scene, shared)
            if outcome.problem:
                shared.__exit__(None, None, None)
                shared = None
            yield outcome
    finally:
        if shared is not None:
            shared.__exit__(None, None, None)


def _played_alone(scene: Scene, network: Network | None) -> Outcome:
    folder = _folder()
    try:
        with scene.fleet(folder, network) as fleet:
            return _played(scene, fleet)
    except Exception as error:  # noqa: BLE001  (a fleet that does not start is the scene's problem)
        return Outcome(scene, Told(), 0, 0, 0, f"{type(error).__name__}: {error}", folder / "logs")


def _played(scene: Scene, fleet: Fleet) -> Outcome:
    before = set(_jobs_of(fleet))
    told, problem = Told(), ""
    try:
        told = scene.play(fleet)
        fleet.check()
    except Exception as error:  # noqa: BLE001  (whatever fails, of a scene or of what is held, is its outcome)
        problem = f"{type(error).__name__}: {error}"
    jobs = {job_id: kept for job_id, kept in _jobs_of(fleet).items() if job_id not in before}
    lost = sum(kept.ended in {None, "lost"} for kept in jobs.values())
    try:
        doubled = len(set(fleet.doubled()) & set(jobs))
    except Exception as error:  # noqa: BLE001  (the store may be what failed)
        doubled, problem = 0, problem or f"{type(error).__name__}: {error}"
    return Outcome(scene, told, len(jobs), lost, doubled, problem, fleet.folder / "logs")


def _jobs_of(fleet: Fleet) -> dict[str, Kept]:
    return {job_id: kept for shop in (*fleet.shops, *fleet.closed) for job_id, kept in shop.jobs.items()}


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="packshot-fleet-"))
