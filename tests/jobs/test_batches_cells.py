"""Spreadsheets' further oddities: blank lines before the header, and colours as JSON in a cell."""

import csv
import io
import json
from typing import Any

import pytest

from jobs.batches.checking import Checked, check_manifest
from jobs.batches.manifests import read_manifest

PHOTO = "sha256:" + "a" * 64


def check(text: str) -> Checked:
    return check_manifest(read_manifest(text.encode(), "csv", 10), lambda _: frozenset(), lambda _: None)


@pytest.mark.parametrize("before", ["\n", "\r\n\r\n", "  \n", "\ufeff\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_blank_lines_before_the_header_hide_no_delimiter(before: str, delimiter: str):
    rows = [("sku", "upload", "operations"), ("a", PHOTO, "restore")]
    checked = check(before + "\n".join(delimiter.join(row) for row in rows))
    assert [spec.external_id for spec in checked.specs] == ["a"]


def test_an_empty_first_column_is_still_a_column():
    checked = check(f"\tsku\tupload\toperations\n\ta\t{PHOTO}\trestore\n")
    assert len(checked.specs) == 1


@pytest.mark.parametrize(
    ("cell", "asked"),
    [
        ('{"lab": [50, 20, 10]}', {"color": {"lab": [50, 20, 10]}}),
        ('["red", "blue"]', {"colors": ["red", "blue"]}),
        (' ["navy"] ', {"color": "navy"}),
        ("red | #fff", {"colors": ["red", "#fff"]}),
        (' "navy" ', None),
    ],
)
def test_a_color_cell_takes_json(cell: str, asked: dict[str, Any] | None):
    text = io.StringIO()
    csv.writer(text).writerows([("upload", "color"), (PHOTO, cell)])
    found = check(text.getvalue()).specs
    told = [spec.operations[-1].model_dump(mode="json", exclude_unset=True) for spec in found]
    assert told == ([] if asked is None else [{"op": "recolor", **asked}])


def test_a_color_cell_of_broken_json_is_its_rows_fault():
    checked = check(f'sku,upload,color\na,{PHOTO},"{{""lab"": [50"\nb,{PHOTO},[]\n')
    assert [(fault.row, fault.column) for fault in checked.faults] == [(1, "color"), (2, "color")]
    assert "not JSON" in checked.faults[0].detail
    assert json.dumps([fault.to_json() for fault in checked.faults])
