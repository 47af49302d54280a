"""Logging of the worker process: JSON lines on stderr, from our own modules and from Celery alike."""

import logging
import warnings

import structlog
from celery.platforms import SecurityWarning

_CHATTY = ("celery.worker.strategy", "celery.app.trace")


def configure_logging(level: str) -> None:
    """Send all from `level` up ("debug", "info", …) to stderr, one JSON object a line. For the entry point only."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=(
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _CHATTY:  # two lines for every hint; the jobs' ends are told by our own
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.simplefilter("ignore", SecurityWarning)  # Celery's word on root is about pickle; only JSON is accepted
