"""What the API and the blob store need: processes, clients that wait, gigabytes, requests, and what leaves."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.capacity.costs import Costs
from jobs.capacity.demand import Demand
from jobs.capacity.document import Line, Source
from jobs.capacity.record import BUSY, PUBLISHES
from jobs.capacity.workers import Fleet

_NO_ROOM = 0.05  # of a process, left for requests, below which further processes help no more
_BLOB_REQUESTS = 5  # put photo, get it, put result, get it, and at the end of life a listing with its deletions


@dataclass(frozen=True)
class ServingNeeds:
    """Bytes are of one photo, or of all that is kept."""

    processes: int
    heard_share: float
    waiting_clients: float
    in_bytes: float
    out_bytes: float
    stored_bytes: float
    egress_bytes_per_day: float


def plan_serving(demand: Demand, costs: Costs, fleet: Fleet) -> ServingNeeds:
    """Each process has one core, as Python has, and hears of every change of every job."""
    heard = demand.peak_per_s * PUBLISHES * costs.record["ear_us"] / 1e6
    polls_s = max(0.0, demand.polls_per_photo - 1) * costs.record["view_us"] / 1e6
    asked = demand.peak_per_s * (costs.job["api_s"] + polls_s)
    processes = math.ceil(asked / max(_NO_ROOM, BUSY - heard)) + min(1, demand.spare_workers)
    per_mp = costs.job["out_bytes_per_mp"]
    in_bytes = demand.photo_mb * 1e6 if demand.photo_mb else costs.job["in_bytes_per_mp"] * demand.megapixels
    out_bytes = per_mp * fleet.result_mp
    return ServingNeeds(
        processes=processes,
        heard_share=heard,
        waiting_clients=demand.peak_per_s * (fleet.longest_s + fleet.p95_wait_s) * (1 - demand.bulk_share),
        in_bytes=in_bytes,
        out_bytes=out_bytes,
        stored_bytes=(in_bytes + out_bytes) * demand.photos_per_day * demand.retention_days,
        egress_bytes_per_day=out_bytes * demand.downloads_per_photo * demand.photos_per_day,
    )


def serving_lines(demand: Demand, needs: ServingNeeds, costs: Costs) -> Iterator[Line]:
    """API, pictures, messages."""
    why = (
        f"{1000 * costs.job['api_s']:.0f} ms of a core a photo × peak rate / ({BUSY:.0%} − {needs.heard_share:.1%} for "
        f"hearing of every change) + {min(1, demand.spare_workers)} spare; {costs.source}"
    )
    yield Line("api_processes", needs.processes, "processes", why)
    why = "peak rate × (p95 wait + the longest kind's time), if every click is waited for by a long poll"
    yield Line("waiting_clients", needs.waiting_clients, "clients", why, "assumed")
    hooks = demand.webhooks_per_photo * demand.peak_per_s
    yield Line("webhooks", hooks, "messages/s", "peak rate × webhooks a photo; workers post them", "given")
    source: Source = "given" if demand.photo_mb else "measured"
    why = (
        "as given"
        if demand.photo_mb
        else f"{costs.job['in_bytes_per_mp'] / 1e6:.2f} MB a megapixel of the photos measured"
    )
    yield Line("photo_size", needs.in_bytes / 1e6, "MB", why, source)
    yield Line(
        "result_size",
        needs.out_bytes / 1e6,
        "MB",
        f"{costs.job['out_bytes_per_mp'] / 1e6:.2f} MB a megapixel of results",
    )
    why = f"(photo + result) × photos a day × {demand.retention_days:g} days"
    yield Line("storage", needs.stored_bytes / 1e9, "GB", why, source)
    blobs = _BLOB_REQUESTS * demand.peak_per_s
    yield Line(
        "store_requests", blobs, "requests/s", f"{_BLOB_REQUESTS} a photo, from its arrival to its end", "assumed"
    )
    why = f"results × {demand.downloads_per_photo:g} downloads × photos a day"
    yield Line("egress", needs.egress_bytes_per_day / 1e9, "GB/day", why, "given")
