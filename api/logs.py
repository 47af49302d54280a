"""Logging of the API process: JSON lines on stderr, from structlog and from the libraries alike."""

import structlog

from jobs.logs import OF_EVERY_LINE, log_json_lines


def configure_logging(level: str) -> None:
    """Send all from ``level`` up ("debug", "info", …) to stderr, one JSON object a line. For the entry point only."""
    log_json_lines(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *OF_EVERY_LINE,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
