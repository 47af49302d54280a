"""What files of a job are called by those who save them."""

import re

from jobs.records import JobView, OutputRecord

SUFFIXES = {"jpeg": "jpg"}
"""Of formats whose usual suffix is not their name."""

MAX_STEM = 80


def file_name(view: JobView, record: OutputRecord) -> str:
    """A name for people: the client's own id where it gave one, without anything that a header or a disk minds."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", view.spec.external_id or "").strip(".-")[:MAX_STEM] or view.id
    number = f"-{record.index}" if len(view.outputs) > 1 else ""
    return f"{stem}{number}.{SUFFIXES.get(record.format, record.format)}"
