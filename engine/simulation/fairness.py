"""How fairly tenants were served at any load: what each got in a window, by its max-min fair share of that window."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from engine.simulation.replay import History
from engine.simulation.report import jain


def fairness(history: History, window_s: float) -> float:
    """Mean of Jain's index over the windows at whose start two tenants or more had photos unfinished; 1 if none had.

    The index (Jain, Chiu and Hawe 1984) is of what each of these tenants got, divided by its max-min fair share of what
    all of them got. Only photos that had arrived by the window's start count: it is nobody's fault that one which came
    at its end was not served. Photos in failed batches got nothing.
    """
    indices = [
        jain(got[tenant] / share for tenant, share in max_min_shares(asked, sum(got.values())).items())
        for asked, got in _windows(history, window_s)
        if len(asked) > 1 and sum(got.values()) > 0
    ]
    return sum(indices) / len(indices) if indices else 1.0


def max_min_shares(asked: Mapping[str, float], capacity: float) -> dict[str, float]:
    """Divide `capacity` so that nobody gets more than was asked, and what one leaves is divided among the others."""
    shares: dict[str, float] = {}
    for served, (tenant, wish) in enumerate(sorted(asked.items(), key=lambda entry: entry[1])):
        shares[tenant] = min(wish, (capacity - sum(shares.values())) / (len(asked) - served))
    return shares


def _windows(history: History, window_s: float) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Yield by tenant what was unfinished at each window's start, and what of it was computed in the window, in px."""
    trace = history.trace
    left_px = {number: float(photo.pixels) for number, photo in enumerate(trace)}
    end_s = max(ran.end_s for ran in history.batches)
    for window in range(round(end_s / window_s) + 1):
        start_s = window * window_s
        waiting = {
            number
            for number, ending in history.endings.items()
            if trace[number].at_s <= start_s < ending.at_s and left_px[number] >= 1
        }
        asked: dict[str, float] = defaultdict(float)
        got: dict[str, float] = defaultdict(float)
        for number in waiting:
            asked[trace[number].tenant] += left_px[number]
        for number, pixels in _computed(history, start_s, start_s + window_s):
            left_px[number] -= pixels
            if number in waiting:
                got[trace[number].tenant] += pixels
        yield asked, got


def _computed(history: History, from_s: float, until_s: float) -> Iterator[tuple[int, float]]:
    """Yield photos and their pixels computed meanwhile: a batch's pixels come evenly while it runs."""
    for ran in history.batches:
        overlap_s = min(ran.end_s, until_s) - max(ran.start_s, from_s)
        if overlap_s > 0 and ran.error is None:
            for number, pixels in ran.load.useful_px.items():
                yield number, pixels * overlap_s / (ran.end_s - ran.start_s)
