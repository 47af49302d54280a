"""BentoML with adaptive batching, as its documentation has it for requests that come one by one: a service that takes
them, and one behind it whose endpoint is `batchable` (https://docs.bentoml.com/en/latest/get-started/adaptive-batching).

The one behind has a worker for each core, with one ONNX Runtime thread, which decodes, runs and encodes: a file is
smaller to hand on than its pixels.
"""

import os
from typing import Annotated, Any

import bentoml
from bentoml.exceptions import InvalidArgument
from bentoml.validators import ContentType

from benchmarks.peers.serving.network import Networks, Setup, decode, encode

_SETUP = Setup.from_env()
_PATIENCE_MS = 600_000
_LIMITS = {"timeout": 600}
Photo = Annotated[bytes, ContentType("image/jpeg")]


@bentoml.service(workers=len(os.sched_getaffinity(0)), traffic=_LIMITS)
class Inference:
    """The networks, on batches of (task, photo's bytes)."""

    def __init__(self) -> None:
        self.networks = Networks(threads=1)

    @bentoml.api(batchable=True, max_batch_size=_SETUP.batch, max_latency_ms=_PATIENCE_MS)
    def answer(self, asked: list[Any]) -> list[Any]:
        """(status, bytes or text) for each."""
        answers: list[Any] = [None] * len(asked)
        photos = {}
        for place, (task, photo) in enumerate(asked):
            try:
                photos[place] = task, decode(photo)
            except Exception as error:  # noqa: BLE001  (decoders raise anything at all)
                answers[place] = 400, str(error)
        for place, made in zip(photos, self.networks.answer(list(photos.values())), strict=True):
            answers[place] = (500, str(made)) if isinstance(made, Exception) else (200, encode(made))
        return answers


@bentoml.service(workers=1, traffic=_LIMITS)
class Pictures:
    """`POST /<task>` with a photo's bytes; answers a JPEG."""

    behind = bentoml.depends(Inference)

    @bentoml.api
    async def restore(self, photo: Photo, /) -> Photo:
        """See the module."""
        return await self._answer("restore", photo)

    @bentoml.api
    async def relight(self, photo: Photo, /) -> Photo:
        """See the module."""
        return await self._answer("relight", photo)

    async def _answer(self, task: str, photo: bytes) -> bytes:
        ((status, made),) = await self.behind.to_async.answer([(task, photo)])
        if status == 200:
            return bytes(made)
        raise InvalidArgument(made) if status == 400 else RuntimeError(made)
