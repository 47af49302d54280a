"""What a batch has made: result lines that spreadsheets may open, and a ZIP that is never held whole."""

import csv
import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.file_names import safe_name
from api.zip_streams import MISSING
from jobs.checked_blobs import Recorded
from jobs.records import OutputRecord

FILES = ("1-1/amazon-main-1.jpg", "1-1/amazon-main-2.jpg", "a-b/a-b.jpg", "a-b-2/a-b.jpg", "A-B-3/A-B.jpg")


@pytest.fixture
def done(shop: Any, encode: Callable[..., bytes], jpeg: bytes) -> str:
    """A finished batch of four SKUs that spreadsheets and disks do not like, and a broken row."""
    skus = ["=1+1", "a/b", "a-b", "A-B"]
    rows = [{"sku": sku, "upload": shop.upload(encode("JPEG", (64, 40 + at)))} for at, sku in enumerate(skus)]
    document = {"defaults": {"operations": [{"op": "restore"}]}, "items": [*rows, {"sku": "@x", "upload": "y"}]}
    batch_id = shop.post("/v1/batches?skip_invalid=true", json=document).get_json()["id"]
    for number in range(4):
        finish(shop, jpeg + bytes([number]), 2 if number == 0 else 1)
    return str(batch_id)


def finish(shop: Any, picture: bytes, outputs: int) -> None:
    claim = shop.services.store.claim("w")
    records = []
    for index in range(outputs):
        path = f"results/{shop.tenant}/{claim.job_id}/{claim.token}/{index}.jpg"
        shop.services.blobs.put(path, picture)
        name = "" if outputs == 1 else f"amazon-main-{index + 1}.jpg"
        rendition = "amazon-main" if name else ""
        records.append(
            OutputRecord(
                index, path, "jpeg", 64, 48, len(picture), hashlib.sha256(picture).hexdigest(), rendition, name
            )
        )
    assert shop.services.store.finish(claim.job_id, claim.token, outputs=records, manifest={})


def test_the_csv_has_a_line_for_each_row_and_is_harmless(shop: Any, done: str) -> None:
    answer = shop.get(f"/v1/batches/{done}/results?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["row"] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [line["sku"] for line in lines] == ["'=1+1", "a/b", "a-b", "A-B", "'@x"]
    assert [line["state"] for line in lines] == ["succeeded"] * 4 + ["failed"]
    assert (lines[0]["output_1_rendition"], lines[0]["output_2_name"]) == ("amazon-main", "amazon-main-2.jpg")
    assert (lines[1]["output_1_name"], lines[1]["output_1_width"]) == ("a-b.jpg", "64")
    assert (lines[1]["output_2_name"], lines[1]["problem"]) == (None, "")
    assert lines[4]["problem"] == "invalid-parameter"
    assert "sha256" in lines[4]["detail"]
    link = lines[1]["output_1_url"].removeprefix("http://localhost")
    assert shop.app.test_client().get(link).status_code == 200


def test_the_json_lines_are_the_items(shop: Any, done: str, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/batches/{done}/results?format=jsonl")
    lines = [json.loads(line) for line in answer.data.splitlines()]
    items = shop.get(f"/v1/batches/{done}/items").get_json()["items"]
    assert [line["sku"] for line in lines] == [item["sku"] for item in items]
    assert lines[0]["outputs"][0]["sha256"] == hashlib.sha256(jpeg + b"\0").hexdigest()


def test_the_archive_holds_every_picture_once_under_a_safe_name(shop: Any, done: str, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/batches/{done}/archive")
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            *FILES,
            "results.csv",
        ]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert [archive.read(name)[-1] for name in names[:-1]] == [0, 0, 1, 2, 3]
        lines = list(csv.DictReader(io.StringIO(archive.read("results.csv").decode())))
    assert [line["output_1_url"] for line in lines if line["output_1_url"]] == [names[0], *names[2:5]]


def test_half_a_character_in_a_broken_row_spoils_no_results(shop: Any, jpeg: bytes) -> None:
    body = b'{"items": [{"sku": "\\ud800"}, {"sku": "b", "upload": "%s", "operations": "restore"}]}'
    body = body % shop.upload(jpeg).encode()
    answer = shop.post("/v1/batches?skip_invalid=true", data=body, content_type="application/json")
    batch_id = answer.get_json()["id"]
    for path in ("/items", "/results?format=csv", "/results?format=jsonl", "/archive"):
        got = shop.get(f"/v1/batches/{batch_id}{path}")
        assert (got.status_code, b"b" in got.data) == (200, True)


def test_a_picture_past_its_life_is_left_out_of_the_archive(shop: Any, done: str) -> None:
    (path, *_) = shop.services.blobs.list("results")
    shop.services.blobs.delete(path)
    with zipfile.ZipFile(io.BytesIO(shop.get(f"/v1/batches/{done}/archive").data)) as archive:
        assert len(archive.namelist()) == 6
        told = archive.read(MISSING).decode().splitlines()[2:]
        assert {*told, *archive.namelist()} == {*FILES, "results.csv", MISSING}
        assert archive.testzip() is None


def test_an_archive_is_streamed_and_never_held(shop: Any, done: str, monkeypatch: Any) -> None:
    chunk = bytes(256 * 1024)

    def endless(_blob: Recorded, *, ahead: bool) -> Iterator[bytes]:
        assert ahead
        return iter([chunk] * 64)  # 16 MB a picture, 80 MB in all

    monkeypatch.setattr(shop.services.checked_blobs, "stream", endless)
    answer = shop.get(f"/v1/batches/{done}/archive")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    received = sum(len(part) for part in answer.iter_encoded())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert received > 80_000_000
    assert most - before < 8_000_000


def test_a_sku_that_is_called_as_a_channel_hides_no_picture(shop: Any, jpeg: bytes) -> None:
    rows = [{"sku": "ebay", "upload": shop.upload(jpeg), "operations": "restore"}]
    batch_id = shop.post("/v1/batches", json={"items": rows}).get_json()["id"]
    claim = shop.services.store.claim("w")
    outputs = [
        OutputRecord(index, f"results/x/{index}", "jpeg", 1, 1, 1, "ab" * 32, rendition, name)
        for index, (rendition, name) in enumerate((("", "ebay.jpg"), ("ebay", "ebay.jpg")))
    ]
    shop.services.store.finish(claim.job_id, claim.token, outputs=outputs, manifest={})
    (item,) = shop.get(f"/v1/batches/{batch_id}/items").get_json()["items"]
    assert [output["name"] for output in item["outputs"]] == ["ebay.jpg", "1-ebay.jpg"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mug 1", "mug-1"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "row-7"),
        ("", "row-7"),
        (".hidden", "hidden"),
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("茶杯-蓝", "茶杯-蓝"),
        ("a\0b\nc", "a-b-c"),
        ("x" * 300, "x" * 80),
        ("trailing. ", "trailing"),
    ],
)
def test_names_mean_nothing_to_a_disk(text: str, name: str) -> None:
    assert safe_name(text, "row-7") == name
