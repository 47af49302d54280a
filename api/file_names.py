"""What files of a job are called by those who save them."""

import re

from jobs.records import JobView, OutputRecord
from jobs.spec.recolor import Recolor

SUFFIXES = {"jpeg": "jpg"}
"""Of formats whose usual suffix is not their name."""

MAX_STEM = 80

_UNSAFE = re.compile(r"[^\w.-]+")
IN_A_ZIP = _UNSAFE
"""What a name in an archive may not have."""

_UNSAFE_IN_A_HEADER = re.compile(r"[^\w.-]+", re.ASCII)
_SUFFIX = re.compile(r"\.\w{1,5}$")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for devices


def safe_name(text: str, otherwise: str = "", *, unsafe: re.Pattern[str] = _UNSAFE) -> str:
    """One segment of a path that means nothing to any file system; ``otherwise`` where nothing is left of it."""
    name = unsafe.sub("-", text).strip(".-")[:MAX_STEM].rstrip(".-") or otherwise
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name(view: JobView, record: OutputRecord, *, unsafe: re.Pattern[str] = _UNSAFE_IN_A_HEADER) -> str:
    """A name for people: what the job is known by, then the rendition's file, the colour or the index.

    It is known by its external id, else its photo's file (``metadata.file``, without the suffix), else its own id; the
    one plain picture of a job is ``<that>.jpg``. Nothing is left in it that a header or, with IN_A_ZIP, a disk minds.
    """
    stem = safe_name(view.spec.external_id or _photo(view), view.id, unsafe=unsafe)
    own = safe_name(record.name, unsafe=unsafe)
    if own:
        return f"{stem}-{own}"
    part = safe_name(_color(view, record), str(record.index), unsafe=unsafe) if len(view.outputs) > 1 else ""
    return f"{stem}{part and '-'}{part}.{SUFFIXES.get(record.format, record.format)}"


def _photo(view: JobView) -> str:
    name = re.split(r"[\\/]", view.spec.metadata.get("file", ""))[-1]
    return _SUFFIX.sub("", name)


def _color(view: JobView, record: OutputRecord) -> str:
    """The colour that a picture was given, as the spec names it; empty where pictures and colours do not pair."""
    asked = [operation.targets for operation in view.spec.operations if isinstance(operation, Recolor)]
    plain = [output.index for output in view.outputs if not output.name]
    if len(asked) != 1 or len(asked[0]) != len(plain):
        return ""
    color = asked[0][plain.index(record.index)]
    return color if isinstance(color, str) else ""
