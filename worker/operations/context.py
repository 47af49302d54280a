"""What an operation may use: the engine, asked in the job's name. Knows nothing of the job's record."""

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Engine, Ticket
from worker.picture import Picture, Pixels

_LOOK_UP_S = 0.25


def _nothing_uploaded(sha256: str) -> Picture:
    raise LookupError(f"no uploads are at hand; asked for sha256:{sha256}")


@dataclass
class OperationContext:
    """The engine as one operation of one job sees it.

    `ticket` says for whom; `while_waiting` is called four times a second in the job's own thread. `uploaded` decodes an
    upload that the spec names beside the input, by its SHA-256. `facts` collects what
    the engine did, and `findings` what the operation found out about the picture, as JSON values: both for the
    manifest. `warnings` are sentences about the result that a person should read before using it.
    """

    engine: Engine
    ticket: Ticket
    while_waiting: Callable[[], None]
    uploaded: Callable[[str], Picture] = _nothing_uploaded
    facts: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def ask(self, model: str, image: Pixels) -> NDArray[np.generic]:
        """Run `model` over `image` uint8 [H, W, channels_in of its card] and wait; returns what the model makes of it.

        That is an image (tile models) or a raw array (frame models). Raises engine.errors, and whatever
        `while_waiting` raises.
        """
        return self.ask_all(model, [image])[0]

    def ask_all(self, model: str, images: Sequence[Pixels]) -> list[NDArray[np.generic]]:
        """As `ask`, over several images at once, which may share the engine's batches."""
        futures = [self.engine.submit(model, image, self.ticket) for image in images]
        while concurrent.futures.wait(futures, _LOOK_UP_S).not_done:
            self.while_waiting()
        results = [future.result() for future in futures]
        self.facts += [asdict(result.facts) for result in results]
        return [result.output for result in results]
