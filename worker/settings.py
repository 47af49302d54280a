"""The worker's own settings, beside those it shares with the API. The engine reads its own."""

import os
from typing import Annotated, Literal

from pydantic import Field

from jobs.settings import JobsSettings


class WorkerSettings(JobsSettings):
    """What one worker process goes by. Frozen; build it with ``jobs.settings.read_settings``."""

    concurrency: Annotated[int, Field(ge=0, le=256)] = 0
    drain_timeout_s: Annotated[float, Field(ge=0)] = 25.0
    decode_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    reap_interval_s: Annotated[float, Field(gt=0)] = 2.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def threads(self) -> int:
        """How many jobs run at once: `concurrency`, or two more than processors, as some jobs wait for the device."""
        return self.concurrency or min(32, (os.cpu_count() or 2) + 2)
