"""A shop that goes on ordering while something happens to the fleet."""

import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.faults.shop import Shop
from tests.waiting import until

PAUSE_S = 0.15
_RECOVERS_S = 180.0


class Load:
    """Submits one job after another in a thread until the block ends; those whose 202 came are in `accepted`."""

    def __init__(self, shop: Shop, pause_s: float = PAUSE_S) -> None:
        self.shop, self.accepted = shop, list[str]()
        self._pause_s = pause_s
        self._failure: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: len(self.accepted) >= 3 or self._failure, "the first jobs of a load")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        if self._failure and not error:
            raise self._failure

    def under_way(self) -> list[str]:
        """Which of them have not ended yet."""
        return [job_id for job_id in list(self.accepted) if self.shop.jobs[job_id].ended is None]

    def until_more(self, many: int = 5) -> None:
        """Until so many more have succeeded that are accepted from now on."""
        first = len(self.accepted)
        until(lambda: len(self.accepted) >= first + many or self._failure, "more jobs that are accepted", _RECOVERS_S)
        assert not self._failure, self._failure
        succeeded(self.shop, self.accepted[first : first + many])

    def _run(self) -> None:
        try:
            while not self._stopped.wait(self._pause_s):
                self.accepted += self.shop.submit()
        except BaseException as error:  # noqa: BLE001  (told by whoever leaves the block)
            self._failure = error


def succeeded(shop: Shop, jobs: Iterable[str]) -> float:
    """Wait until all of them have succeeded; the seconds that took."""
    started, waiting = time.monotonic(), list(jobs)
    until(lambda: shop.have_succeeded(waiting), f"the success of {len(waiting)} jobs", _RECOVERS_S)
    return time.monotonic() - started
