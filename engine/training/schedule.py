"""How long and how fast a network learns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.training.errors import RefusedError

SEED_STEP = 1_000_003  # between the seeds of two ranks
LEAST_SHARE = 2  # pictures of a batch: one of a photo that comes back, one that is made anew


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn: linear warm-up, then a cosine down to a hundredth of the rate."""

    steps: int
    batch: int
    learning_rate: float
    warmup_steps: int = 100
    weight_decay: float = 0.0
    validate_every: int = 500
    ema_decay: float = 0.999
    betas: tuple[float, float] = (0.9, 0.999)  # Adam's
    seed: int = 1
    patience: int | None = None  # validations without a better one, after which to stop early

    def rate(self, step: int) -> float:
        """Return the learning rate at ``step`` of 0..steps-1."""
        warm = min(1.0, (step + 1) / max(1, self.warmup_steps))
        return self.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / self.steps)))

    def share(self, rank: int, ranks: int) -> Schedule:
        """Return the schedule of one of several ranks: its part of the batch, drawn by a seed of its own.

        Raises RefusedError where the ranks cannot share the batch equally, or get less than `LEAST_SHARE` each.
        """
        if self.batch % ranks:
            raise RefusedError(f"{ranks} processes cannot share a batch of {self.batch} equally; choose a divisor")
        if ranks > 1 and self.batch // ranks < LEAST_SHARE:
            raise RefusedError(
                f"{ranks} processes leave each {self.batch // ranks} of a batch of {self.batch}; "
                f"each needs {LEAST_SHARE}: start at most {self.batch // LEAST_SHARE}"
            )
        return replace(self, batch=self.batch // ranks, seed=self.seed + SEED_STEP * rank)
