"""What to answer for a job that has no result to show: not yet, or not ever."""

from collections.abc import Mapping

from jobs.problems import ProblemError
from jobs.states import State

_NEVER: Mapping[State, str] = {
    State.FAILED: "the job failed, and will never have a result; its problem says why",
    State.CANCELED: "the job was canceled, and will never have a result",
    State.EXPIRED: "the job's deadline passed before it was done, and it will never have a result",
}


def without_result(state: State) -> ProblemError:
    """``not-ready`` while a job may still succeed, ``no-result`` once it has ended in another way."""
    if state in _NEVER:
        return ProblemError("no-result", _NEVER[state], state=state)
    return ProblemError("not-ready", f"the job is {state}; only a succeeded job has a result", state=state)
