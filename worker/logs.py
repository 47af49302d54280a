"""Logging of the worker process: JSON lines on stderr, from our own modules and from Celery alike."""

import logging
import warnings

from celery.platforms import SecurityWarning

from jobs.logs import log_json_lines

_CHATTY = ("celery.worker.strategy", "celery.app.trace")


def configure_logging(level: str) -> None:
    """Send all from `level` up ("debug", "info", …) to stderr, one JSON object a line. For the entry point only."""
    log_json_lines(level)
    for name in _CHATTY:  # two lines for every hint; the jobs' ends are told by our own
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.simplefilter("ignore", SecurityWarning)  # Celery's word on root is about pickle; only JSON is accepted
