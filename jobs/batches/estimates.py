"""How long work will take, from how long work of its kind took: a mean for each signature, and how many run at once."""

from collections.abc import Mapping
from dataclasses import dataclass

ALL = "*"


@dataclass(frozen=True)
class Estimate:
    """``seconds`` is None where nobody can tell; ``reason`` says why, or on what the number rests."""

    seconds: float | None
    reason: str | None
    parallel: int


def estimate(left: Mapping[str, int], times: Mapping[str, float], parallel: int) -> Estimate:
    """The time for ``left`` jobs by signature, given mean run times in ms (``ALL``: of all jobs).

    The sum of all run times, divided among ``parallel`` threads: other tenants' jobs are not foreseen.
    """
    if not left:
        return Estimate(0.0, None, parallel)
    if ALL not in times:
        return Estimate(None, "no job has been done yet, so there is nothing to go by", parallel)
    if parallel == 0:
        return Estimate(None, "no worker is alive", parallel)
    unmeasured = sum(number for signature, number in left.items() if signature not in times)
    total_ms = sum(number * times.get(signature, times[ALL]) for signature, number in left.items())
    reason = (
        f"{unmeasured} jobs are of kinds not measured yet: taken to be like the mean of all" if unmeasured else None
    )
    return Estimate(round(total_ms / 1000 / parallel, 1), reason, parallel)
