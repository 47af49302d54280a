"""What an operation may use: the engine, asked in the job's name. Knows nothing of the job's record."""

import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Engine, Result, Ticket
from engine.editions import Edition
from engine.errors import UnitCancelled
from engine.images import Floats
from jobs.presets import Preset
from jobs.problems import ProblemError
from worker.operations.works import together
from worker.picture import Picture, Pixels
from worker.progress import shares_of

_LOOK_UP_S = 0.25


def _nothing_uploaded(sha256: str) -> Picture:
    raise LookupError(f"no uploads are at hand; asked for sha256:{sha256}")


def _nobody_watches(_start: float, _end: float) -> None:
    """Where an operation runs outside a job, its progress is nobody's."""


class _CalledOff(threading.Event):
    """Set by itself or with another event: an operation's end or its job's."""

    def __init__(self, job: threading.Event) -> None:
        super().__init__()
        self._job = job

    def is_set(self) -> bool:
        """Whether either is set."""
        return super().is_set() or self._job.is_set()


@dataclass
class OperationContext:
    """The engine as one operation of one job sees it.

    `ticket` says for whom; `while_waiting` is called in the job's own thread, once for each answer of the engine and
    four times a second until it is there. `uploaded` decodes an upload that the spec names beside the input, by its
    SHA-256. `seed` is the job's, for whatever is drawn at random. `part(start, end)` says which part of the operation,
    0 to 1, the engine is asked for from now on; `pointer` is where the spec has the operation (RFC 6901). `renditions`
    are the channels that the job makes files for, by name.

    `facts` collects what the engine did, and `findings` what the operation found out about the picture, as JSON values:
    both for the manifest. `warnings` are sentences about the result that a person should read before using it.
    """

    engine: Engine | Edition
    ticket: Ticket
    while_waiting: Callable[[], None]
    uploaded: Callable[[str], Picture] = _nothing_uploaded
    seed: int = 0
    part: Callable[[float, float], None] = _nobody_watches
    pointer: str = ""
    renditions: Mapping[str, Preset] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = _CalledOff(self.ticket.cancelled)
        self.ticket = replace(self.ticket, cancelled=self._over)

    def close(self) -> None:
        """The operation is over: what it asked the engine for and has not waited for is called off."""
        self._over.set()

    def ask(self, model: str, image: Pixels) -> NDArray[np.generic]:
        """Run `model` over `image` uint8 [H, W, channels_in of its card] and wait; returns what the model makes of it.

        That is an image (tile models) or a raw array (frame models). Raises engine.errors, and whatever
        `while_waiting` raises.
        """
        return self.ask_all(model, [image])[0]

    def ask_all(self, model: str, images: Sequence[Pixels]) -> list[NDArray[np.generic]]:
        """As `ask`, over several images at once, which may share the engine's batches; their facts are one entry."""
        return list(self.ask_each(model, images))

    def ask_each(self, model: str, images: Sequence[Pixels]) -> Iterator[NDArray[np.generic]]:
        """As `ask_all`, giving the answers one by one in order, so that whoever takes less of each holds no more."""
        tickets = self._tickets([image.shape[0] * image.shape[1] for image in images])
        pairs = zip(images, tickets, strict=True)
        return self._answers(deque(self.engine.submit(model, image, ticket) for image, ticket in pairs))

    def ask_latents(self, model: str, vectors: Floats) -> Pixels:
        """The pictures, uint8 [n, H, W, 3], that a latent model makes of float32 vectors [n, length]; else as `ask`."""
        (pictures,) = self._answers(deque([self.engine.submit_latents(model, vectors, self.ticket)]))
        return pictures.astype(np.uint8, copy=False)

    def still_wanted(self) -> None:
        """Show progress where this thread works by itself for long. Raises UnitCancelled once the job was ended."""
        self.while_waiting()
        if self.ticket.cancelled.is_set():
            raise UnitCancelled("the job was ended while a picture was looked at")

    def require(self, *models: str) -> None:
        """Raise ProblemError unknown-model where the engine has not all of these models."""
        missing = [model for model in models if model not in self.engine.models]
        if missing:
            names, known = ", ".join(missing), ", ".join(sorted(self.engine.models))
            raise ProblemError("unknown-model", f"this needs {names}, and the worker has only {known}", missing=missing)

    def _tickets(self, sizes_px: Sequence[int]) -> Sequence[Ticket]:
        """A ticket for each of several works, whose progress is that of all of them."""
        if self.ticket.on_progress is None:
            return [self.ticket] * len(sizes_px)
        return [replace(self.ticket, on_progress=share) for share in shares_of(self.ticket.on_progress, sizes_px)]

    def _answers(self, waiting: deque[Future[Result]]) -> Iterator[NDArray[np.generic]]:
        """What the engine answers, each let go of as the next is asked for; the facts are noted at the end."""
        facts = []
        while waiting:
            self.while_waiting()  # in between too: answers may come so fast that none is waited for
            while concurrent.futures.wait([waiting[0]], _LOOK_UP_S).not_done:
                self.while_waiting()
            result = waiting.popleft().result()
            facts.append(result.facts)
            yield result.output
        if facts:
            self.facts.append(asdict(together(facts)))
