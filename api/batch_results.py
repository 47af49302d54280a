"""What a batch has made, streamed: result lines as CSV or JSON, and a ZIP. Nothing of it is ever held whole."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from api.batch_views import item_documents
from api.file_names import safe_name
from api.zip_streams import ZipStream
from jobs.batches.records import BatchView
from jobs.checked_blobs import CheckedBlobs, Recorded
from jobs.links import LinkSigner
from jobs.store import JobStore

ITEMS_PER_READ = 200
COLUMNS = ("row", "sku", "state", "job", "problem", "detail", "needs_review")
OUTPUT_COLUMNS = ("rendition", "name", "url", "sha256", "width", "height", "bytes")

_FORMULA = frozenset("=+-@")


@dataclass(frozen=True)
class Results:
    """One batch's results, with all that streaming them needs once the request is over."""

    batch: BatchView
    store: JobStore
    blobs: CheckedBlobs
    links: LinkSigner
    base_url: str

    def jsonl(self) -> Iterator[bytes]:
        """A line of JSON for each item."""
        for document, _ in self._documents():
            yield json.dumps(document, ensure_ascii=False).encode(errors="replace") + b"\n"

    def csv(self, names: "_FolderNames | None" = None) -> Iterator[bytes]:
        """A header and a line for each item; with ``names``, the ``url`` is the picture's place in the archive."""
        outputs = range(1, self.batch.most_outputs + 1)
        yield _csv_line([*COLUMNS, *(f"output_{number}_{name}" for number in outputs for name in OUTPUT_COLUMNS)])
        for document, _ in self._documents():
            if names is not None:
                folder = names.of(document)
                for output in document["outputs"]:
                    output["url"] = f"{folder}/{output['name']}"
            yield _csv_line(_cells(document))

    def archive(self) -> Iterator[bytes]:
        """A ZIP, stored: ``<SKU>/<file>`` for each picture, and ``results.csv``."""
        archive = ZipStream(datetime.fromtimestamp(self.batch.created_ms / 1000, UTC))
        names = _FolderNames()
        for document, paths in self._documents():
            folder = names.of(document)
            for output, path in zip(document["outputs"], paths, strict=True):
                blob = Recorded(path, output["bytes"], output["sha256"])
                yield from archive.add_blob(f"{folder}/{output['name']}", self.blobs, blob)
        yield from archive.add("results.csv", self.csv(_FolderNames()))
        yield archive.end()

    def _documents(self) -> Iterator[tuple[dict[str, Any], list[str]]]:
        """Each item in the order of the rows, with the paths of its outputs' blobs."""
        after: int | None = 0
        while after is not None:
            page = self.store.batch_items(self.batch, after=after, limit=ITEMS_PER_READ)
            documents = item_documents(page.items, self.batch.tenant, self.links, self.base_url)
            for item, document in zip(page.items, documents, strict=True):
                yield document, [output.path for output in item.outputs]
            after = page.cursor


@dataclass
class _FolderNames:
    """A folder for each item, no two alike on any disk; the same items in the same order get the same."""

    _taken: set[str] = field(default_factory=lambda: {"results.csv"})

    def of(self, document: dict[str, Any]) -> str:
        name = folder = safe_name(document["sku"] or "", f"row-{document['row']}")
        number = 1
        while folder.casefold() in self._taken:
            number += 1
            folder = f"{name}-{number}"
        self._taken.add(folder.casefold())
        return folder


def _cells(document: dict[str, Any]) -> list[Any]:
    problem = document["problem"] or {}
    told = (problem.get("type", "").removeprefix("/problems/"), problem.get("detail", ""))
    cells = [document[name] for name in COLUMNS[:4]] + [*told, document["needs_review"]]
    return cells + [output[name] for output in document["outputs"] for name in OUTPUT_COLUMNS]


def _csv_line(cells: Iterable[Any]) -> bytes:
    """One record; what a spreadsheet would take for a formula gets an apostrophe before it."""
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue().encode(errors="replace")  # JSON can spell what UTF-8 cannot


def _harmless(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet might calculate it: some skip blanks, and take full-width signs too."""
    seen = next((sign for sign in text if sign.isprintable() and not sign.isspace()), "")
    return text[:1] in {"\t", "\r", "\n"} or unicodedata.normalize("NFKC", seen) in _FORMULA
