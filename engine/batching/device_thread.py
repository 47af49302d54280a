"""The one thread that owns the device: it opens it, asks the batcher what to run, runs it, and closes it."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from engine.batching.batcher import Batch, Batcher, Settled
from engine.batching.units import Result, Work
from engine.device import Device, batch_limit
from engine.errors import DeviceLost, EngineClosed, EngineError

logger = logging.getLogger(__name__)


class DeviceThread:
    """A loop around `Batcher`. Every public method may be called from any thread; none waits for the device, but
    `start` and `stop`.
    """

    def __init__(self, open_device: Callable[[], Device], largest_batch: int, window_s: float) -> None:
        """`open_device` is called on the thread itself. `window_s` counts only where batching pays."""
        self._open_device = open_device
        self._largest_batch = largest_batch
        self._window_s = window_s
        self._wake = threading.Condition()
        self._batcher = Batcher({})
        self._closed: EngineError | None = None
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="packshot-device", daemon=True)
        self._opened: Future[Device] = Future()

    def start(self) -> Device:
        """Start the thread and wait until the device is open; raises what opening it raised."""
        self._thread.start()
        return self._opened.result()

    def add(self, work: Work) -> None:
        """Queue a work. Raises EngineClosed, or DeviceLost, once nothing will run any more."""
        with self._wake:
            if self._closed is not None:
                raise type(self._closed)(*self._closed.args) from self._closed
            self._batcher.add(work, time.monotonic())
            self._wake.notify()

    def stop(self, timeout_s: float | None) -> bool:
        """Finish the batch that is running, fail everything else with EngineClosed, and end the thread.

        False when the running batch did not end within `timeout_s`: its futures have failed by then, too, but the
        device is still held, and only the end of the process frees it.
        """
        with self._wake:
            self._close(EngineClosed("the engine is closed"))
            self._wake.notify()
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            return True
        self._fail_all(EngineClosed(f"the running batch did not end within {timeout_s} s of closing the engine"))
        return False

    @property
    def closed(self) -> bool:
        """Whether new work is refused."""
        return self._closed is not None

    @property
    def last_progress(self) -> float:
        """time.monotonic() when the running batch began, or now if none is running: what a watchdog looks at."""
        return self._busy_since or time.monotonic()

    def _run(self) -> None:
        try:
            device = self._open_device()
        except BaseException as error:  # noqa: BLE001  (handed over whole: `start` raises it)
            self._opened.set_exception(error)
            return
        limits = {model: batch_limit(executor, self._largest_batch) for model, executor in device.executors.items()}
        self._batcher = Batcher(limits, self._window_s if device.backend.batching_pays else 0.0)
        self._opened.set_result(device)
        try:
            while self._step(device):
                pass
        except BaseException as error:  # noqa: BLE001  (the loop's edge: nobody above could hear it)
            self._lose(error)
        finally:
            self._busy_since = None
            device.backend.close()

    def _step(self, device: Device) -> bool:
        """Wait for a batch and run it; False when the thread is to end. Nothing of a batch outlives its step: an idle
        engine must not hold the last photo.
        """
        with self._wake:
            batch = self._wait_for_batch()
            settled = self._batcher.take_settled()
        _resolve(settled, device.backend.name)
        if batch is not None:
            self._run_batch(batch, device)
        elif self._closed is not None:
            self._fail_all(self._closed)
            return False
        return True

    def _wait_for_batch(self) -> Batch | None:
        """Return the next batch; None when works were settled without one, or the thread is to end."""
        while self._closed is None:
            now = time.monotonic()
            batch = self._batcher.next_batch(now)
            if batch is not None:
                self._busy_since = now
                return batch
            if self._batcher.has_settled:
                return None
            ends = self._batcher.window_ends
            self._wake.wait(None if ends is None else max(0.0, ends - now))
        return None

    def _run_batch(self, batch: Batch, device: Device) -> None:
        failure: Exception | None = None
        try:
            device.executors[batch.model].run(batch.units)
        except DeviceLost:
            raise
        except Exception as error:  # the batcher splits the batch until the culprit stands alone
            failure = error
            logger.warning("a batch of %d units of %s failed", len(batch.members), batch.model, exc_info=error)
        with self._wake:
            if failure is None:
                self._batcher.finished(batch, time.monotonic())
            else:
                self._batcher.failed(batch, failure, time.monotonic())
            settled = self._batcher.take_settled()
        if failure is None:
            _report_progress(batch)
        _resolve(settled, device.backend.name)
        self._busy_since = None

    def _close(self, error: EngineError) -> None:
        if self._closed is None:
            self._closed = error

    def _lose(self, error: BaseException) -> None:
        logger.critical("the device thread ends: %s: %s", type(error).__name__, error, exc_info=error)
        lost = DeviceLost(f"the device thread ended: {type(error).__name__}: {error}")
        lost.__cause__ = error
        with self._wake:
            self._closed = lost
        self._fail_all(lost)

    def _fail_all(self, error: EngineError) -> None:
        with self._wake:
            self._batcher.drop_all(error)
            settled = self._batcher.take_settled()
        _resolve(settled, "")


def _resolve(settled: list[Settled], backend: str) -> None:
    """Answer the futures. Without the lock: their callbacks may submit more work."""
    for work, error in settled:
        if error is not None:
            work.future.set_exception(error)
            continue
        height, width = work.source.shape[:2]
        facts = work.tally.facts(work.card, backend, len(work.boxes), height * width)
        work.future.set_result(Result(work.target, facts))


def _report_progress(batch: Batch) -> None:
    for work in batch.works():
        if work.ticket.on_progress is None:
            continue
        try:
            work.ticket.on_progress(work.done, len(work.boxes))
        except Exception:  # a caller's mistake must not end everyone's device
            logger.exception("on_progress of tenant %r failed", work.ticket.tenant)
