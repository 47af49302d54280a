"""Figures from a history: what device time went into, how long photos waited, how fairly tenants were served."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.simulation.replay import History, Ran
from engine.simulation.traces import Photo


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of the time from the first arrival to the last batch's end; they add up to 1."""

    useful: float
    halo: float
    padding: float
    empty: float
    failed: float
    """Batches that failed."""
    idle: float

    @property
    def useful_beside_halo(self) -> float:
        """Useful of all but the halo, which is the price of equality with the whole image."""
        return self.useful / (1 - self.halo)


def shares_of(history: History) -> Shares:
    """Divide each batch's time among what its pixels were used for."""
    start_s = min(photo.at_s for photo in history.trace)
    span_s = max(ran.end_s for ran in history.batches) - start_s
    seconds: dict[str, float] = defaultdict(float)
    for ran in history.batches:
        for part, pixels in _parts(ran).items():
            seconds[part] += (ran.end_s - ran.start_s) * pixels / ran.load.area_px
    names = ("useful", "halo", "padding", "empty", "failed")
    parts = {name: seconds[name] / span_s for name in names}
    return Shares(**parts, idle=1 - sum(parts.values()))


def megapixels_per_s(history: History) -> float:
    """Photo pixels of all photos done, by the time from the first arrival to the last end."""
    done = [number for number, ending in history.endings.items() if ending.error is None]
    last_s = max(history.endings[number].at_s for number in done)
    pixels = sum(history.trace[number].pixels for number in done)
    return pixels / 1e6 / (last_s - min(photo.at_s for photo in history.trace))


def latencies_s(history: History, which: Callable[[Photo], bool] = lambda _: True) -> list[float]:
    """From arrival to answer, of those photos that were answered."""
    return sorted(
        ending.at_s - history.trace[number].at_s
        for number, ending in history.endings.items()
        if ending.error is None and which(history.trace[number])
    )


def waits_s(history: History, own_s: Callable[[Photo], float], which: Callable[[Photo], bool]) -> list[float]:
    """Latency beyond `own_s`, which is what a photo needs when the device is its own."""
    return sorted(
        ending.at_s - history.trace[number].at_s - own_s(history.trace[number])
        for number, ending in history.endings.items()
        if ending.error is None and which(history.trace[number])
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest rank's value; `ordered` ascends and is not empty."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def jain(amounts: Iterable[float]) -> float:
    """Jain's index of fairness, (Σx)² / (n Σx²): 1 when all are equal, 1/n when one has everything."""
    values = list(amounts)
    return sum(values) ** 2 / (len(values) * sum(value**2 for value in values))


def served_px(history: History) -> Counter[str]:
    """Useful pixels by tenant, as long as every tenant still had unfinished photos."""
    last_s: dict[str, float] = {}
    for number, ending in history.endings.items():
        tenant = history.trace[number].tenant
        last_s[tenant] = max(last_s.get(tenant, 0.0), ending.at_s)
    until_s = min(last_s.values())
    served: Counter[str] = Counter(dict.fromkeys(last_s, 0))
    for ran in history.batches:
        if ran.end_s <= until_s and ran.error is None:
            for number, pixels in ran.load.useful_px.items():
                served[history.trace[number].tenant] += pixels
    return served


def _parts(ran: Ran) -> dict[str, float]:
    if ran.error is not None:
        return {"failed": ran.load.area_px}
    load = ran.load
    useful = sum(load.useful_px.values())
    return {"useful": useful, "halo": load.halo_px, "padding": load.padding_px, "empty": load.empty_px}
