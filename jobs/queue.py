"""Wake-up hints: Celery messages by task name. A hint says "there is work"; the record says which, at the claim."""

import logging

import redis
from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from jobs.connection import CONNECT_TIMEOUT_S, SOCKET_TIMEOUT_S, connect
from jobs.settings import JobsSettings

TASK_NAME = "packshot.work"

_log = logging.getLogger(__name__)


def make_celery(settings: JobsSettings) -> Celery:
    """The Celery application that both sides share. Builds configuration only; connects at the first use."""
    celery = Celery("packshot", broker=settings.redis_url, set_as_current=False)
    celery.conf.update(
        task_default_queue=settings.hint_queue,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        # The record survives a lost message, so a message may go once it is received. Acknowledging late would bring
        # duplicates at every broken connection, and Celery 5.7.0 dies on a Redis restart with one unacknowledged.
        task_acks_late=False,
        worker_disable_prefetch=True,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 15,
        },
    )
    return celery


class HintQueue:
    """Publishes hints, and counts those that wait."""

    def __init__(self, celery: Celery, settings: JobsSettings) -> None:
        self._celery = celery
        self._settings = settings
        self._redis = connect(settings.redis_url)

    def publish(self, job_id: str) -> bool:
        """Send one hint; returns within about 5 s. False (and a log line) when the broker did not take it.

        A lost hint delays its job until a reaper's next sweep, nothing more: so the fault is not the caller's.
        """
        try:
            with self._celery.connection_for_write(
                connect_timeout=CONNECT_TIMEOUT_S,
                transport_options={**self._celery.conf.broker_transport_options, **_HASTY},
            ) as connection:
                self._celery.send_task(TASK_NAME, args=[job_id], connection=connection, ignore_result=True, retry=False)
        except (OperationalError, KombuError, redis.RedisError, OSError) as error:
            _log.warning("hint for %s not published, the reaper will: %s", job_id, error)
            return False
        return True

    def waiting(self) -> int:
        """How many hints no worker has taken yet."""
        return int(self._redis.llen(self._settings.hint_queue))


_HASTY = {"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": CONNECT_TIMEOUT_S, "max_retries": 0}
