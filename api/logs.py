"""Logging of the API process: JSON lines on stderr, from structlog and from the libraries alike."""

import structlog

from jobs.logs import NAMES_AND_TIMES, log_json_lines

_SHARED = (structlog.contextvars.merge_contextvars, *NAMES_AND_TIMES)


def configure_logging(level: str) -> None:
    """Send all from ``level`` up ("debug", "info", …) to stderr, one JSON object a line. For the entry point only."""
    log_json_lines(level, _SHARED)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
