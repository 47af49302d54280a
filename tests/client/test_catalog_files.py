"""A catalogue's file: what rows are read of it, which are broken, and what results are called."""

import codecs
import json
from pathlib import Path

import pytest
from PIL import Image

from packshot.catalog.asking import Catalog
from packshot.catalog.faults import CatalogUnreadable, Fault, cell, faults_csv
from packshot.catalog.files import read_table
from packshot.catalog.photo_files import photo_ids
from packshot.catalog.places import Folders, place, safe_name
from packshot.catalog.results import results_csv
from packshot.catalog.rows import CatalogRow, ignored_columns, operations_of, rows_of
from packshot.catalog.wanted import Wanted
from packshot.models import Upload


@pytest.fixture
def folder(tmp_path):
    for name in ("mug.png", "cup.png", "scene.png"):
        Image.new("RGB", (20, 10), (len(name), 30, 80)).save(tmp_path / name)
    return tmp_path


def rows(folder, text, name="products.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    return rows_of(read_table(folder / name), folder)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_however_a_spreadsheet_wrote_it(folder, delimiter, encoding):
    text = "\r\n".join(delimiter.join(cells) for cells in (["SKU", " Photo "], ["Ä-1", "mug.png"], ["", "cup.png"]))
    good, faults = rows(folder, text, encoding=encoding)
    assert faults == []
    assert [(row.row, row.line, row.sku, row.photo) for row in good] == [
        (1, 2, "Ä-1", folder / "mug.png"),
        (2, 3, "cup", folder / "cup.png"),
    ]


def test_lines_are_counted_as_an_editor_does(folder):
    good, _ = rows(folder, 'sku,photo,note\n\nA,mug.png,"two\nlines"\n\n\nB,cup.png,\n')
    assert [(row.row, row.line) for row in good] == [(1, 3), (2, 7)]


def test_json_and_json_lines_are_the_same_rows(folder):
    items = [{"sku": 7, "photo": "mug.png", "preset": ["ebay"]}, {"photo": "cup.png", "seed": 3, "stock": 9}]
    for name, text in (
        ("a.json", json.dumps(items)),
        ("b.json", json.dumps({"items": items, "defaults": {"seed": 1}})),
        ("c.jsonl", "\n\n".join(map(json.dumps, items))),
    ):
        good, faults = rows(folder, text, name)
        assert faults == []
        assert [(row.row, row.sku, dict(row.asked)) for row in good] == [
            (1, "7", {"preset": ["ebay"]}),
            (2, "cup", {"seed": 3}),
        ]
    assert ignored_columns(read_table(folder / "c.jsonl")) == ["stock"]
    assert read_table(folder / "b.json").defaults == {"seed": 1}


def test_a_merchants_own_columns_are_named_and_never_meant(folder):
    (folder / "p.csv").write_text("sku,photo,seed,Review\nA,mug.png,4,nice\n")
    table = read_table(folder / "p.csv")
    assert ignored_columns(table) == ["seed", "review"]
    assert dict(rows_of(table, folder)[0][0].asked) == {}


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("A,none.png,,,,", "photo", "none.png is not there"),
        ("A,.,,,,", "photo", "is a folder, not a photo"),
        ("A,,,,,", "photo", "there is no photo: fill photo"),
        ("A,mug.png,https://shop/mug.png,,,", "photo", "it has photo and url; one photo is needed"),
        ("SAME,mug.png,,,,", "sku", "the SKU 'SAME' is that of row 1 too"),
        ("A,mug.png,,,upscale:factor,", "operations", "is not KEY=VALUE"),
        ("A,mug.png,,,background:image=@none.png,", "operations", "none.png is not there"),
        ('A,mug.png,,"[1,",,', "color", "is not JSON"),
        ("A,mug.png,,,,,extra", "", "the row has 7 cells and the header 6"),
        (f"A,{'x' * 300}.png,,,,", "photo", "is no path"),
        (f"A,mug.png,,,background:image=@{'x' * 300}.png,", "operations", "is no path"),
        ("A,mug.png,,,upscale:factor=1e999,", "operations", "a number that is not finite"),
        ("A,mug.png,,[1e999],,", "color", "a number that is not finite"),
        (f"A,mug.png,,{'[' * 100_000},,", "color", "is not JSON"),
        (f"A,mug.png,,,{'[' * 100_000},", "operations", "recursion"),
    ],
)
def test_a_broken_row_says_what_and_where(folder, line, column, said):
    good, (fault,) = rows(folder, f"sku,photo,url,color,operations,preset\nSAME,cup.png,,,,\n{line}\n")
    assert [row.sku for row in good] == ["SAME"]
    assert (fault.row, fault.line, fault.column) == (2, 3, column)
    assert said in fault.detail


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"sku,photo\n", "it holds no row"),
        ("a.csv", b"sku,photo\nA,caf\xe9.jpg\n", "line 2 is not UTF-8"),
        ("a.csv", b"sku,photo,sku\nA,b,c\n", "the column 'sku' twice"),
        ("a.csv", b'sku,photo\nA,"b"c\n', "line 2 is not CSV"),
        ("a.csv", b"sku,photo\n" + b"A,b\n" * 10_001, "10,001 rows; at most 10,000"),
        ("a.csv", b"SKU,Image\nA,b\n", "it has no column photo or url or upload; its columns are sku, image"),
        ("a.json", b"{", "it is not JSON"),
        ("a.json", b'{"rows": []}', "expected a list of rows"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b'{"items": [{"photo": "a"}], "defaults": {"seed": 1e999}}', "not finite"),
        ("a.jsonl", codecs.BOM_UTF8, "it holds no row"),
    ],
)
def test_a_file_that_is_no_catalogue_says_why(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CatalogUnreadable, match=said):
        read_table(tmp_path / name)


