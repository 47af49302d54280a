"""What files of a job are called by those who save them."""

import re

from jobs.records import JobView, OutputRecord

SUFFIXES = {"jpeg": "jpg"}
"""Of formats whose usual suffix is not their name."""

MAX_STEM = 80


def file_name(view: JobView, record: OutputRecord) -> str:
    """A name for people, as the SDK's ``download_all``: ``<external_id or job id>-<rendition's file or index>``.

    The one plain picture of a job is ``<external_id>.jpg``. Nothing is left in it that a header or a disk minds.
    """
    stem = _safe(view.spec.external_id or "") or view.id
    own = _safe(record.name)
    if own:
        return f"{stem}-{own}"
    number = f"-{record.index}" if len(view.outputs) > 1 else ""
    return f"{stem}{number}.{SUFFIXES.get(record.format, record.format)}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:MAX_STEM]
