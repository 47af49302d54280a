"""What the engine is told of an attempt with all that it asks: whose it is, how urgent, and until when it is of use."""

import time
from dataclasses import dataclass

from engine import Ticket
from jobs.records import Claim
from jobs.tracing import Tracing
from worker.leases import Lease
from worker.progress import Progress
from worker.spans import JobTag
from worker.workshop import Workshop

_PRIORITIES = {"interactive": 0, "bulk": 1}


@dataclass(frozen=True)
class Tickets:
    """Those of one attempt; `deadline` is on this process' monotonic clock, in seconds, None where there is none."""

    lease: Lease
    tracing: Tracing
    deadline: float | None

    @classmethod
    def of(cls, workshop: Workshop, lease: Lease) -> "Tickets":
        """The tickets of a claim. Asks Redis for its time where the job has a deadline, until it answers."""
        return cls(lease, workshop.tracing, monotonic_deadline(workshop, lease.claim))

    def ticket(self, progress: Progress) -> Ticket:
        """One to ask with at this moment; what is done for it is told to `progress`."""
        claim = self.lease.claim
        return Ticket(
            tenant=claim.tenant,
            priority=_PRIORITIES[claim.spec.priority],
            deadline=self.deadline,
            cancelled=self.lease.ended,
            alone=claim.attempt > 1 or claim.suspect,
            on_progress=progress.units,
            tag=JobTag(claim.job_id, claim.tenant, self.tracing.current().mark),
        )


def monotonic_deadline(workshop: Workshop, claim: Claim) -> float | None:
    """The job's deadline, which is on Redis' clock, on this process' own."""
    if claim.deadline_ms is None:
        return None
    now_ms = workshop.until_answered(workshop.redis_now_ms)
    return time.monotonic() + (claim.deadline_ms - now_ms) / 1000
