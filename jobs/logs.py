"""JSON lines on stderr, the same from every process and from every library in it. Knows no room's loggers."""

import logging

import structlog
from structlog.typing import Processor

_OF_EVERY_LINE: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,  # whose line it is: job, tenant, request, trace
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def log_json_lines(level: str) -> None:
    """Send all from ``level`` up ("debug", "info", …) to stderr, one JSON object a line. For entry points only.

    From structlog and from plain ``logging`` alike. Tracebacks never show local variables, which may be secret.
    """
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_OF_EVERY_LINE,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_OF_EVERY_LINE,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
