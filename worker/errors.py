# ruff: noqa: N818  (the names say what happened)
"""Errors of the worker room: what ends an attempt for reasons other than the photo or the engine.

WorkerError
├── PoolRefused     Celery was started with a pool that cannot share a device
├── GpusRefused     --gpus names a GPU that is not there
├── DecoderLost     the decoding child was killed from outside or given no time; the photo may be fine
├── UploadDamaged   the stored upload is not the bytes that were uploaded
├── FetchFailed     a photo's URL did not answer, or not well; it may later
├── VersionGone     the job asks for a model's version that was let go of since it was claimed
└── AttemptEnded    the attempt goes no further: canceled, lease lost, or the worker drains
"""


class WorkerError(Exception):
    """Root of the worker's own errors."""


class PoolRefused(WorkerError):
    """Celery was started with a pool that cannot share one device between jobs."""


class GpusRefused(WorkerError):
    """--gpus names a GPU that is not there, or there is none at all."""


class DecoderLost(WorkerError):
    """The decoding child was killed from outside (a shutdown, a guard of memory), or a busy machine gave it no time."""


class UploadDamaged(WorkerError):
    """The bytes that came back from the blob store are not those that were uploaded."""


class FetchFailed(WorkerError):
    """A photo's URL did not answer, or with an error that may pass. The message names the host, never the query."""


class VersionGone(WorkerError):
    """The job asks for a version of a model that was let go of since its claim; another worker may have it."""


class AttemptEnded(WorkerError):
    """The attempt goes no further; `reason` is "cancel", "lost" or "drain"."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the attempt ended: {reason}")
        self.reason = reason
