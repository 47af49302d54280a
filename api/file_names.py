"""What files of a job are called by those who save them."""

import re

from jobs.records import JobView, OutputRecord

SUFFIXES = {"jpeg": "jpg"}
"""Of formats whose usual suffix is not their name."""

MAX_STEM = 80

_UNSAFE = re.compile(r"[^\w.-]+")
_UNSAFE_IN_A_HEADER = re.compile(r"[^\w.-]+", re.ASCII)
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for devices


def safe_name(text: str, otherwise: str = "", *, unsafe: re.Pattern[str] = _UNSAFE) -> str:
    """One segment of a path that means nothing to any file system; ``otherwise`` where nothing is left of it."""
    name = unsafe.sub("-", text).strip(".-")[:MAX_STEM].rstrip(".-") or otherwise
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name(view: JobView, record: OutputRecord) -> str:
    """A name for people, as the SDK's ``download_all``: ``<external_id or job id>-<rendition's file or index>``.

    The one plain picture of a job is ``<external_id>.jpg``. Nothing is left in it that a header or a disk minds.
    """
    stem = safe_name(view.spec.external_id or "", view.id, unsafe=_UNSAFE_IN_A_HEADER)
    own = safe_name(record.name, unsafe=_UNSAFE_IN_A_HEADER)
    if own:
        return f"{stem}-{own}"
    number = f"-{record.index}" if len(view.outputs) > 1 else ""
    return f"{stem}{number}.{SUFFIXES.get(record.format, record.format)}"
