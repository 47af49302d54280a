"""What a catalogue's command asks for, and its file with every photo looked at, before any server is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from packshot.catalog.faults import CatalogUnreadable, Fault
from packshot.catalog.files import Table, read_table, why_unsendable
from packshot.catalog.photo_files import photo_ids, why_unreadable
from packshot.catalog.rows import CatalogRow, CellError, files_in, ignored_columns, placed_operations, rows_of
from packshot.catalog.wanted import Wanted
from packshot.cli.catalog.display import staged
from packshot.cli.catalog.report import tell
from packshot.cli.exits import Exit, end
from packshot.outcomes import describe_error
from packshot.photos import shown


@dataclass(frozen=True)
class CatalogOrder:
    """What a command asks for. `defaults` are for rows that do not say; photos are relative to `photos`."""

    file: Path
    folder: Path
    photos: Path
    defaults: Mapping[str, Any]
    strict: bool = False
    dry_run: bool = False
    retry_failed: bool = False
    in_flight: int = 8
    as_json: bool = False


@dataclass
class Work:
    """A catalogue under way: its good rows, and what is known to be wrong with the others by now."""

    order: CatalogOrder
    console: Console
    wanted: Wanted
    faults: list[Fault] = field(default_factory=list)

    def take_out(self, faults: list[Fault]) -> None:
        """Rows with a fault are not done."""
        self.faults += faults
        broken = {fault.row for fault in self.faults}
        self.wanted = replace(self.wanted, rows=[row for row in self.wanted.rows if row.row not in broken])

    def good(self, rows: list[CatalogRow]) -> list[CatalogRow]:
        """Those of the rows that have no fault."""
        good = {row.row for row in self.wanted.rows}
        return [row for row in rows if row.row in good]


def read_catalog(order: CatalogOrder, console: Console) -> Work:
    """Reads the file and looks at every photo. Ends the process where the file is no catalogue."""
    try:
        table = read_table(order.file)
    except (CatalogUnreadable, OSError) as error:
        end(f"{shown(order.file)}: {error}", Exit.USAGE)
    defaults = _defaults(table, order)
    rows, faults = rows_of(table, order.photos)
    if ignored := ignored_columns(table):
        tell(console, f"ignored columns: {', '.join(ignored)}", "dim")
    wanted = Wanted(rows, defaults)
    files = list(dict.fromkeys(wanted.files))
    with staged(console, "looking at photos", len(files)) as show:
        found = photo_ids(files, show)
    wrong = {path: told for path, told in found.items() if isinstance(told, Exception)}
    for path in files_in(wanted.defaults.get("operations")):
        if path in wrong:
            end(describe_error(wrong[path]), Exit.USAGE)
    ids = {path: told for path, told in found.items() if isinstance(told, str)}
    work = Work(order, console, replace(wanted, ids=ids))
    work.take_out([*faults, *_unreadable(rows, wrong)])
    return work


def _defaults(table: Table, order: CatalogOrder) -> dict[str, Any]:
    """What is asked for all rows, by a JSON file and, before it, by the command."""
    defaults = {**table.defaults, **order.defaults}
    if why := why_unsendable(defaults):
        end(f"what is asked for all rows cannot be sent: {why}", Exit.USAGE)
    if "operations" in table.defaults and "operations" not in order.defaults:
        try:
            defaults["operations"] = placed_operations(defaults["operations"], order.photos)
        except CellError as error:
            end(f"{shown(order.file)}: operations of all rows: {error}", Exit.USAGE)
    return defaults


def _unreadable(rows: list[CatalogRow], wrong: Mapping[Path, Exception]) -> list[Fault]:
    return [
        row.fault(why_unreadable(wrong[path]), "photo" if path == row.photo else "operations")
        for row in rows
        for path in row.files
        if path in wrong
    ]
