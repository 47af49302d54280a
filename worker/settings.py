"""The worker's own settings, beside those it shares with the API; and the engine's, read at the same time."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from engine.backends.cpus import usable_cpus
from engine.errors import SettingsRefused
from engine.settings import EngineSettings
from jobs.errors import SettingsError
from jobs.presets import read_presets
from jobs.settings import JobsSettings, read_settings
from jobs.spec.review import Review
from worker.memory import usable_memory_bytes

_BYTES_PER_PIXEL = 30
"""What a job takes for each pixel of its largest picture, at most: AVIF and rotation need it (28 and 23 measured)."""
_SHARE_OF_MEMORY = 0.75


_RETRIES_S = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""How long after each failed attempt a webhook is sent again; after the last one it is given up: three days in all."""

Delay = Annotated[float, Field(ge=0, le=7 * 86_400)]


def _parted(value: object) -> object:
    """Seconds between commas, as the environment has them."""
    return [part for part in value.replace(" ", "").split(",") if part] if isinstance(value, str) else value


class WorkerSettings(JobsSettings):
    """What one worker process goes by. Frozen; build it with `read_all_settings`."""

    concurrency: Annotated[int, Field(ge=0, le=256)] = 0
    drain_timeout_s: Annotated[float, Field(ge=0)] = 25.0
    decode_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    fetch_timeout_s: Annotated[float, Field(gt=0, le=600)] = 20.0
    reap_interval_s: Annotated[float, Field(gt=0)] = 2.0
    collect_orphans: bool = True
    models_look_s: Annotated[float, Field(ge=0)] = 0.0
    max_held_megapixels: Annotated[float, Field(ge=0)] = 0.0
    webhooks_timeout_s: Annotated[float, Field(gt=0, le=60)] = 15.0
    webhooks_retries_s: Annotated[tuple[Delay, ...], NoDecode, BeforeValidator(_parted)] = _RETRIES_S
    webhooks_at_once: Annotated[int, Field(ge=1, le=256)] = 16
    review: Review = Review()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def threads(self) -> int:
        """How many jobs run at once: `concurrency`, or two more than processors, as some jobs wait for the device."""
        return self.concurrency or min(32, usable_cpus() + 2)

    @property
    def held_px(self) -> float:
        """How many pixels the largest pictures of all running jobs may have together.

        That is `max_held_megapixels`, or what fits into three quarters of the memory.
        """
        return self.max_held_megapixels * 1e6 or usable_memory_bytes() * _SHARE_OF_MEMORY / _BYTES_PER_PIXEL


def read_all_settings(**overrides: int) -> tuple[WorkerSettings, EngineSettings]:
    """Read the settings of worker (`overrides` first) and engine; raises SettingsError with the mistakes of both."""
    mistakes = []
    try:
        settings = read_settings(WorkerSettings, **overrides)
        read_presets(settings.presets_dir)
    except SettingsError as error:
        mistakes.append(str(error))
    try:
        engine_settings = EngineSettings.from_env()
    except SettingsRefused as error:
        mistakes.append(str(error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings, engine_settings
