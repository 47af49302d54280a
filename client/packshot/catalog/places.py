"""Names for a catalogue's results: a folder for each SKU, files that take nobody's place."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from pathlib import Path

RESULTS_CSV, RESULTS_JSONL, FAULTS_CSV = "results.csv", "results.jsonl", "faults.csv"
MANIFEST = "manifest.json"
_MOST_BYTES = 120
_REFUSED = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
_OURS = frozenset({RESULTS_CSV, RESULTS_JSONL, FAULTS_CSV})


def safe_name(text: str, otherwise: str) -> str:
    """A file's or folder's name, on any system, that looks most like the text; `otherwise` where nothing is left."""
    name = _REFUSED.sub("-", text).strip(" .")
    name = name.encode("utf-8", "replace")[:_MOST_BYTES].decode(errors="ignore").rstrip(" .")
    if not name.strip("-"):
        return otherwise
    return f"{name}-" if _RESERVED.match(name) else name


class Folders:
    """The folder of each SKU, in `base`: its name made safe, never another SKU's, and the same at every run.

    Names are compared without case, as some disks do. `known` are those of earlier runs; one that leads
    out of `base`, as in a ledger that somebody has changed, is not.
    """

    def __init__(self, base: Path, known: Mapping[str, str]) -> None:
        self._base = base
        self._names = {sku: name for sku, name in known.items() if name.strip(" .") and not _REFUSED.search(name)}
        self._taken = {name.casefold() for name in self._names.values()} | _OURS

    def of(self, sku: str) -> str:
        """Not thread-safe."""
        if sku not in self._names:
            stem = safe_name(sku, "sku")
            names = numbered(stem)
            name = next(one for one in names if one.casefold() not in self._taken and not self._is_file(one))
            self._names[sku] = name
            self._taken.add(name.casefold())
        return self._names[sku]

    def _is_file(self, name: str) -> bool:
        path = self._base / name
        return os.path.lexists(path) and not path.is_dir()


def place(folder: Path, name: str, taken: Collection[Path], may_replace: Callable[[Path], bool]) -> Path:
    """Where a file of that name goes: its own place, or beside whatever stands there and may not be replaced.

    Names are compared with those `taken` without case, as some disks do.
    """
    ours = {path.name.casefold() for path in taken if path.parent == folder}
    stem, suffix = os.path.splitext(name)  # noqa: PTH122  a name, not a path
    names = (name, *(f"{one}{suffix}" for _, one in zip(range(1000), numbered(f"{stem}-packshot"), strict=False)))
    paths = (folder / one for one in names)
    return next(
        path for path in paths if path.name.casefold() not in ours and (not os.path.lexists(path) or may_replace(path))
    )


def numbered(stem: str) -> Iterator[str]:
    """`mug`, `mug-2` and on."""
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
