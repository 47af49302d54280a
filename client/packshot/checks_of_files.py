"""How a file that Packshot made was graded when it was made, by the manifest beside it. Asks no server.

Where the product is was known then, from the outline by which it was cut out. Whoever looks at the file alone has to
find it anew, and may see another: two verdicts on one file.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from packshot.checks import ChannelCheck
from packshot.errors import MalformedAnswer
from packshot.photos import shown
from packshot.reading import Document, as_document, take_optional

_SUFFIX = ".manifest.json"
_OF_A_ROW = "manifest.json"  # a catalogue has a folder for each row


def graded_before(photo: Path, wanted: Sequence[str], rules: Callable[[], Document]) -> dict[str, ChannelCheck]:
    """The verdicts that the file's manifest has, of the channels `wanted`, if their rules are still the same.

    `rules` gives the channels as the server has them now; it is called only where there is such a manifest.
    """
    found: dict[str, ChannelCheck] = {}
    for path, manifest, entry in _made(photo):
        name = str(entry.get("rendition"))
        then = dict(take_optional(manifest, "presets", dict) or {}).get(name)
        if name not in wanted or not isinstance(then, Mapping) or not isinstance(entry.get("checks"), Mapping):
            continue
        now = rules().get(name)
        if now is None or {**then, "digest": None} != {**now, "digest": None}:
            continue
        with suppress(MalformedAnswer):
            graded = ChannelCheck.parse(name, {"title": then.get("title"), "proposal": None, **entry["checks"]})
            if _is_plain(graded):
                found.setdefault(name, replace(graded, told_by=shown(path)))
    return found


def _is_plain(graded: ChannelCheck) -> bool:
    """Whether a terminal only shows it: whoever wrote the manifest may have been a stranger."""
    told = (text for rule in graded.rules for text in (rule.rule, rule.title, rule.measured, rule.required))
    return graded.title.isprintable() and all(map(str.isprintable, told))


def _made(photo: Path) -> Iterator[tuple[Path, Document, Document]]:
    """Manifests that name the file by its bytes, each with the entry that does."""
    manifests = [path for path in _candidates(photo) if path.is_file()]
    sha256 = hashlib.sha256(photo.read_bytes()).hexdigest() if manifests else ""
    for path in manifests:
        try:
            manifest = as_document(json.loads(path.read_text(encoding="utf-8")))
            entries = list(map(as_document, take_optional(manifest, "outputs", list) or []))
        except (OSError, ValueError, MalformedAnswer):
            continue  # somebody's own file of that name
        yield from ((path, manifest, entry) for entry in entries if entry.get("sha256") == sha256)


def _candidates(photo: Path) -> Iterator[Path]:
    """`mug-amazon-main.jpg` may be told by `mug-amazon-main.manifest.json`, …, `mug.manifest.json`, `manifest.json`."""
    stem = photo.stem
    yield from (photo.with_name(stem[:length] + _SUFFIX) for length in range(len(stem), 0, -1))
    yield photo.with_name(_OF_A_ROW)
