"""Everything that training can fail with by itself; needs no torch.

TrainingError
├── RefusedError    what was asked for cannot be done with what is there; nothing was changed
├── DivergedError   a training whose numbers make no sense any more
├── ParityError     an exported network does not compute what the trained one does
└── RankLostError   another of the processes that train together has ended
"""

from __future__ import annotations


class TrainingError(Exception):
    """Root of training's errors."""


class RefusedError(TrainingError, ValueError):
    """What was asked for cannot be done with what is there; nothing was changed."""


class DivergedError(TrainingError):
    """A training whose numbers make no sense any more; the checkpoints are those of its last good validation."""


class ParityError(TrainingError):
    """The exported network does not compute what the trained one does."""


class RankLostError(TrainingError):
    """Another of the processes that train together has ended, so that this one cannot go on."""
