"""All rows of a manifest together: every fault, and the items that they make. Nothing is written here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.batches.manifests import Manifest, Row, RowFault
from jobs.batches.records import NewItem
from jobs.batches.rows import Accept, check_defaults, read_row
from jobs.problems import Problem, ProblemError, make_problem
from jobs.spec import JobSpec

KEPT_FAULTS = 3  # what an item keeps of its own, and one sentence tells of all
MAX_FAULTS = 20_000  # what one answer lists: two for each of 10,000 rows
HOPELESS = 40_000  # faults with which no further row is looked at

FindMissing = Callable[[Sequence[str]], frozenset[str]]
"""Given photos (64 hex digits), those that are not there."""


@dataclass(frozen=True)
class Checked:
    """The items in the order of the rows, and every fault. An item without a spec has its faults as its problem.

    ``estimable`` are the specs of rows that lack no more than their uploads: a dry run comes before anything is sent.
    """

    items: tuple[NewItem, ...]
    faults: tuple[RowFault, ...]
    estimable: tuple[JobSpec, ...] = ()

    @property
    def specs(self) -> list[JobSpec]:
        """Those of the rows that can be done."""
        return [item.spec for item in self.items if item.spec is not None]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The faults as clients see them, up to ``MAX_FAULTS``."""
        return [fault.to_json() for fault in self.faults[:MAX_FAULTS]]

    def refuse(self, ignored_columns: Sequence[str] = (), beginning: str = "") -> ProblemError:
        """What to answer when no row may be at fault; columns that were ignored may be why."""
        ignored = {"ignored_columns": list(ignored_columns)} if ignored_columns else {}
        told = {"errors": self.errors, "faults": len(self.faults), **ignored}
        return ProblemError("invalid-parameter", beginning + _told(self.faults), **told)


def check_manifest(manifest: Manifest, find_missing: FindMissing, accept: Accept) -> Checked:
    """Check each row by itself, then all together: no SKU twice, every photo there.

    Raises ProblemError invalid-parameter for faults in what all rows have in common, and for more than ``HOPELESS``.
    """
    if common := check_defaults(manifest.defaults, accept):
        raise Checked((), common).refuse()
    read = _read_rows(manifest, accept)
    missing = find_missing(sorted({sha256 for spec, _ in read if spec is not None for sha256 in spec.uploads}))
    first_rows: dict[str, int] = {}
    items, faults, estimable = [], [], []
    for row, (spec, own_faults) in zip(manifest.rows, read, strict=True):
        sku = _sku(row, spec)
        own = [*own_faults, *_twice(row, sku, first_rows)]
        told = [*own, *_absent(row, spec, missing)]
        estimable += [spec] if spec is not None and not own else []
        items.append(NewItem(sku, problem=_problem(told)) if told else NewItem(sku, spec))
        faults += told
    return Checked(tuple(items), tuple(faults), tuple(estimable))


def _read_rows(manifest: Manifest, accept: Accept) -> list[tuple[JobSpec | None, tuple[RowFault, ...]]]:
    read, faults = [], 0
    for row in manifest.rows:
        read.append(read_row(row, manifest.defaults, accept))
        faults += len(read[-1][1])
        if faults > HOPELESS:
            found = Checked((), tuple(fault for _, own in read for fault in own))
            raise found.refuse(
                manifest.ignored_columns, f"{faults} faults up to row {row.number}, where reading ends; "
            )
    return read


def _sku(row: Row, spec: JobSpec | None) -> str | None:
    """What the merchant calls the row, also where it is at fault; what JSON can spell but UTF-8 cannot becomes "?"."""
    if spec is not None:
        return spec.external_id
    named = row.fields.get("sku", row.fields.get("external_id"))
    return named[:200].encode(errors="replace").decode() if isinstance(named, str) else None


def _twice(row: Row, sku: str | None, first_rows: dict[str, int]) -> list[RowFault]:
    if sku is None:
        return []
    first = first_rows.setdefault(sku, row.number)
    place = "/sku" if "sku" in row.fields else "/external_id"
    return [] if first == row.number else [row.fault(f"the SKU {sku[:60]!r} is that of row {first} already", place)]


def _absent(row: Row, spec: JobSpec | None, missing: frozenset[str]) -> list[RowFault]:
    if spec is None or not missing:
        return []
    named = [(sha256, pointer) for sha256, pointer in spec.uploads.items() if sha256 in missing]
    places = [(sha, "/upload" if at == "/input/upload" and "upload" in row.fields else at) for sha, at in named]
    return [row.fault(f"there is no upload sha256:{sha256}; upload it first", place) for sha256, place in places]


def _problem(faults: Sequence[RowFault]) -> Problem:
    """What an item keeps for a day: its first faults; the answer to the request lists them all."""
    mistakes: list[dict[str, Any]] = [fault.to_json() for fault in faults[:KEPT_FAULTS]]
    return make_problem("invalid-parameter", "; ".join(fault.detail for fault in faults[:KEPT_FAULTS]), errors=mistakes)


def _told(faults: Sequence[RowFault]) -> str:
    """The first faults as one sentence; the problem lists them all."""
    rows = len({fault.row for fault in faults})
    shown = "; ".join(
        f"row {fault.row}: {fault.detail}" if fault.row else fault.detail for fault in faults[:KEPT_FAULTS]
    )
    return f"{rows} rows are at fault: {shown}" if rows > 1 else shown
