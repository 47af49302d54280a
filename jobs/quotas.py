"""Who pays for a job: the account of a key, and how many jobs a day it has. The counting is Lua (``quotas.lua``)."""

from dataclasses import dataclass

from jobs.problems import ProblemError


@dataclass(frozen=True)
class Charge:
    """The account that jobs count on, and how many of them a day (UTC) are allowed; None allows any number.

    ``token`` is the id of the upload token that makes the job, which has so many of its own.
    """

    account: str
    jobs_per_day: int | None = None
    token: str | None = None

    def refusal(self, answer: str, told: str, jobs: int) -> ProblemError:
        """Why ``jobs`` more were not taken: by what the script answered, ``used-up``, or ``spent`` with
        how many are left and for how many seconds.
        """
        if answer == "used-up":
            return ProblemError("forbidden", "the jobs of this upload token are used up; the page needs a new token")
        left, wait_s = (int(part) for part in told.split())
        asked = "this job" if jobs == 1 else f"these {jobs} jobs"
        detail = f"{left} of the {self.jobs_per_day} jobs a day of this key are left, too few for {asked}"
        return ProblemError("rate-limited", f"{detail}; more come at 00:00 UTC", retry_after_s=wait_s)
