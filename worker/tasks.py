"""A hint and those that wait behind it, an attempt each: claim the next job, run it, settle it in the record.

Retry policy lives here alone.

A photo's fault fails the job at once: trying again would change nothing. Our own faults (storage, device, Redis, a bug)
and those of a photo's host put it back with a growing delay, until the record itself gives up at the last attempt.
A blob store that does not answer at all uses up no attempt: this worker claims no more until it does, others may.
"""

import errno
import logging
import os
import random
import time
from functools import partial

import redis.exceptions

from engine.errors import DeadlineExceeded, EngineClosed, EngineError, ModelNotFound, UnitCancelled
from jobs.errors import BlobError
from jobs.problems import Problem, ProblemError, make_problem
from jobs.records import Claim
from jobs.tokens import new_token
from worker.drain import Drain, release
from worker.errors import AttemptEnded, DecoderLost, FetchFailed, UploadDamaged, VersionGone
from worker.leases import Lease
from worker.runner import Run
from worker.settling import settle_done, settle_ended, settle_stalled, tell_end
from worker.spans import attempt_at, took
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_ROOM_POLL_S = 0.2
_FIRST_DELAY_MS = 1_000
_DELAY_GROWTH = 4
_LONGEST_DELAY_MS = 60_000
_STORAGE_DELAYS_MS = 30_000, 240_000  # first and longest, of a store that takes a probe
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC})


def take_hint(workshop: Workshop, drain: Drain, hint: str) -> None:
    """Do what a hint asks for, one attempt at the next job of the record, whichever that is; then take more hints.

    Never raises: an exception that left a task, MemoryError and SystemExit too, would cost the pool a thread.
    """
    try:
        if workshop.engine.closed:
            log.warning("a hint was dropped: the device is lost, and this worker about to leave")
        elif _wait_until_able(workshop, drain):
            _take_more_hints(workshop, drain, _attempt(workshop, drain))
        else:
            workshop.hints.publish(hint)  # for a worker that stays
    except BaseException:
        log.exception("a hint ended in an error; the reaper will publish another if its job still waits")


def attempt_next_job(workshop: Workshop, drain: Drain) -> bool:
    """Claim the next job and bring this attempt to an end in the record; False when nothing is known to be left.

    A job claimed while the signal to leave arrived goes back at once, its attempt not used.
    """
    return _attempt(workshop, drain) is not None


def _attempt(workshop: Workshop, drain: Drain) -> Claim | None:
    """As `attempt_next_job`; what was claimed."""
    # under a token of our own, so that an answer lost on the way is simply asked for again
    ask = partial(workshop.store.claim, workshop.owner, token=new_token(), can=workshop.abilities())
    with workshop.solitude.claimed(ask, drain.draining.is_set, workshop.until_answered) as claim:
        if claim is None:
            return None
        with attempt_at(claim, workshop.owner, workshop.tracing):
            _hold(workshop, drain, claim)
    return claim


def _hold(workshop: Workshop, drain: Drain, claim: Claim) -> None:
    lease = workshop.leases.open(claim)
    workshop.metrics.claimed(claim)
    try:
        if drain.draining.is_set():
            release(workshop, lease)
            tell_end(workshop, lease, "released")
            workshop.hints.publish("drain")
        else:
            _settle(workshop, lease)
            if claim.in_batch:
                workshop.hints.publish("batch")  # for the item that took this one's place
    finally:
        workshop.leases.close(lease)


def retry_delay_ms(attempt: int, error: BaseException) -> int:
    """How long to leave a job alone after its failed attempt 1, 2, …: 1 s, 4 s, 16 s … 60 s, a quarter more or less.

    Where the blob store failed: 30 s, 2 minutes, then 4 each time.
    """
    first_ms, longest_ms = _STORAGE_DELAYS_MS if isinstance(error, BlobError) else (_FIRST_DELAY_MS, _LONGEST_DELAY_MS)
    delay_ms: int = min(first_ms * _DELAY_GROWTH ** (attempt - 1), longest_ms)
    return round(delay_ms * random.uniform(0.75, 1.25))  # noqa: S311  (spreads retries; nothing to guess)


