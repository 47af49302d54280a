"""What several shops do all the time: submit, repeat themselves, cancel, and poll. Each has dice of its own."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from tests.faults.photos import small_photo
from tests.faults.shop import Kept, Shop

MEAN_PAUSE_S = 1.6
MOST_UNDER_WAY = 12
_POLL_S = 0.1
_PHOTOS = ("mug", "ring", "shoe", "watch")
_WORKS: tuple[list[dict[str, Any]], ...] = (
    [{"op": "restore"}],
    [{"op": "relight"}, {"op": "restore"}],
    [{"op": "resize", "width": 64}],
    [{"op": "rotate", "angle": 90}, {"op": "relight"}],
    [{"op": "upscale", "factor": 2}],
)


class Traffic:
    """One shop's two threads: one that asks for something every second or two, one that polls all the time.

    `on_failure` is told of what broke a promise; then the threads end.
    """

    def __init__(self, shop: Shop, seed: str, on_failure: Callable[[BaseException], None]) -> None:
        self.shop = shop
        self.repeated = self.canceled = 0
        self._dice = random.Random(seed)
        self._on_failure = on_failure
        self._stopped = threading.Event()
        self._both = ThreadPoolExecutor(2)
        self._threads = [threading.Thread(target=self._run, args=(work,)) for work in (self._ask, self._poll)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask for nothing more; returns when what was under way is answered."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._both.shutdown()

    def under_way(self) -> list[str]:
        """The jobs whose end nobody has seen yet."""
        return [job_id for job_id, kept in list(self.shop.jobs.items()) if kept.ended is None]

    def _run(self, work: Callable[[], None]) -> None:
        try:
            while not self._stopped.is_set():
                work()
        except BaseException as error:  # noqa: BLE001  (told by who waits for the run)
            self._on_failure(error)

    def _ask(self) -> None:
        if self._stopped.wait(self._dice.expovariate(1 / MEAN_PAUSE_S)) or len(self.under_way()) >= MOST_UNDER_WAY:
            return
        kept = self._draw()
        if self._dice.random() < 0.1:  # a client that sends everything twice
            ids = set(self._both.map(self.shop.submit_kept, [kept, kept]))
            assert len(ids) == 1, f"one key made the jobs {sorted(ids)}"
            self.repeated += 1
        else:
            ids = {self.shop.submit_kept(kept)}
        self._follow_up(ids.pop())

    def _follow_up(self, job_id: str) -> None:
        luck = self._dice.random()
        if luck < 0.1:
            time.sleep(self._dice.uniform(0, 0.5))
            self.shop.cancel(job_id)
            self.canceled += 1
        elif luck < 0.2:
            earlier = self._dice.choice(list(self.shop.jobs))
            again = self.shop.submit_again(earlier)
            assert again == earlier, f"the key of {earlier} made {again}"
            self.repeated += 1

    def _poll(self) -> None:
        jobs = self.under_way() or list(self.shop.jobs)[-50:]
        if jobs:
            self.shop.look(random.choice(jobs))
        self._stopped.wait(_POLL_S)

    def _draw(self) -> Kept:
        dice = self._dice
        spec: dict[str, Any] = {"operations": dice.choice(_WORKS), "webhook": {"url": self.shop.sink.url}}
        if dice.random() < 0.3:
            spec["priority"] = "bulk"
        if dice.random() < 0.05:
            spec["deadline_s"] = dice.randint(1, 20)
        return Kept(
            str(UUID(int=dice.getrandbits(128))), small_photo(dice.choice(_PHOTOS), dice.choice([96, 160])), spec
        )
