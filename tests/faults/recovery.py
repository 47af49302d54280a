"""How long an installation takes to recover from a fault: the clock that each fault starts anew."""

import time

from tests.faults.shop import Shop
from tests.waiting import until

RECOVERS_S = 180.0


class Recovery:
    """From the first strike of a fault until the first job that succeeded after it. Any thread may strike."""

    def __init__(self) -> None:
        self._struck: float | None = None
        self._took_s: float | None = None

    def strike(self) -> None:
        """The fault begins now; the first time counts."""
        self._struck = self._struck or time.monotonic()

    def reset(self) -> None:
        """The next fault has not begun yet."""
        self._struck = self._took_s = None

    def seconds(self, shop: Shop, job_id: str | None = None) -> float:
        """Seconds until this job, or else one that is submitted now, has succeeded; the first call counts.

        It is waited for. AssertionError where it does not come.
        """
        if self._took_s is None:
            self.strike()
            assert self._struck is not None
            which = job_id or shop.submit()[0]
            until(lambda: shop.have_succeeded([which]), f"the success of {which} after the fault", RECOVERS_S)
            self._took_s = time.monotonic() - self._struck
        return self._took_s
