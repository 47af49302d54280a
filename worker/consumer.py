"""Celery's message loop, made to come back soon from whatever Redis does to it."""

import logging
import time
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

log = logging.getLogger(__name__)

PAUSE_S = 0.5
LONGEST_PAUSE_S = 2.0


class PatientConsumer(Consumer):  # type: ignore[misc]
    """For ``worker_consumer``. Celery 5.7 pauses longer and longer, up to 32 s, and gives up after 100 times."""

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, however long that takes; ends with SystemExit when the worker is told to stop meanwhile."""

        def tell(error: Exception, pause_s: float) -> None:
            log.error("Redis cannot be reached, the next try comes in %g s: %s", pause_s, error)

        steps = {"interval_start": PAUSE_S, "interval_step": PAUSE_S, "interval_max": LONGEST_PAUSE_S}
        conn.ensure_connection(tell, callback=maybe_shutdown, **steps)
        self.first_connection_attempt = False
        return conn

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Called before it connects anew; a Redis that takes connections and refuses all else is not asked in haste."""
        log.warning("Redis broke off, connecting anew: %s", exc)
        time.sleep(PAUSE_S)
