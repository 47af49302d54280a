"""How much memory one photo takes, by its size: each system by itself, one photo after another, from small to large."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peers import tree
from benchmarks.peers.calls import Refused
from benchmarks.peers.photos import photo_of
from benchmarks.peers.speed import warm
from benchmarks.peers.systems import System, running

MEGAPIXELS = (0.5, 2.0, 6.0, 12.0)


def measure(systems: Sequence[System], port: int, *, data_gib: float) -> dict[str, Any]:
    """By system: {"idle_mib": …, "peaks": [[megapixels, MiB or None where it gave no picture], …]}."""
    return {system.name: _of(system, port, data_gib) for system in systems}


def _of(system: System, port: int, data_gib: float) -> dict[str, Any]:
    peaks: list[list[float | None]] = []
    with running(system, port, data_gib=data_gib) as up:
        warm(up)
        idle = tree.memory_mib(up.root)
        for megapixels in MEGAPIXELS:
            photo = photo_of(megapixels, 4).data
            with tree.PeakMemory(up.root) as peak:
                try:
                    up.call("restore", photo)
                except Refused:
                    peaks.append([megapixels, None])
                    continue
            peaks.append([megapixels, peak.mib])
    shown = "  ".join(f"{at:g} MP: {mib:.0f}" if mib else f"{at:g} MP: refused" for at, mib in peaks)
    print(f"{system.label:26} idle {idle:.0f} MiB  {shown}", flush=True)
    return {"idle_mib": idle, "peaks": peaks}
