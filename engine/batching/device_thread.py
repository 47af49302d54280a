"""The one thread that owns the device: it opens it, asks the batcher what to run, runs it, and closes it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from engine.backends.base import Backend, Executor
from engine.batching.batcher import Batcher, Settled
from engine.batching.filling import Batch
from engine.batching.flights import Failed, Flight
from engine.batching.lanes import Slots
from engine.batching.units import Result, Work
from engine.device import Device
from engine.errors import DeviceLost, EngineClosed, EngineError, UnitFailed
from engine.figures import Figures
from engine.observing import Observers, event_of

logger = logging.getLogger(__name__)


class DeviceThread:
    """A loop around `Batcher`. Every public method may be called from any thread; none waits for the device, but
    `start` and `stop`.
    """

    def __init__(self, open_device: Callable[[], Device], window_s: float, observers: Observers | None = None) -> None:
        """`open_device` is called on the thread itself. `window_s` counts only where batching pays."""
        self._open_device = open_device
        self._window_s = window_s
        self._observers = observers or Observers()
        self.figures = Figures(time.monotonic())
        self._wake = threading.Condition()
        self._batcher = Batcher({})
        self._closed: EngineError | None = None
        self._flying: deque[Flight] = deque()
        self._owed: list[Settled] = []
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="packshot-device", daemon=True)
        self._opened: Future[Device] = Future()
        self._device: Device | None = None
        self._leaving: set[str] = set()

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

    def serve(self, key: str, executor: Executor, slots: Slots) -> None:
        """Run works for one model more, known by its `Card.key`; before the first of them is added.

        The key is new: none that is served, nor one that is forgotten but still has work.
        """
        with self._wake:
            assert self._device is not None, "only after start"
            self._device.executors[key] = executor
            self._batcher.serve(key, slots)

    def forget(self, key: str) -> None:
        """Let go of a model once the last work for it is over. Once a key, and no work for it may be added after."""
        with self._wake:
            self._leaving.add(key)
            self._wake.notify()

    def stop(self, timeout_s: float | None) -> bool:
        """Finish the batches that are running, fail everything else with EngineClosed, and end the thread.

        False when a running batch did not end within `timeout_s`: its futures have failed by then, too, but the
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
        """time.monotonic() when the batch that is running began, or when the last one's answers began to come home.

        Now, if the device has nothing to do. It is what a watchdog looks at.
        """
        return self._busy_since or time.monotonic()

    def _run(self) -> None:
        try:
            device = self._open_device()
        except BaseException as error:  # noqa: BLE001  (handed over whole: `start` raises it)
            self._opened.set_exception(error)
            return
        window_s = self._window_s if device.backend.batching_pays else 0.0
        self._batcher = Batcher(device.slots, window_s, device.room_px)
        self._device = device
        self._opened.set_result(device)
        try:
            while self._step(device):
                pass
        except BaseException as error:  # noqa: BLE001  (the loop's edge: nobody above could hear it)
            self._lose(error)
        finally:
            self._flying.clear()
            self._busy_since = None
            device.backend.close()

    def _step(self, device: Device) -> bool:
        """Start a batch, or wait for the oldest one; False when the thread is to end. Nothing of a batch outlives its
        step and its flight: an idle engine must not hold the last photo.
        """
        with self._wake:
            self._let_go(device)
            batch = self._wait_for_batch()
            self._owed += self._batcher.take_settled()
        self._settle(device.backend)
        if batch is not None:
            self._take_off(batch, device)
        if self._flying and (batch is None or len(self._flying) >= device.backend.depth):
            self._land(device)
        elif batch is None and self._closed is not None:
            self._fail_all(self._closed)
            return False
        return True

    def _let_go(self, device: Device) -> None:
        flying = {flight.batch.key for flight in self._flying}
        for key in self._leaving - flying:
            if self._batcher.forget(key):
                self._leaving.remove(key)
                del device.executors[key]

    def _wait_for_batch(self) -> Batch | None:
        """Return the next batch; None when there is something else to do: batches to wait for, works to settle, or the
        end of the thread.
        """
        while self._closed is None:
            now = time.monotonic()
            batch = self._batcher.next_batch(now)
            if batch is not None or self._flying or self._batcher.has_settled or self._may_let_go():
                return batch
            ends = self._batcher.window_ends
            self._wake.wait(None if ends is None else max(0.0, ends - now))
        return None

    def _may_let_go(self) -> bool:
        return any(not self._batcher.has_work_for(key) for key in self._leaving)

    def _take_off(self, batch: Batch, device: Device) -> None:
        if not self._flying:
            self._busy_since = time.monotonic()
            self.figures.note_busy(self._busy_since, busy=True)
        try:
            running = device.executors[batch.key].start(batch.layout)
        except DeviceLost:
            raise
        except Exception as error:  # noqa: BLE001  (as if the device had failed: see `_land`)
            running = Failed(error)
        self._flying.append(Flight(batch, running))

    def _land(self, device: Device) -> None:
        batch, running = self._flying.popleft()
        failure: Exception | None = None
        try:
            running.wait()
        except DeviceLost:
            raise
        except Exception as error:  # the batcher splits the batch until the culprit stands alone
            failure = error
            logger.warning("a batch of %d units of %s failed", len(batch.members), batch.model, exc_info=error)
        now = time.monotonic()
        if self._observers:
            since = self._busy_since or batch.started
            self._observers.tell(event_of(batch, device.backend.name, since=since, ended=now, error=failure))
        with self._wake:
            if failure is None:
                self._batcher.finished(batch, now)
            else:
                self._batcher.failed(batch, failure, now)
            self._owed += self._batcher.take_settled()
        self._busy_since = now
        if failure is None:
            self.figures.note_batch(batch.layout.size, batch.usage)
            _report_progress(batch)
        self._settle(device.backend)
        if not self._flying:
            self._busy_since = None
            self.figures.note_busy(time.monotonic(), busy=False)

    def _settle(self, backend: Backend) -> None:
        """Bring the finished answers home and resolve the futures. Without the lock: callbacks may submit more work.

        Until it is claimed a work stays owed, so that a device lost or hung on the way leaves no future unanswered.
        """
        for settled in tuple(self._owed):
            failure = settled.error or _collect(settled.work, backend)
            backend.release(settled.work.target)
            if self._claim(settled):
                if failure is None:
                    self.figures.note_wait(settled.work.tally.wait_ms)
                _resolve(settled.work, failure, backend.name)

    def _claim(self, settled: Settled) -> bool:
        """Whether the work's future is this thread's to resolve: `stop` may have failed it in the meantime."""
        with self._wake:
            owed = settled in self._owed
            if owed:
                self._owed.remove(settled)
            return owed

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
        """Fail what is left. May be called by another thread while this one hangs, so the device is not touched: it is
        closed, with all that it holds, when the thread ends.
        """
        with self._wake:
            self._batcher.drop_all(error)
            owed, self._owed = [*self._owed, *self._batcher.take_settled()], []
        for work, failure in owed:
            _resolve(work, failure or error, "")


def _collect(work: Work, backend: Backend) -> EngineError | None:
    try:
        backend.collect(work.target)
    except DeviceLost:
        raise
    except Exception as error:  # noqa: BLE001  (one answer is lost, not the device)
        return UnitFailed(f"{work.card.model}: the answer could not be fetched from the device: {error}", error)
    return None


def _resolve(work: Work, error: EngineError | None, backend: str) -> None:
    if error is not None:
        work.future.set_exception(error)
        return
    work.future.set_result(Result(work.answer, work.tally.facts(work.card, backend)))


def _report_progress(batch: Batch) -> None:
    for work in batch.works():
        if work.ticket.on_progress is None:
            continue
        try:
            work.ticket.on_progress(work.done_px, work.total_px)
        except Exception:  # a caller's mistake must not end everyone's device
            logger.exception("on_progress of tenant %r failed", work.ticket.tenant)
