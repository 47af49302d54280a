"""What TensorRT says, brought to Python: its log to `logging`, its errors to the exceptions that we raise."""

import functools
import logging
import threading
from collections import deque
from typing import SupportsInt

import tensorrt as trt

logger = logging.getLogger(__name__)


class LogBridge(trt.ILogger):
    """Hands TensorRT's log lines to `logging`; its INFO, which tells of every step of a build, as DEBUG. Any thread."""

    def __init__(self) -> None:
        trt.ILogger.__init__(self)
        self._levels = {
            trt.ILogger.Severity.INTERNAL_ERROR: logging.ERROR,
            trt.ILogger.Severity.ERROR: logging.ERROR,
            trt.ILogger.Severity.WARNING: logging.WARNING,
            trt.ILogger.Severity.INFO: logging.DEBUG,
        }

    def log(self, severity: trt.ILogger.Severity, msg: str) -> None:
        """Called by TensorRT. VERBOSE, thousands of lines a build, is dropped."""
        level = self._levels.get(severity)
        if level is not None:
            logger.log(level, "%s", msg)


class ErrorMemory(trt.IErrorRecorder):
    """Remembers the last errors, so that an exception can say them. Any thread; keep it alive as long as its user."""

    KEPT = 20

    def __init__(self) -> None:
        trt.IErrorRecorder.__init__(self)
        self._lock = threading.Lock()
        self._errors: deque[tuple[trt.ErrorCodeTRT, str]] = deque(maxlen=self.KEPT)
        self._dropped = 0

    def report_error(self, arg0: trt.ErrorCodeTRT, arg1: str) -> bool:
        """Called by TensorRT; False lets it go on to the failure that it then returns."""
        with self._lock:
            self._dropped += len(self._errors) == self.KEPT
            self._errors.append((arg0, arg1))
        return False

    def num_errors(self) -> int:
        """Errors kept."""
        return len(self._errors)

    def get_error_code(self, arg0: SupportsInt) -> trt.ErrorCodeTRT:
        """The code of a kept error."""
        return self._errors[int(arg0)][0]

    def get_error_desc(self, arg0: SupportsInt) -> str:
        """The words of a kept error."""
        return self._errors[int(arg0)][1]

    def has_overflowed(self) -> bool:
        """Whether older errors were dropped."""
        return self._dropped > 0

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._errors.clear()
            self._dropped = 0

    @property
    def tells_of_memory(self) -> bool:
        """Whether an allocation failed."""
        with self._lock:
            return any(code == trt.ErrorCodeTRT.FAILED_ALLOCATION for code, _ in self._errors)

    def take(self) -> str:
        """Return all that was said, in one line, and forget it."""
        with self._lock:
            words = "; ".join(description for _, description in self._errors)
            self._errors.clear()
            self._dropped = 0
        return words or "TensorRT gave no reason; see the log"


@functools.cache
def log_bridge() -> LogBridge:
    """The one logger of the process: TensorRT keeps the first that it is given, for good."""
    return LogBridge()
