"""Every metric that Packshot tells: its name, kind, labels and help. What is not here is told by nobody.

Labels never hold a job's id or a tenant: metrics are the operator's, and each value of a label is kept for ever.
``docs/observability.md`` has the same table for people, and a test holds the two together.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 7200.0)
"""For what may wait behind others."""
SHORT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SLOTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Family:
    """One metric. A counter's name ends in ``_total``; ``buckets`` are the upper bounds of a histogram's."""

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Family:
    return Family(f"packshot_{name}_total", "counter", text, labels)


def _gauge(name: str, text: str, *labels: str) -> Family:
    return Family(f"packshot_{name}", "gauge", text, labels)


def _histogram(name: str, buckets: tuple[float, ...], text: str, *labels: str) -> Family:
    return Family(f"packshot_{name}", "histogram", text, labels, buckets)


# Read from the record, by whichever API process is asked: all of them tell the same.
REDIS_UP = _gauge("redis_up", "1 if the record answered this scrape; all other figures of the queue are missing if 0.")
PENDING_JOBS = _gauge("pending_jobs", "Jobs that could be claimed now.", "class", "route")
PENDING_MEGAPIXELS = _gauge("pending_megapixels", "Megapixels of the photos of those jobs.", "class", "route")
OLDEST_PENDING = _gauge("oldest_pending_seconds", "How long the oldest of them has waited.", "class", "route")
RUNNING_JOBS = _gauge("running_jobs", "Jobs that a worker holds.")
DELAYED_JOBS = _gauge("delayed_jobs", "Jobs that wait for their next attempt's time.")
DEAD_JOBS = _gauge("dead_jobs", "Jobs that gave up, on the operator's list.")
HINTS_WAITING = _gauge("hints_waiting", "Wake-up messages in Celery's queue.")
OPEN_BATCHES = _gauge("open_batches", "Catalogues that have not ended.")
WORKERS = _gauge("workers", "Workers that announced themselves in the last 30 s.", "backend")
WITHOUT_BLOBS = _gauge("workers_without_blobs", "Those of them whose blob store does not answer: they take no jobs.")
WEBHOOKS_DUE = _gauge("webhooks_due", "Webhook endpoints that something is due to.")
JOBS = _counter("jobs", "Jobs that ended, each once, whoever ended them.", "state")
PROBLEMS = _counter("problems", "Jobs that ended with a problem, by its type.", "type")
REDIS_USED = _gauge("redis_used_bytes", "Memory that Redis uses.")
REDIS_MAX = _gauge("redis_max_bytes", "Memory that Redis may use (maxmemory); 0 is no limit.")
RECORD_LOST = _gauge("record_lost_timestamp_seconds", "When Redis last came back with less than it had; 0 is never.")

# Told by each worker process of itself.
ATTEMPTS = _counter("attempts", "Attempts that ended on this worker.", "outcome")
ATTEMPT_PROBLEMS = _counter("attempt_problems", "Attempts that failed, tried again or not, by problem.", "type")
JOB_WAIT = _histogram(
    "job_wait_seconds", LONG_SECONDS, "From submission, or being queued again, to the claim.", "class"
)
JOB_RUN = _histogram("job_run_seconds", LONG_SECONDS, "From the claim to the attempt's end in the record.", "class")
DECODE = _histogram("decode_seconds", SECONDS, "Decoding one photo, the wait for a decoder included.")
ENCODE = _histogram("encode_seconds", SECONDS, "Encoding one file.")
BATCHES = _counter("batches", "Batches that the device ran, by why they left.", "model", "version", "reason")
BATCH_FAILURES = _counter("batch_failures", "Batches that failed, and ran again in halves.", "model", "version")
BATCH_SLOTS = _histogram("batch_slots", SLOTS, "Slots in a batch.", "model")
BATCH_FILL = _histogram("batch_fill_ratio", SHARES, "Share of what the network saw that belonged to a unit.", "model")
DEVICE_SECONDS = _counter("device_seconds", "Seconds in which the device was busy with a model.", "model", "version")
MEGAPIXELS = _counter("megapixels", "Megapixels that networks answered for.", "model", "version")
UNIT_WAIT = _histogram("unit_wait_seconds", SHORT_SECONDS, "From an operation's asking to its first batch.", "model")
WEBHOOKS = _counter("webhooks", "Webhook attempts, by what became of them.", "outcome")
LEASES_LOST = _counter("leases_lost", "Attempts whose lease was lost while they ran: their result was thrown away.")
RECLAIMED = _counter("reclaimed_jobs", "Jobs that this worker's reaper took back from workers that fell silent.")
HELD_MEGAPIXELS = _gauge("held_megapixels", "Megapixels of the largest pictures of the jobs that run.")
MODEL_INFO = _gauge("model_info", "1 for each version loaded.", "model", "version", "digest", "share")

# Told by each API process of itself.
REQUESTS = _counter("http_requests", "Requests that were answered.", "route", "method", "status")
REQUEST_SECONDS = _histogram("http_request_seconds", SECONDS, "Until the answer's head, waits included.", "route")
SUBMISSIONS = _counter("submissions", "Jobs and catalogues handed in, by what was answered.", "answer")
DAMAGED = _counter("damaged_blobs", "Photos and pictures whose bytes the blob store changed, each once.", "kind")
WAITING_CLIENTS = _gauge("waiting_clients", "Long polls and event streams that wait now.")

OF_QUEUE = (
    *(REDIS_UP, PENDING_JOBS, PENDING_MEGAPIXELS, OLDEST_PENDING, RUNNING_JOBS, DELAYED_JOBS, DEAD_JOBS),
    *(HINTS_WAITING, OPEN_BATCHES, WORKERS, WITHOUT_BLOBS, WEBHOOKS_DUE),
    *(JOBS, PROBLEMS, REDIS_USED, REDIS_MAX, RECORD_LOST),
)
OF_WORKER = (
    *(ATTEMPTS, ATTEMPT_PROBLEMS, JOB_WAIT, JOB_RUN, DECODE, ENCODE, BATCHES, BATCH_FAILURES, BATCH_SLOTS),
    *(BATCH_FILL, DEVICE_SECONDS, MEGAPIXELS, UNIT_WAIT, WEBHOOKS, LEASES_LOST, RECLAIMED, HELD_MEGAPIXELS, MODEL_INFO),
)
OF_API = (REQUESTS, REQUEST_SECONDS, SUBMISSIONS, DAMAGED, WAITING_CLIENTS)
FAMILIES = (*OF_QUEUE, *OF_WORKER, *OF_API)