def problem_of(error: BaseException) -> tuple[Problem, bool]:
    """What a failed attempt tells the client, and whether another attempt could end better."""
    match error:
        case ProblemError():
            return error.problem, False
        case BlobError():  # whose text names the server's own places
            return make_problem("storage", "the store for photos and results failed"), True
        case UploadDamaged():
            return make_problem("storage", "the stored photo is damaged; upload it again"), True
        case redis.exceptions.RedisError():
            return make_problem("unavailable", "the job record could not be reached"), True
        case VersionGone():
            return make_problem("unavailable", str(error)), True
        case EngineClosed():
            return make_problem("unavailable", "the worker was shutting down"), True
        case ModelNotFound():
            return make_problem("unknown-model", str(error)), False
        case FetchFailed():
            return make_problem("fetch-failed", str(error)), True
        case EngineError() | DecoderLost():
            return make_problem("processing-failed", str(error)), True
        case _:
            return make_problem("internal", _unexpected(error)), True


def _unexpected(error: BaseException) -> str:
    """The kind alone, as the text may hold anything; but what the system refused its operator can mend."""
    if isinstance(error, MemoryError):
        return "the worker ran out of memory"
    if isinstance(error, OSError) and error.errno in _USED_UP:
        return f"the worker is out of resources: {os.strerror(error.errno)}"
    return f"unexpected {type(error).__name__}"


def _take_more_hints(workshop: Workshop, drain: Drain, done: Claim | None) -> None:
    """Take the hints that wait straight from the queue, as long as there are any, each as `take_hint` does.

    No hint is needed where the claim before told of more that not every worker can do: their hints wake others.

    Celery would bring the next one too, but late: with prefetching off, kombu (5.6.3) asks Redis again only when its
    loop wakes for another reason, which is about once a second, and a thread that becomes free is none.
    """
    while _may_go_on(workshop, drain) and ((done is not None and done.more) or workshop.hints.take()):
        if not _wait_until_able(workshop, drain):
            workshop.hints.publish("drain")
            return
        done = _attempt(workshop, drain)


def _may_go_on(workshop: Workshop, drain: Drain) -> bool:
    return not drain.draining.is_set() and not workshop.engine.closed and not workshop.blob_watch.fault


def _wait_until_able(workshop: Workshop, drain: Drain) -> bool:
    """Wait for the blob store, and for room in the engine: claimed, a job would wait all the same. False: it drains."""
    while not drain.draining.is_set():
        if workshop.blob_watch.wait(_ROOM_POLL_S) and workshop.engine.wait_for_room(timeout_s=_ROOM_POLL_S):
            return True
    return False


def _settle(workshop: Workshop, lease: Lease) -> None:
    """Run the attempt and write its end into the record, whatever that end is."""
    claim, started = lease.claim, time.monotonic()
    try:
        workshop.solitude.wait(claim, lease.check)
        outputs, manifest = Run(workshop, lease).result()
    except (AttemptEnded, UnitCancelled):
        settle_ended(workshop, lease)
    except DeadlineExceeded:
        tell_end(workshop, lease, "expired", "deadline-exceeded")
        log.info("%s stopped: its deadline passed", claim.job_id)
        workshop.until_answered(lambda: workshop.store.cancel_running(claim.job_id, claim.token))
    except BaseException as error:  # noqa: BLE001  (the edge of a job: whatever it was, the job must get an end)
        _settle_failed(workshop, lease, error)
    else:
        if settle_done(workshop, lease, outputs, manifest):
            ran_s = time.monotonic() - started
            with took(claim, ran_s):
                log.info("%s succeeded at attempt %d in %.2f s", claim.job_id, claim.attempt, ran_s)


def _settle_failed(workshop: Workshop, lease: Lease, error: BaseException) -> None:
    claim = lease.claim
    problem, again = problem_of(error)
    if isinstance(error, BlobError) and workshop.blob_watch.is_out():
        settle_stalled(workshop, lease, problem, error)
        return
    again_at_all = again and claim.attempt < workshop.settings.max_attempts
    tell_end(workshop, lease, "retry" if again_at_all else "failed", problem.type)
    ours = again and not isinstance(error, FetchFailed)
    if ours:
        log.warning("%s attempt %d failed, %s: %s", claim.job_id, claim.attempt, problem.type, error, exc_info=error)
    else:  # a fault of the photo, its host or the wish: the text may hold the client's words, and goes with the job
        log.warning("%s attempt %d failed, %s", claim.job_id, claim.attempt, problem.type)
    if again:
        delay_ms = retry_delay_ms(claim.attempt, error)
        workshop.until_answered(lambda: workshop.store.retry(claim.job_id, claim.token, problem, delay_ms))
    else:
        workshop.until_answered(lambda: workshop.store.fail(claim.job_id, claim.token, problem))
