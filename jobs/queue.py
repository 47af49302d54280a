"""Wake-up hints: Celery messages by task name. A hint says "there is work"; the record says which, at the claim."""

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import redis
from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from jobs.connection import connect
from jobs.hint_brokers import configuration, hasty_options, waiting_in
from jobs.hint_transport import TASK_NAME, letter
from jobs.routes import hint_queue, hint_queues, lane_of
from jobs.settings import JobsSettings
from jobs.spec import JobSpec

_KEPT_CONNECTIONS = 8
_LET_BE_S = 1.0


class _BrokerFault(Exception):  # noqa: N818  (never leaves this module)
    """Another broker than Redis did not take or tell something."""


_FAULTS = (KombuError, redis.RedisError, OSError, _BrokerFault)

T = TypeVar("T")

_log = logging.getLogger(__name__)


def make_celery(settings: JobsSettings) -> Celery:
    """The Celery application that both sides share. Builds configuration only; connects at the first use."""
    celery = Celery("packshot", set_as_current=False)
    celery.conf.update(
        task_default_queue=settings.hint_queue,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        # The record survives a lost message, so a message may go once it is received. Acknowledging late would bring
        # duplicates at every broken connection, and Celery 5.7.0 dies on a Redis restart with one unacknowledged.
        task_acks_late=False,
        worker_disable_prefetch=not settings.hint_broker,  # only Redis' transport knows it
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,  # nobody but the record tells a worker what to do
        broker_connection_retry_on_startup=True,
        broker_channel_error_retry=True,  # what Redis refuses now (READONLY, OOM, NOPERM), it may do later
        **configuration(settings),
    )
    return celery


class HintQueue:
    """Publishes hints, and counts those that wait. Thread-safe; make it after a fork, not before."""

    def __init__(self, celery: Celery, settings: JobsSettings) -> None:
        self._celery = celery
        self._settings = settings
        self._redis = connect(settings.redis_url)
        self._on_redis = not settings.hint_broker
        self._silent_until = 0.0  # by time.monotonic(): a broker that failed is let be for a moment
        self._idle: deque[Connection] = deque()
        self._heard = [settings.hint_queue]

    def publish(self, job_id: str, queue: str | None = None) -> bool:
        """Send one hint, to every worker or into a queue of those on one device (``jobs.routes.hint_queue``).

        Returns within about 5 s. False (and a log line) when the broker did not take it.

        A lost hint delays its job until a reaper's next sweep, nothing more: so the fault is not the caller's.
        """
        try:
            if self._on_redis:
                name = queue or self._settings.hint_queue
                self._redis.lpush(name, letter(name, job_id))
            else:
                self._send_through_celery(job_id, queue)
        except _FAULTS as error:
            _log.warning("hint for %s not published, the reaper will: %s", job_id, error)
            return False
        return True

    def enclosed(self, spec: JobSpec) -> Callable[[str], tuple[str, str]] | None:
        """Makes of a job's id the list and the hint that ``JobStore.submit`` puts there; None with another broker."""
        if not self._on_redis:
            return None
        queue = self.queue_of(spec) or self._settings.hint_queue
        return lambda job_id: (queue, letter(queue, job_id))

    def queue_of(self, spec: JobSpec) -> str | None:
        """Into which queue the hint for such a job goes; None: to every worker."""
        queue = hint_queue(self._settings.hint_queue, lane_of(spec))
        return queue if queue != self._settings.hint_queue else None

    def listen(self, device: str) -> list[str]:
        """Take hints for workers on this device too; the queues that are listened to now."""
        self._heard = hint_queues(self._settings.hint_queue, [device])
        return self._heard

    def take(self) -> bool:
        """Take the oldest hint off a queue; False where none waits, or Redis does not answer, or is not the broker."""
        if not self._on_redis:
            return False  # Celery brings the next at once: it is Redis' transport alone that is late
        try:
            return any(self._redis.rpop(queue) is not None for queue in self._heard)
        except redis.RedisError as error:
            _log.warning("no further hint taken: %s", error)
            return False

    def waiting(self) -> int:
        """How many hints no worker has taken yet, of all queues; another broker's own faults pass through."""
        return sum(self._waiting_in(queue) for queue in hint_queues(self._settings.hint_queue))

    def missing(self, queue: str, wanted: int) -> int:
        """How many of the hints that the record misses in a queue are to be published.

        The record counts what waits in Redis. What waits with another broker is taken off here; nothing is published
        where that cannot tell, or each sweep would add to what no worker takes.
        """
        if self._on_redis or not wanted:
            return wanted
        try:
            return max(0, wanted - self._waiting_in(queue))
        except _BrokerFault as error:
            _log.warning("the broker does not tell how many hints wait: %s", error)
            return 0

    def close(self) -> None:
        """Close the connections kept for the next hints."""
        self._drop_idle()
        self._redis.close()

    def _waiting_in(self, queue: str) -> int:
        if self._on_redis:
            return int(self._redis.llen(queue))
        return self._with_connection(partial(waiting_in, queue=queue))

    def _send_through_celery(self, job_id: str, queue: str | None) -> None:
        """To a broker that is no Redis; costs ten times as much as a list of Redis."""
        where = {"queue": queue} if queue else {}

        def send(connection: Connection) -> None:
            self._celery.send_task(
                TASK_NAME, args=[job_id], connection=connection, ignore_result=True, retry=False, **where
            )

        self._with_connection(send)

    def _with_connection(self, work: Callable[[Connection], T]) -> T:
        """Raises _BrokerFault, whatever the broker's own library raised."""
        if time.monotonic() < self._silent_until:
            raise _BrokerFault("the broker failed a moment ago")
        while True:
            kept, connection = self._take()
            try:
                done = work(connection)
            except Exception as error:
                connection.release()
                if kept:
                    self._drop_idle()  # they are as stale as this one: once more, over a new connection
                    continue
                self._silent_until = time.monotonic() + _LET_BE_S
                raise _BrokerFault(f"{type(error).__name__}: {error}") from error
            self._give_back(connection)
            return done

    def _take(self) -> tuple[bool, Connection]:
        """(whether it was used before, a connection of this thread's own)."""
        try:
            return True, self._idle.pop()
        except IndexError:
            options = {**self._celery.conf.broker_transport_options, **hasty_options(self._settings)}
            return False, self._celery.connection_for_write(transport_options=options)

    def _give_back(self, connection: Connection) -> None:
        if len(self._idle) < _KEPT_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.release()

    def _drop_idle(self) -> None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                return
            connection.release()
