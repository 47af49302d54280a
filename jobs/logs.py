"""JSON lines on stderr, the same from every process and from every library in it. Knows no room's loggers."""

import logging

import structlog
from structlog.typing import Processor

OF_EVERY_LINE: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,  # whose line it is: job, tenant, request, trace
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def log_json_lines(level: str, processors: tuple[Processor, ...] = OF_EVERY_LINE) -> None:
    """Send all from ``level`` up ("debug", "info", …) to stderr, one JSON object a line. For entry points only.

    ``processors`` prepare the records of plain ``logging``. Tracebacks never show local variables, which may be secret.
    """
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