def test_lines_that_are_no_json_are_broken_rows_among_good_ones(folder):
    good, faults = rows(folder, '{"photo": "mug.png"}\nnope\n[1]\n{"photo": "cup.png", "seed": NaN}\n', "a.jsonl")
    assert [row.sku for row in good] == ["mug"]
    assert [(fault.row, fault.line) for fault in faults] == [(2, 2), (3, 3), (4, 4)]


@pytest.mark.parametrize(
    ("value", "said"),
    [("1e999", "a number that is not finite"), ('"\\ud800"', "half a character"), ("[" * 100_000, "nested too deeply")],
)
def test_a_row_that_cannot_be_sent_is_broken_and_the_others_are_not(folder, value, said):
    good, (fault,) = rows(folder, f'{{"photo": "mug.png", "seed": {value}}}\n{{"photo": "cup.png"}}\n', "a.jsonl")
    assert [row.sku for row in good] == ["cup"]
    assert (fault.row, fault.line) == (1, 1)
    assert said in fault.detail


def test_every_fault_of_a_row_is_told_at_once(folder):
    good, faults = rows(folder, 'sku,photo,operations,color\nA,mug.png,,\nA,gone.png,upscale:2,"[1"\n')
    assert [row.sku for row in good] == ["A"]
    assert [(fault.row, fault.sku, fault.column) for fault in faults] == [
        (2, "A", column) for column in ("sku", "photo", "color", "operations")
    ]


def test_a_photo_may_be_an_address_an_upload_or_a_path_of_windows(folder):
    (folder / "in").mkdir()
    (folder / "mug.png").rename(folder / "in" / "mug.png")
    upload = f"sha256:{'a' * 64}"
    text = f"photo\nhttps://shop.example/a%20b/red%20hat.jpg?x=1\n{upload}\nin\\mug.png\nin/mug.png\n"
    good, faults = rows(folder, text)
    assert faults == []
    assert [(row.sku, dict(row.asked)) for row in good] == [
        ("red hat", {"url": "https://shop.example/a%20b/red%20hat.jpg?x=1"}),
        (upload, {"upload": upload}),
        ("mug", {}),
        ("mug-2", {}),
    ]


def test_operations_are_written_short_or_as_json(folder):
    short = "relight; restore ;upscale:factor=2;"
    wanted = [{"op": "relight"}, {"op": "restore"}, {"op": "upscale", "factor": 2}]
    assert operations_of(short) == operations_of(json.dumps(wanted)) == wanted
    assert operations_of("auto") == "auto"
    (row,), _ = rows(folder, "photo,operations\nmug.png,background:image=@scene.png\n")
    assert row.files == [folder / "mug.png", folder / "scene.png"]


def test_what_is_no_photo_is_told_without_a_server(tmp_path, sample):
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "empty.jpg").write_bytes(b"")
    heic = tmp_path / "phone.heic"
    heic.write_bytes(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 40)
    read = []
    found = photo_ids([tmp_path / "text.jpg", tmp_path / "empty.jpg", tmp_path / "gone.jpg", heic, sample], read.append)
    assert "not a photo" in str(found[tmp_path / "text.jpg"])
    assert "is empty" in str(found[tmp_path / "empty.jpg"])
    assert isinstance(found[tmp_path / "gone.jpg"], OSError)
    assert all(str(found[path]).startswith("sha256:") for path in (heic, sample))
    assert sorted(read) == [1, 2, 3, 4, 5]


