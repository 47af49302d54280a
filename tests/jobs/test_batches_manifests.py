"""Manifests as merchants write them: spreadsheets' oddities, short forms, and every mistake told in the row's terms."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.batches.cells import read_operations
from jobs.batches.checking import Checked, check_manifest
from jobs.batches.estimates import Estimate, estimate
from jobs.batches.manifests import Manifest, read_manifest
from jobs.problems import ProblemError

PHOTO = "sha256:" + "a" * 64


def read_csv(text: str | bytes, max_rows: int = 10) -> Manifest:
    return read_manifest(text.encode() if isinstance(text, str) else text, "csv", max_rows)


def check(*rows: dict[str, Any], defaults: dict[str, Any] | None = None) -> Checked:
    body = {"items": list(rows), "defaults": {"operations": [{"op": "restore"}]} if defaults is None else defaults}
    manifest = read_manifest(json.dumps(body).encode(), "json", 100)
    return check_manifest(manifest, lambda _: frozenset(), lambda _: None)


def test_a_spreadsheets_csv_is_read_as_it_is_seen():
    text = '\ufeff"SKU", Upload ,Colour,Price\r\n"cup ""XL""\r\nblue",' + PHOTO + ",navy | #fff,12\r\n,,,\r\n\r\nb\r\n"
    manifest = read_csv(text)
    assert manifest.ignored_columns == ("Price",)
    assert [(row.number, row.line) for row in manifest.rows] == [(1, 2), (2, 6)]
    assert manifest.rows[0].fields == {"sku": 'cup "XL"\r\nblue', "upload": PHOTO, "color": ["navy", "#fff"]}
    assert manifest.rows[1].fields == {"sku": "b"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str):
    manifest = read_csv(delimiter.join(("sku", "upload", "seed")) + "\n" + delimiter.join(("a", PHOTO, "7")))
    assert manifest.rows[0].fields == {"sku": "a", "upload": PHOTO, "seed": 7}


def test_cells_are_read_by_their_column():
    text = (
        "sku,external_id,preset,operations,output,metadata,priority,check,seed\n"
        '007,008,"amazon-main, ebay;etsy","[{""op"": ""restore""}]","{""format"": ""png""}",'
        '"{""season"": ""spring""}",interactive,true,3\n'
    )
    assert read_csv(text).rows[0].fields == {
        "sku": "007",
        "external_id": "008",
        "preset": ["amazon-main", "ebay", "etsy"],
        "operations": [{"op": "restore"}],
        "output": {"format": "png"},
        "metadata": {"season": "spring"},
        "priority": "interactive",
        "check": True,
        "seed": 3,
    }


@pytest.mark.parametrize(
    ("cells", "column", "detail"),
    [
        ("a\0b,,", "sku", "NUL"),
        ('a,"[{",', "operations", "not JSON"),
        ("a,resize:width,", "operations", "name:key=value"),
        ('a,restore,"{""x"": 1, ""x"": 2}"', "metadata", "occurs twice"),
        ("a,restore,,surplus", None, "4 cells"),
    ],
)
def test_a_cell_that_cannot_be_read_is_its_rows_fault(cells: str, column: str | None, detail: str):
    manifest = read_csv(f"sku,operations,metadata\n{cells}\nb,restore,\n")
    (fault,) = manifest.rows[0].faults
    assert (fault.row, fault.line, fault.column) == (1, 2, column)
    assert detail in fault.detail
    assert manifest.rows[1].faults == ()


@pytest.mark.parametrize(
    ("data", "slug", "detail"),
    [
        (b"", "invalid-parameter", "first line"),
        (b"sku\n", "invalid-parameter", "no rows"),
        (b"a,b\n1,2", "invalid-parameter", "first line"),
        (b"sku,color,colour\n1,2,3", "invalid-parameter", "occurs twice"),
        ("sku\nM\u00fcller".encode("latin-1"), "malformed-body", "UTF-8"),
        ("sku\na".encode("utf-16"), "malformed-body", "UTF-8"),
        (b'sku\n"a"b', "malformed-body", "line 2"),
        (b'sku\n"a\nb\n', "malformed-body", "line 2"),
        (b"sku\n" + b"a" * 200_000, "malformed-body", "field"),
        (b"sku\n" + b"a\n" * 11, "invalid-parameter", "10 allowed"),
    ],
)
def test_a_csv_that_cannot_be_read_says_why(data: bytes, slug: str, detail: str):
    with pytest.raises(ProblemError) as caught:
        read_csv(data)
    assert caught.value.problem.type == slug
    assert detail in caught.value.problem.detail


def test_operations_have_a_short_form():
    assert read_operations(" relight ; upscale:factor=2, style=photo; crop:aspect=4:5;") == [
        {"op": "relight"},
        {"op": "upscale", "factor": 2, "style": "photo"},
        {"op": "crop", "aspect": "4:5"},
    ]


def test_a_row_is_laid_over_the_defaults():
    defaults = {"operations": "restore; relight", "preset": "ebay", "output": {"format": "png"}, "color": "red"}
    plain, own = check(
        {"sku": "a", "upload": PHOTO},
        {"sku": "b", "upload": PHOTO, "renditions": ["etsy"], "operations": [{"op": "upscale"}], "color": "navy|#fff"},
        defaults=defaults,
    ).specs
    assert [operation.op for operation in plain.operations] == ["restore", "relight", "recolor"]
    assert (plain.renditions, plain.priority, plain.external_id) == (("ebay",), "bulk", "a")
    assert own.renditions == ("etsy",)
    assert own.operations[1].model_dump(mode="json", exclude_unset=True)["colors"] == ["navy", "#fff"]
    assert own.output == plain.output


def test_a_null_says_nothing():
    (spec,) = check(
        {"upload": PHOTO, "color": None, "operations": None, "seed": None}, defaults={"preset": "ebay"}
    ).specs
    assert (spec.operations, spec.renditions) == ((), ("ebay",))


def test_a_row_may_say_interactive():
    assert check({"upload": PHOTO, "priority": "interactive"}).specs[0].priority == "interactive"


@pytest.mark.parametrize(
    ("row", "places"),
    [
        ({"upload": "x", "seed": -1}, ["/upload", "/seed"]),
        ({}, ["/upload"]),
        ({"input": {"upload": "x"}}, ["/input/upload"]),
        ({"upload": PHOTO, "preset": ["ebay", "E bay"]}, ["/preset"]),
        ({"upload": PHOTO, "color": "#12"}, ["/color"]),
        ({"upload": PHOTO, "color": 7}, ["/color"]),
        ({"upload": PHOTO, "color": ["red", "#12"]}, ["/color"]),
        ({"upload": PHOTO, "operations": "rotate", "color": "red"}, ["/operations/0/angle"]),
        ({"upload": PHOTO, "operations": 7}, ["/operations"]),
        ({"upload": PHOTO, "operations": "a:b"}, [""]),
        ({"upload": PHOTO, "operations": False, "color": "red"}, ["/operations"]),
        ({"upload": PHOTO, "sku": ""}, ["/sku"]),
        ({"upload": PHOTO, "sku": "a", "external_id": "b"}, [""]),
        ({"upload": PHOTO, "preset": "ebay", "renditions": []}, [""]),
        ({"upload": PHOTO, "size": 7}, ["/size"]),
    ],
)
def test_mistakes_are_told_where_the_row_makes_them(row: dict[str, Any], places: list[str]):
    checked = check({"upload": PHOTO}, row)
    assert [(fault.row, fault.pointer) for fault in checked.faults] == [(2, place) for place in places]
    assert len(checked.specs) == 1
    assert checked.items[1].problem


def test_a_sku_belongs_to_one_row_and_rows_without_one_may_be_alike():
    checked = check({"upload": PHOTO}, {"upload": PHOTO}, *({"sku": "a", "upload": PHOTO} for _ in range(3)))
    assert [(fault.row, fault.pointer) for fault in checked.faults] == [(4, "/sku"), (5, "/sku")]
    assert all("row 3" in fault.detail for fault in checked.faults)


def test_missing_photos_are_asked_for_once_and_told_for_each_row():
    asked = []

    def find_missing(sha256s):
        asked.append(list(sha256s))
        return frozenset({"b" * 64})

    other = {"upload": "sha256:" + "b" * 64}
    liked = {"upload": PHOTO, "operations": [{"op": "inpaint", "mask": "sha256:" + "b" * 64}]}
    body = {"items": [{"upload": PHOTO}, other, liked], "defaults": {"operations": [{"op": "restore"}]}}
    checked = check_manifest(read_manifest(json.dumps(body).encode(), "json", 9), find_missing, lambda _: None)
    assert asked == [["a" * 64, "b" * 64]]
    assert [(fault.row, fault.pointer) for fault in checked.faults] == [(2, "/upload"), (3, "/operations/0/mask")]


def test_an_answer_lists_only_so_many_faults_and_counts_them_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.batches.checking.MAX_FAULTS", 3)
    refusal = check(*({"upload": "x", "seed": -1} for _ in range(5))).refuse().problem
    assert (len(refusal.extra["errors"]), refusal.extra["faults"]) == (3, 10)
    assert refusal.detail.startswith("5 rows are at fault: row 1: ")


@pytest.mark.parametrize("name", ["", "x" * 201, 7, "\0", "a\x1b[2J", "\ud800"])
def test_a_name_that_no_answer_could_show_is_refused(name: object):
    body = json.dumps({"name": name, "items": [{"upload": PHOTO}]}).encode()
    with pytest.raises(ProblemError, match="the name should be a text of 1 to 200 characters"):
        read_manifest(body, "json", 9)


def test_columns_without_end_are_not_all_told():
    titles = ",".join(["sku", "upload", *(f"c{at}" for at in range(500))])
    assert len(read_csv(f"{titles}\na,{PHOTO}\n").ignored_columns) == 100


def test_an_estimate_says_what_it_rests_on():
    assert estimate({}, {}, 0) == Estimate(0.0, None, 0)
    assert estimate({"a": 2}, {}, 4).seconds is None
    assert estimate({"a": 2}, {"*": 1000.0}, 0).seconds is None
    assert estimate({"a": 6}, {"*": 1000.0, "a": 4000.0}, 4) == Estimate(6.0, None, 4)
    guessed = estimate({"a": 1, "b": 3}, {"*": 1000.0, "a": 4000.0}, 1)
    assert (guessed.seconds, guessed.reason and guessed.reason[:6]) == (7.0, "3 jobs")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet='skuploadcor,;\t"\r\n\0 =', max_size=120).map(str.encode)))
def test_whatever_a_csv_holds_it_is_read_or_refused(data: bytes):
    for text in (data, b"sku,upload,operations,seed\n" + data):
        try:
            manifest = read_csv(text)
            check_manifest(manifest, lambda _: frozenset(), lambda _: None)
        except ProblemError:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["sku", "upload", "url", "preset", "color", "operations", "renditions", "input", "seed"])


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(FIELDS, JSON, max_size=4), st.dictionaries(FIELDS, JSON, max_size=3))
def test_whatever_json_a_row_holds_it_is_taken_or_told(row: dict[str, Any], defaults: dict[str, Any]):
    try:
        checked = check(row, defaults=defaults)
    except ProblemError as error:
        places = [item["pointer"] for item in error.problem.extra["errors"]]
    else:
        places = []
        assert len(checked.specs) == (0 if checked.faults else 1)
    assert all(place.startswith("/defaults") for place in places)
