"""How a row ended, as it is kept and as a merchant reads it: results.csv for tables, results.jsonl for programs."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from packshot.catalog.faults import Fault, cell
from packshot.catalog.rows import CatalogRow
from packshot.doubts import BrokenRule
from packshot.photos import shown

RESULT_COLUMNS = (
    "row", "sku", "state", "file", "rendition", "format", "width", "height", "bytes", "sha256", "needs_review",
    "review", "problem", "detail", "job", "photo",
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture in its place: `file` is relative to the results' folder, with `/`."""

    file: str
    sha256: str
    format: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    rendition: str = ""


@dataclass(frozen=True)
class RowResult:
    """How a row ended: `succeeded`, `failed`, `canceled`, or `unfetched` where its pictures could not be had.

    `asked` is the hash of its photo and of what was asked for it. `problem` has type, title and detail.
    `pages` are files with the HTML that offers pictures of several widths. `broken_rules` are those of channels that
    pictures do not keep.
    """

    sku: str
    asked: str
    state: str
    job: str | None = None
    pictures: tuple[Picture, ...] = ()
    manifest: Picture | None = None
    needs_review: bool = False
    warnings: tuple[str, ...] = ()
    problem: Mapping[str, str] | None = None
    pages: tuple[Picture, ...] = ()
    broken_rules: tuple[BrokenRule, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether its pictures are there."""
        return self.state == "succeeded"

    @property
    def files(self) -> tuple[Picture, ...]:
        """Everything that it has written."""
        return (*self.pictures, *self.pages, *(() if self.manifest is None else (self.manifest,)))

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "RowResult":
        """Raises KeyError, TypeError for anything else than `to_json` gave."""
        return cls(
            **{
                **{name: kept[name] for name in ("sku", "asked", "state", "job", "needs_review", "problem")},
                "pictures": tuple(Picture(**one) for one in kept["pictures"]),
                "manifest": None if kept["manifest"] is None else Picture(**kept["manifest"]),
                "warnings": tuple(kept["warnings"]),
                "pages": tuple(Picture(**one) for one in kept.get("pages", ())),  # older ledgers have none
                "broken_rules": tuple(BrokenRule(**one) for one in kept.get("broken_rules", ())),
            }
        )


def results_jsonl(rows: Iterable[CatalogRow], results: Mapping[str, RowResult], faults: Iterable[Fault]) -> str:
    """A line for each row of the file, in its order."""
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in _documents(rows, results, faults))


def results_csv(rows: Iterable[CatalogRow], results: Mapping[str, RowResult], faults: Iterable[Fault]) -> str:
    """A line for each picture, and for each row that has none."""
    file = io.StringIO()
    writer = csv.DictWriter(file, RESULT_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for document in _documents(rows, results, faults):
        problem = document["problem"] or {}
        line = {**document, "problem": problem.get("title"), "detail": problem.get("detail")}
        line["needs_review"] = _bool(document["needs_review"]) if document["state"] == "succeeded" else ""
        line["review"] = "; ".join(document["warnings"])
        for picture in document["outputs"] or [{}]:
            told = {**line, **picture}
            writer.writerow({name: cell(value) if isinstance(value, str) else value for name, value in told.items()})
    return file.getvalue()


def row_document(row: CatalogRow, result: RowResult | None) -> dict[str, Any]:
    """A row as results.jsonl tells it; one that has not ended is `left`."""
    return {
        "row": row.row,
        "line": row.line,
        "sku": row.sku,
        "state": "left" if result is None else result.state,
        "photo": _photo(row),
        "job": None if result is None else result.job,
        "outputs": [] if result is None else [asdict(one) for one in result.pictures],
        "pages": [] if result is None else [one.file for one in result.pages],
        "manifest": result.manifest.file if result and result.manifest else None,
        "needs_review": result is not None and result.needs_review,
        "warnings": [] if result is None else list(result.warnings),
        "broken_rules": [] if result is None else [asdict(one) for one in result.broken_rules],
        "problem": None if result is None else result.problem,
    }


def _documents(
    rows: Iterable[CatalogRow], results: Mapping[str, RowResult], faults: Iterable[Fault]
) -> list[dict[str, Any]]:
    told: dict[int, dict[str, Any]] = {}
    for fault in faults:
        detail = f"{fault.column}: {fault.detail}" if fault.column else fault.detail
        if fault.row in told:
            told[fault.row]["problem"]["detail"] += f"; {detail}"
            continue
        broken = RowResult(fault.sku, "", "broken", problem={"title": "The row is broken", "detail": detail})
        told[fault.row] = row_document(CatalogRow(fault.row, fault.line, fault.sku), broken)
    for row in rows:
        told.setdefault(row.row, row_document(row, results.get(row.sku)))
    return [told[row] for row in sorted(told)]


def _bool(value: bool) -> str:
    """As the server's results.csv has it."""
    return str(value).lower()


def _photo(row: CatalogRow) -> str | None:
    if row.photo is not None:
        return shown(row.photo)
    return row.asked.get("url") or row.asked.get("upload")