def test_what_is_asked_for_a_row_is_its_photo_and_its_wishes_alone(folder):
    good, _ = rows(folder, "sku,photo,preset\nA,mug.png,\nB,mug.png,ebay\nC,cup.png,\nD,mug.png,\n")
    ids = {folder / "mug.png": "sha256:m", folder / "cup.png": "sha256:c"}
    wanted = Wanted(good, {"renditions": ["ebay"]}, ids)
    a, b, c, d = map(wanted.digest, good)
    assert a == b == d != c
    assert Wanted(good, {"renditions": ["etsy"]}, ids).digest(good[0]) != a
    assert Wanted(good, {"renditions": ["etsy"]}, ids).digest(good[1]) == b
    assert wanted.wire(good[1]) == {"sku": "B", "upload": "sha256:m", "preset": ["ebay"]}


@pytest.mark.parametrize(
    ("sku", "name"),
    [
        ("A/2", "A-2"),
        ("../x", "-x"),
        ("..", "sku"),
        ("a:b*c", "a-b-c"),
        ("con", "con-"),
        ("红 帽", "红 帽"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_sku_becomes_a_folders_name_on_any_system(sku, name):
    assert safe_name(sku, "sku") == name


def test_no_two_skus_share_a_folder_and_none_takes_a_files_name(tmp_path):
    (tmp_path / "mine").write_text("a file")
    folders = Folders(tmp_path, {"old": "Hat"})
    names = [folders.of(sku) for sku in ("a/b", "a:b", "A-B", "hat", "old", "results.csv", "mine", "a/b")]
    assert names == ["a-b", "a-b-2", "A-B-3", "hat-2", "Hat", "results.csv-2", "mine-2", "a-b"]


def test_a_picture_goes_beside_what_may_not_be_replaced(tmp_path):
    (tmp_path / "ebay.jpg").write_text("mine")
    (tmp_path / "ebay-packshot.jpg").write_text("mine too")
    assert place(tmp_path, "ebay.jpg", (), lambda _: False).name == "ebay-packshot-2.jpg"
    assert place(tmp_path, "ebay.jpg", (), lambda _: True).name == "ebay.jpg"
    assert place(tmp_path, "new.jpg", (tmp_path / "new.jpg",), lambda _: True).name == "new-packshot.jpg"
    assert place(tmp_path, "New.jpg", (tmp_path / "new.jpg",), lambda _: True).name == "New-packshot.jpg"


def test_faults_are_a_table_in_the_order_of_rows():
    told = faults_csv([Fault(7, 8, 'no "photo"', "photo", "B"), Fault(2, 3, "bad")])
    assert told == 'row,line,sku,column,problem\n2,3,,,bad\n7,8,B,photo,"no ""photo"""\n'


def test_nothing_that_a_merchant_wrote_is_computed_by_a_spreadsheet():
    row = CatalogRow(1, 2, "=cmd()", Path("-1.jpg"))
    assert "\n3,0,'=cmd(),,'@bad\n" in faults_csv([Fault(3, 0, "@bad", sku="=cmd()")])
    assert "\n1,'=cmd(),left,,,,,,,,,,,,,'-1.jpg\n" in results_csv([row], {}, [])


@pytest.mark.parametrize(
    "text", [" =1+1", "\n=1+1", "\t=1+1", "\u00a0=1+1", "\ufeff@x", "＝1", "\tx", "\r-1", "\nx", "\u200b-1"]
)
def test_nothing_unseen_hides_a_formula(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "mug", "a = b", "1-2", " mug", "Größe @ 3"])
def test_a_cell_that_is_no_formula_stays(text):
    assert cell(text) == text


def test_a_folder_that_leads_out_is_none_of_earlier_runs(tmp_path):
    folders = Folders(tmp_path, {"a": "..", "b": "", "c": "..\\c", "d": "D"})
    assert [folders.of(sku) for sku in "abcd"] == ["a", "b", "c", "D"]


def test_rows_in_python_become_what_the_wire_takes(folder):
    upload = Upload("sha256:known", 1, "png", 2, 3)
    scene = folder / "scene.png"
    asked = Catalog(
        [
            {"photo": folder / "mug.png", "preset": "ebay"},
            {"photo": b"bytes", "sku": None},
            {"photo": upload, "operations": "auto"},
        ],
        operations=["relight", {"op": "background", "image": scene}],
        defaults={"seed": 1},
        name="spring",
    )
    assert asked.files() == [scene, folder / "mug.png", b"bytes"]
    assert asked.body(lambda file: "sha256:bytes" if isinstance(file, bytes) else f"sha256:{file.stem}") == {
        "name": "spring",
        "defaults": {"operations": [{"op": "relight"}, {"op": "background", "image": "sha256:scene"}], "seed": 1},
        "items": [
            {"preset": ["ebay"], "upload": "sha256:mug"},
            {"upload": "sha256:bytes"},
            {"operations": "auto", "upload": "sha256:known"},
        ],
    }
    with pytest.raises(ValueError, match="row 1 has photo and url; one photo is needed"):
        Catalog([{"photo": b"", "url": "https://x"}]).files()
