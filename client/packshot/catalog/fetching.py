"""Fetches what a row has made into its place: all of its files or none, checked, noted first, nobody's overwritten."""

import hashlib
import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from packshot.batch_models import BatchItem
from packshot.catalog.ledger import CatalogLedger
from packshot.catalog.places import MANIFEST, Folders, place, safe_name
from packshot.catalog.results import Picture, RowResult
from packshot.client import Client
from packshot.jobs import Job
from packshot.models import Output
from packshot.outcomes import describe_error
from packshot.snippets import page_name, snippets_of
from packshot.standing import sha256_of
from packshot.stopping import RunStopped, Stop


@dataclass(frozen=True)
class Ended:
    """A row that ended on the server: its item, and the hash of what was asked for it."""

    item: BatchItem
    sku: str
    asked: str


class Fetcher:
    """Thread-safe; rows are fetched on many threads at once, each row on one."""

    def __init__(self, client: Client, ledger: CatalogLedger, folder: Path, stop: Stop) -> None:
        self._client = client
        self._ledger = ledger
        self._folder = folder
        self._folders = Folders(folder, ledger.folders)
        self._stop = stop
        self._lock = threading.Lock()

    def take(self, ended: Ended) -> RowResult:
        """What became of a row, its pictures being in their places. Raises RunStopped.

        What fails here is not noted: the next run tries it again.
        """
        if ended.item.state != "succeeded":
            result = RowResult(ended.sku, ended.asked, ended.item.state, ended.item.job, problem=_problem(ended.item))
            if result.state == "failed":
                self._ledger.note_row(result)
            return result
        try:
            return self._fetched(ended)
        except RunStopped:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the other rows go on, and the report tells it
            problem = {"type": "about:blank", "title": "The pictures could not be fetched"}
            problem["detail"] = describe_error(error)
            return RowResult(ended.sku, ended.asked, "unfetched", ended.item.job, problem=problem)

    def _fetched(self, ended: Ended) -> RowResult:
        self._stop.check()
        assert ended.item.job is not None
        job = self._client.job(ended.item.job)
        manifest = _manifest_of(job)
        *places, manifest_place = self._places(ended.sku, job, manifest)
        pages = self._pages(job, places)
        pictures = tuple(self._picture(output, path) for output, path in zip(job.outputs, places, strict=True))
        hidden: dict[Path, Path] = {}
        try:
            for output, path in zip(job.outputs, places, strict=True):
                self._stop.check()
                hidden[path] = job.download(path.with_name(f".{job.id}-{output.index}.part"), index=output.index)
            for path, page in pages.items():
                hidden[path] = path.with_name(f".{job.id}-{path.name}.part")
                hidden[path].write_bytes(page)
            hidden[manifest_place] = manifest_place.with_name(f".{job.id}-manifest.part")
            hidden[manifest_place].write_bytes(manifest)
            noted = Picture(self._relative(manifest_place), _sha256(manifest))
            review, warnings = ended.item.needs_review, tuple(map(self._client.with_names, job.warnings))
            result = RowResult(ended.sku, ended.asked, "succeeded", job.id, pictures, noted, review, warnings)
            snippets = tuple(Picture(self._relative(path), _sha256(page)) for path, page in pages.items())
            result = replace(result, pages=snippets, broken_rules=job.broken_rules)
            self._ledger.note_row(result)
            for path, fetched in hidden.items():
                fetched.replace(path)
        finally:
            for fetched in hidden.values():
                fetched.unlink(missing_ok=True)
        return result

    def _places(self, sku: str, job: Job, manifest: bytes) -> list[Path]:
        """Where the pictures go, and last the manifest. What stands there with the same bytes is no stranger."""
        with self._lock:
            name = self._folders.of(sku)
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        plain = sum(not output.name for output in job.outputs)
        files = [(file_name(output, plain, name), output.sha256) for output in job.outputs]
        places: list[Path] = []
        for file, sha256 in (*files, (MANIFEST, _sha256(manifest))):
            places.append(self._place(folder, file, places, sha256))
        return places

    def _pages(self, job: Job, places: list[Path]) -> dict[Path, bytes]:
        """The HTML of channels with pictures of several widths, by its place beside them."""
        names = {output.name: path.name for output, path in zip(job.outputs, places, strict=True) if output.name}
        pages: dict[Path, bytes] = {}
        for channel, text in snippets_of(job.manifest or {}, names).items():
            page = text.encode()
            pages[self._place(places[0].parent, page_name(channel), [*places, *pages], _sha256(page))] = page
        return pages

    def _place(self, folder: Path, file: str, taken: list[Path], sha256: str) -> Path:
        return place(folder, file, taken, lambda path: self._ledger.made(path) or sha256_of(path) == sha256)

    def _picture(self, output: Output, path: Path) -> Picture:
        size = output.width, output.height, output.bytes
        return Picture(self._relative(path), output.sha256, output.format, *size, output.rendition)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def file_name(output: Output, plain: int, stem: str) -> str:
    """What the server calls it, else the SKU: `SKU-1.jpg` where one alone is `plain`, `SKU-1-0.jpg` and on."""
    own = f"{stem}.{output.suffix}" if plain == 1 else f"{stem}-{output.index}.{output.suffix}"
    return safe_name(output.name, own) if output.name else own


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _problem(item: BatchItem) -> dict[str, str]:
    told = item.problem
    if told is None:
        return {"type": "about:blank", "title": f"The row was {item.state}", "detail": ""}
    return {"type": told.type, "title": told.title, "detail": told.detail}


def _manifest_of(job: Job) -> bytes:
    text = json.dumps(job.manifest or {}, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "surrogateescape")
