"""What `packshot top` knows at one moment, and how it comes to know more: it draws nothing."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from packshot.client import Client
from packshot.errors import PackshotError
from packshot.operator_models import Overview, TenantLoad, Worker

TENANTS = 20


@dataclass(frozen=True)
class Sample:
    """All that was told at `at` (RFC 3339) by `server`."""

    server: str
    at: str
    overview: Overview
    workers: tuple[Worker, ...]
    tenants: tuple[TenantLoad, ...]

    def flush_reasons(self) -> Counter[str]:
        """Why the batches of the last minute left, over all workers."""
        reasons: Counter[str] = Counter()
        for worker in self.workers:
            if worker.engine is not None:
                reasons.update({name: int(many) for name, many in worker.engine.flush_reasons.items()})
        return reasons

    def models(self) -> Counter[str]:
        """`restore 6`: on how many workers each version of a model is."""
        return Counter(
            f"{name} {told.get('version', '?')}"
            for worker in self.workers
            for name, told in worker.models.items()
            if isinstance(told, dict)
        )


def take_sample(client: Client, server: str) -> Sample:
    """Three requests to the server of that address. Raises PackshotError."""
    overview, workers = client.operator.overview(), client.operator.workers()
    tenants = client.operator.tenants(TENANTS)
    return Sample(server, datetime.now(UTC).isoformat(timespec="seconds"), overview, workers, tenants)


class Watch:
    """Asks again in a thread of its own, so that keys are heard while a server is silent. Used on one thread."""

    def __init__(self, ask: Callable[[], Sample], first: Sample) -> None:
        self.sample = first
        self.failure: PackshotError | None = None
        self._ask = ask
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="top")
        self._asked: Future[Sample] | None = None

    def ask(self) -> None:
        """Begin to ask, unless an answer is still awaited."""
        if self._asked is None:
            self._asked = self._pool.submit(self._ask)

    def look(self) -> bool:
        """Whether an answer, or the lack of one, has come since the last look; `failure` is None once all is well."""
        if self._asked is None or not self._asked.done():
            return False
        asked, self._asked = self._asked, None
        try:
            self.sample, self.failure = asked.result(), None
        except PackshotError as error:
            self.failure = error
        return True

    def close(self) -> None:
        """Ask no more; an answer that is under way is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
