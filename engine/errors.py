# ruff: noqa: N818  (the names say what happened: "deadline exceeded", not "deadline error")
"""Everything the engine can fail with.

EngineError
├── SettingsRefused      PACKSHOT_* values that cannot be used (all of them, in one message)
├── WeightsError         a card, its model file or their agreement is broken
├── BackendUnavailable   the backend asked for cannot run on this machine
├── NoRoomForModel       a version to be loaded beside others does not fit the memory
├── ModelNotFound        no loaded model has that name
├── ImageRefused         what was submitted is not a uint8 RGB image
├── LatentsRefused       what was submitted are not float32 vectors of the model's length
├── UnitCancelled        the ticket was cancelled before the work was done
├── DeadlineExceeded     the ticket's deadline passed before the work was done
├── UnitFailed           one unit failed, alone on the device; `.cause` says with what
├── DeviceLost           the device or its thread is gone; nothing more will run in this process
└── EngineClosed         the engine is draining or closed
"""


class EngineError(Exception):
    """Root of the engine's errors."""


class SettingsRefused(EngineError):
    """One or more settings cannot be used."""


class WeightsError(EngineError):
    """A model card or model file is missing, malformed, or does not match its card."""


class BackendUnavailable(EngineError):
    """The backend asked for by name cannot run here."""


class NoRoomForModel(EngineError):
    """What would be loaded beside the models that are served leaves too little memory."""


class ModelNotFound(EngineError):
    """No loaded model has the name asked for."""


class ImageRefused(EngineError):
    """The submitted array is not an image."""


class LatentsRefused(EngineError):
    """The submitted array does not hold latents of the model."""


class UnitCancelled(EngineError):
    """The work was cancelled before its last unit ran."""


class DeadlineExceeded(EngineError):
    """The work's deadline passed before its last unit ran."""


class UnitFailed(EngineError):
    """A unit failed although it ran alone, so that no batch-mate can be to blame."""

    def __init__(self, message: str, cause: BaseException) -> None:
        super().__init__(message)
        self.cause = cause
        self.__cause__ = cause


class DeviceLost(EngineError):
    """The device, or the thread that owns it, is gone; the process should be replaced."""


class EngineClosed(EngineError):
    """The engine takes no more work."""
