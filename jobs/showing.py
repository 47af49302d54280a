"""How records are told to clients: by the API's answers and by webhooks alike."""

from datetime import UTC, datetime
from typing import Any

from jobs.records import OutputRecord


def shown_time(milliseconds: int | None) -> str | None:
    """RFC 3339, UTC, to the millisecond."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def output_path(job_id: str, index: int) -> str:
    """The path of one output, as it is signed."""
    return f"/v1/jobs/{job_id}/outputs/{index}"


def shown_output(output: OutputRecord, url: str) -> dict[str, Any]:
    """An output with the link that opens it."""
    return {
        "index": output.index,
        "url": url,
        "format": output.format,
        "width": output.width,
        "height": output.height,
        "bytes": output.bytes,
        "sha256": output.sha256,
        "needs_review": output.needs_review,
        **({"rendition": output.rendition, "name": output.name} if output.rendition else {}),
    }
