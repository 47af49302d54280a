"""A person's side: which outputs are approved, and which rejected."""

from jobs.problems import ProblemError
from jobs.results import without_result
from jobs.states import State
from jobs.store.base import RecordBase


class DecidingStore(RecordBase):
    """What people say about a job's outputs; it is kept with the job, and goes with it."""

    def decide(self, tenant: str, job_id: str, output: int, verdict: str | None, note: str = "") -> None:
        """Keep the verdict on an output of a job that succeeded, in place of an earlier one; None takes that back.

        The caller has seen that there is such an output. The same verdict and note again changes nothing, the time
        included. Raises ProblemError: not-found, not-ready, no-result.
        """
        answer = self.run_script(
            "decide",
            id=job_id,
            tenant=tenant,
            index=str(output),
            verdict=verdict,
            note=None if verdict is None else note,
        )
        if answer == "none":
            raise ProblemError("not-found", f"there is no job {job_id}")
        if answer != "ok":
            raise without_result(State(answer.removeprefix("not-ready:")))
