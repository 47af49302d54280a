"""Who pays for a job: the account of a key, and how many jobs a day it has. The counting is Lua (``quotas.lua``)."""

from dataclasses import dataclass

from jobs.problems import ProblemError


@dataclass(frozen=True)
class Charge:
    """The account that jobs count on, and how many of them a day (UTC) are allowed; None allows any number."""

    account: str
    jobs_per_day: int | None = None

    def refusal(self, told: str, jobs: int) -> ProblemError:
        """Why ``jobs`` more were not taken; ``told`` is what the script said: how many are left, and seconds to go."""
        left, wait_s = (int(part) for part in told.split())
        asked = "this job" if jobs == 1 else f"these {jobs} jobs"
        detail = f"{left} of the {self.jobs_per_day} jobs a day of this key are left, too few for {asked}"
        return ProblemError("rate-limited", f"{detail}; more come at 00:00 UTC", retry_after_s=wait_s)
