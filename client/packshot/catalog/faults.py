"""What is wrong with a catalogue's rows, and the file that tells a merchant all of it."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

FAULT_COLUMNS = ("row", "line", "sku", "column", "problem")
_FORMULA = frozenset("=+-@")


class CatalogUnreadable(Exception):  # noqa: N818  it says what is so
    """The file as a whole is no catalogue; the message says why."""


@dataclass(frozen=True)
class Fault:
    """One fault of a row. Rows count from 1 without the header, lines as an editor counts them; JSON has none (0)."""

    row: int
    line: int
    detail: str
    column: str = ""
    sku: str = ""


def faults_csv(faults: Iterable[Fault]) -> str:
    """The faults as a table."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(FAULT_COLUMNS)
    for one in sorted(faults, key=lambda fault: (fault.row, fault.column)):
        writer.writerow((one.row, one.line, *map(cell, (one.sku, one.column, one.detail))))
    return file.getvalue()


def cell(text: str) -> str:
    """Text for a CSV; an apostrophe goes before what a spreadsheet would take for a formula and compute."""
    return f"'{text}" if _may_be_formula(text) else text


def _may_be_formula(text: str) -> bool:
    """Some spreadsheets drop what cannot be seen before a sign, and take the wide signs of East Asia for plain ones."""
    first = next((letter for letter in text if letter.isprintable() and not letter.isspace()), "")
    return text.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", first) in _FORMULA
