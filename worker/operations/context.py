"""What an operation may use: the engine, asked in the job's name. Knows nothing of the job's record."""

import concurrent.futures
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Engine, Ticket
from worker.picture import Pixels

_LOOK_UP_S = 0.25


@dataclass
class OperationContext:
    """The engine as one operation of one job sees it.

    `ticket` says for whom; `while_waiting` is called four times a second in the job's own thread. `facts` collects what
    the engine did, and `findings` what the operation found out about the picture, as JSON values: both for the
    manifest.
    """

    engine: Engine
    ticket: Ticket
    while_waiting: Callable[[], None]
    facts: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)

    def ask(self, model: str, image: Pixels) -> NDArray[np.generic]:
        """Run `model` over `image` uint8 [H, W, 3] and wait; returns what the model makes of it.

        That is an image (tile models) or a raw array (frame models). Raises engine.errors, and whatever
        `while_waiting` raises.
        """
        future = self.engine.submit(model, image, self.ticket)
        while not concurrent.futures.wait([future], _LOOK_UP_S).done:
            self.while_waiting()
        result = future.result()
        self.facts.append(asdict(result.facts))
        return result.output
