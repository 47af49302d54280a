"""The states of a job. The transitions between them are the scripts in ``lua/``."""

from enum import StrEnum


class State(StrEnum):
    """``queued → running → succeeded | failed | canceled | expired``; ``running → queued`` on a retry."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_terminal(self) -> bool:
        """True once nothing can change the job any more, but its removal."""
        return self in TERMINAL


TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED, State.EXPIRED})
