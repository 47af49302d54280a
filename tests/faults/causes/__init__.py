"""The faults; importing this package enters all of them into the catalogue."""

from tests.faults.causes import (
    engine,
    erasing,
    hints,
    network,
    outside,
    processes,
    redis,
    redis_frozen,
    redis_killed,
    redis_losses,
    storage,
    strange,
)

__all__ = [
    "engine",
    "erasing",
    "hints",
    "network",
    "outside",
    "processes",
    "redis",
    "redis_frozen",
    "redis_killed",
    "redis_losses",
    "storage",
    "strange",
]
