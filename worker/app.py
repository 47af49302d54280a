"""The Celery application: the hint's task, and a step of the worker's start that opens the workshop before any hint.

``python -m worker`` is the way to run it. ``celery -A worker.app worker --pool=threads`` works too; the prefork pool is
refused, since forked children cannot share a device.
"""

import logging
import sys
from contextlib import closing, suppress
from typing import Any

import redis
from celery import Celery, bootsteps, signals
from celery.worker import state

from engine.errors import EngineError
from engine.settings import EngineSettings
from jobs.connection import connect
from jobs.errors import JobsError, SettingsError
from jobs.hint_transport import TASK_NAME
from jobs.metrics.listener import MetricsListener
from jobs.queue import make_celery
from worker.consumer import PatientConsumer
from worker.drain import Drain
from worker.errors import PoolRefused, WorkerError
from worker.heartbeats import Heartbeats
from worker.presence import forget_predecessors, other_places, place_of_blobs
from worker.reaper import Reaper
from worker.settings import WorkerSettings, read_all_settings
from worker.tasks import take_hint
from worker.webhooks.dispatch import Dispatch
from worker.workshop import Workshop, open_workshop

log = logging.getLogger(__name__)

EXIT_NOT_STARTED = 1
_POOLS = {"worker.pool", "celery.concurrency.thread", "celery.concurrency.solo"}


class WorkerProcess:
    """One worker process' life: refuse a wrong pool, open, consume, drain, close."""

    def __init__(self, settings: WorkerSettings, engine_settings: EngineSettings) -> None:
        self._settings = settings
        self._engine_settings = engine_settings
        self.celery = make_celery(settings)
        self.celery.conf.worker_consumer = f"{PatientConsumer.__module__}:{PatientConsumer.__name__}"
        self.drain = Drain(_stop_consuming)
        self._workshop: Workshop | None = None
        self._threads: tuple[Heartbeats, Reaper, Dispatch, MetricsListener] | None = None
        self._register()

    def start(self) -> None:
        """Open the workshop; called in the main thread, after Celery has put its own signal handlers in place.

        Raises SystemExit where it cannot be opened: a worker without a warm engine takes no hint.
        """
        self.drain.install()
        self._leave_no_predecessor()
        try:
            workshop = open_workshop(self._settings, self._engine_settings, self.celery)
        except (EngineError, WorkerError, JobsError) as error:
            log.critical("the worker cannot start: %s", error)
            raise SystemExit(EXIT_NOT_STARTED) from error
        self._workshop = workshop
        self.celery.amqp.queues.select(workshop.hints.listen(workshop.device_kind))
        self.drain.watch(workshop)
        dispatch = Dispatch(workshop.store, self._settings, workshop.network, workshop.metrics.delivered)
        dispatch.tracing = workshop.tracing
        listener = MetricsListener(self._settings.metrics_host, self._settings.metrics_port, workshop.metrics.registry)
        self._threads = Heartbeats(workshop), Reaper(workshop), dispatch, listener
        for thread in self._threads:
            thread.start()
        workshop.models.start()

    def _leave_no_predecessor(self) -> None:
        """Before the networks are loaded: until they are warm nobody here is ready."""
        with closing(connect(self._settings.redis_url)) as client, suppress(redis.RedisError):
            forget_predecessors(client)
            own = place_of_blobs(self._settings)
            for other in other_places(client, own):
                why = "unless these are one and the same, jobs that it takes fail: see PACKSHOT_BLOB_URL and _DATA_DIR"
                log.warning("this worker keeps photos in %s, others in %s; %s", own, other, why)

    def stop(self) -> None:
        """Close what `start` opened; the pool has finished its jobs by now."""
        for thread in self._threads or ():
            thread.stop()
        if self._workshop:
            self._workshop.close()

    def take_hint(self, job_id: str) -> None:
        """The task's body."""
        assert self._workshop is not None, "hints arrive only after start"
        take_hint(self._workshop, self.drain, job_id)

    def _register(self) -> None:
        process = self

        def _stop(**_: Any) -> None:
            process.stop()

        class WorkshopStep(bootsteps.StartStopStep):  # type: ignore[misc]
            """Opens the workshop after the pool and before the consumer (Celery's own last step).

            It is not closed by a `stop` here: steps stop in reverse, and this one's turn comes before the pool's, whose
            threads still finish their jobs. Celery's signal comes once they have.
            """

            requires = ("celery.worker.components:Pool",)

            def __init__(self, parent: Any, **options: Any) -> None:
                try:
                    refuse_pool(parent.pool_cls)
                except PoolRefused as error:
                    raise SystemExit(str(error)) from error  # Celery's command line shows it without a traceback
                super().__init__(parent, **options)

            def start(self, parent: Any) -> None:
                signals.worker_shutdown.connect(_stop, sender=parent, weak=False)
                process.start()

        self.celery.steps["worker"].add(WorkshopStep)
        self.celery.task(name=TASK_NAME, ignore_result=True)(process.take_hint)


def refuse_pool(pool: Any) -> None:
    """Raise PoolRefused unless `pool` (Celery's pool class) runs tasks in this very process."""
    module = pool if isinstance(pool, str) else pool.__module__
    if module not in _POOLS:
        raise PoolRefused(
            f"Packshot's worker runs its jobs in threads, because one process owns the device; received the pool "
            f"{module.rpartition('.')[2]}, allowed are threads and solo. Start it with: python -m worker"
        )


def _stop_consuming() -> None:
    """Ask Celery's message loop to end, as its own SIGTERM handler would."""
    state.should_stop = 0


def __getattr__(name: str) -> Celery:
    """``app``, for ``celery -A worker.app``: built when asked for, so that importing this module has no effect."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return WorkerProcess(*read_all_settings()).celery
    except SettingsError as error:
        sys.exit(str(error))
