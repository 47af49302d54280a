"""When a job will be done, as far as the mean run times of jobs like it tell. Knows the record's figures, not Redis."""

from dataclasses import dataclass

TELLING_FRACTION = 0.1


@dataclass(frozen=True)
class Outlook:
    """What is known at ``now_ms`` (Redis' clock): mean run times in ms, of jobs of this kind and of all, or None.

    ``running`` jobs run at this moment, whosever they are.
    """

    now_ms: int
    own_ms: float | None
    mean_ms: float | None
    running: int

    @property
    def run_ms(self) -> float | None:
        """How long such a job runs; None where nothing was measured yet."""
        return self.mean_ms if self.own_ms is None else self.own_ms


def seconds_waiting(outlook: Outlook, position: int, parallel: int) -> float | None:
    """Seconds until a job runs that is behind ``position`` others, where ``parallel`` jobs run at once.

    Threads that are free take the first of those that wait; from then on one comes free every mean run time divided by
    their number, the next after half of that on average. None where nobody can tell.
    """
    free = max(0, parallel - outlook.running)
    if position < free:
        return 0.0
    if parallel == 0 or outlook.mean_ms is None:
        return None
    return (position - free + 0.5) * outlook.mean_ms / parallel / 1000


def seconds_running(outlook: Outlook, ran_ms: int, fraction: float) -> float | None:
    """Seconds until a job is done that has run for ``ran_ms``, and is done by ``fraction`` (0..1).

    The mean of its kind; a job that takes longer than that is told by its own pace, once a tenth of it is done: before,
    its pace tells nothing. None where nobody can tell.
    """
    ran_ms = max(0, ran_ms)
    if outlook.run_ms is not None and ran_ms < outlook.run_ms:
        return (outlook.run_ms - ran_ms) / 1000
    return ran_ms * (1 - fraction) / fraction / 1000 if fraction >= TELLING_FRACTION else None


def read_outlook(own: str | None, mean: str | None, running: int, now_ms: int) -> Outlook:
    """The outlook from the strings that the record keeps of run times."""
    return Outlook(now_ms, _mean(own), _mean(mean), running)


def _mean(told: str | None) -> float | None:
    return float(told.split()[0]) if told else None
