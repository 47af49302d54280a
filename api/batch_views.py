"""A batch and its items as JSON."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from api.file_names import SUFFIXES, safe_name
from api.presence import living_workers
from api.problems import problem_document
from api.services import services
from api.views import absolute_url
from jobs.batches.estimates import Estimate, estimate
from jobs.batches.records import BatchView, ItemView
from jobs.links import LinkSigner
from jobs.records import OutputRecord
from jobs.showing import output_path, shown_time

ACTIONS = ("events", "items", "results", "archive", "cancel", "pause", "resume", "retry")


def batch_document(view: BatchView, parallel: int) -> dict[str, Any]:
    """The whole batch; ``parallel`` jobs run at once."""
    time_left = estimate(view.left, view.times, parallel)
    return {
        "id": view.id,
        "name": view.name,
        "state": view.state.value,
        "counts": vars(view.counts),
        "eta_s": time_left.seconds,
        "eta_note": time_left.reason,
        "created_at": shown_time(view.created_ms),
        "finished_at": shown_time(view.finished_ms),
        "expires_at": shown_time(view.expires_ms),
        "ignored_columns": list(view.ignored_columns),
        "urls": batch_urls(view.id),
    }


def batch_urls(batch_id: str) -> dict[str, str]:
    """Where to find a batch, what belongs to it, and where to tell it what."""
    self_url = absolute_url(f"/v1/batches/{batch_id}")
    return {"self": self_url} | {action: f"{self_url}/{action}" for action in ACTIONS}


def batch_etag(view: BatchView, document: dict[str, Any]) -> str:
    """The version, which pollers wait for, then what changes without it."""
    return f"{view.version}-{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:16]}"


def parallel_jobs() -> int:
    """How many jobs the living workers run at once."""
    return sum(worker.threads for worker in living_workers(services().redis))


def estimate_document(found: Estimate, jobs: int) -> dict[str, Any]:
    """An estimate for so many jobs."""
    return vars(found) | {"jobs": jobs}


def item_documents(items: Sequence[ItemView], tenant: str, links: LinkSigner, base_url: str) -> list[dict[str, Any]]:
    """The items, their outputs with links signed now; needs no request, so that answers may be streamed."""
    outputs = [(item, output) for item in items for output in item.outputs if item.job_id]
    signed = links.sign_all([output_path(item.job_id or "", output.index) for item, output in outputs], tenant)
    urls = {(item.row, output.index): base_url + path for (item, output), path in zip(outputs, signed, strict=True)}
    return [_item(item, urls) for item in items]


def file_names(item: ItemView) -> list[str]:
    """A name for each output, no two alike: the rendition's, else the SKU, without anything that a disk minds."""
    names: list[str] = []
    for output in item.outputs:
        name = _file_name(item, output)
        names.append(name if name not in names else f"{output.index}-{name}")
    return names


def _file_name(item: ItemView, output: OutputRecord) -> str:
    if output.name:
        return safe_name(output.name, f"{output.index}")
    number = f"-{output.index}" if len(item.outputs) > 1 else ""
    return f"{safe_name(item.sku or '', f'row-{item.row}')}{number}.{SUFFIXES.get(output.format, output.format)}"


def _item(item: ItemView, urls: dict[tuple[int, int], str]) -> dict[str, Any]:
    return {
        "row": item.row,
        "sku": item.sku,
        "state": item.state.value,
        "job": item.job_id,
        "outputs": [
            {
                "index": output.index,
                "rendition": output.rendition or None,
                "name": name,
                "url": urls[item.row, output.index],
                "format": output.format,
                "width": output.width,
                "height": output.height,
                "bytes": output.bytes,
                "sha256": output.sha256,
                "needs_review": output.needs_review,
            }
            for output, name in zip(item.outputs, file_names(item), strict=True)
        ],
        "problem": problem_document(item.problem) if item.problem else None,
        "needs_review": item.needs_review,
    }
