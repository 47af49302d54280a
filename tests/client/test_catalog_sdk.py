"""A batch in Python: started with photos, followed, paused, retried, its results fetched."""

import zipfile

import pytest
from PIL import Image

from packshot import Client, errors
from packshot.batch_models import BatchCounts

NO_PRODUCT = {"type": "/problems/no-product-found", "title": "No product was found in the image", "detail": "none"}


@pytest.fixture
def client(makeshift):
    with Client(makeshift.url) as client:
        yield client


@pytest.fixture
def photos(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.new("RGB", (20, 10), (number, 30, 80)).save(path)
    return paths


def catalog_of(photos):
    return [{"sku": path.stem, "photo": path} for path in photos]


def test_rows_with_photos_become_one_batch(client, makeshift, photos, tmp_path):
    batch = client.catalog([*catalog_of(photos), {"sku": "again", "photo": photos[0]}], preset="ebay", name="spring")
    told = []
    assert batch.wait(on_progress=told.append).state == "finished"
    assert batch.counts == BatchCounts(total=4, succeeded=4)
    assert told[-1] == batch.counts
    assert makeshift.sent == 3
    items = list(batch.items())
    assert [(item.row, item.sku, item.outputs[0].name) for item in items][-1] == (4, "again", "ebay.jpg")
    assert batch.job(items[0]).manifest["outputs"][0]["rendition"] == "ebay"
    assert client.batch(batch.id).document["name"] == "spring"
    assert [path.name for path in batch.job(items[0]).download_all(tmp_path / "out", "mug")] == ["mug-ebay.jpg"]


def test_a_row_at_fault_is_told_with_its_number_or_left_out(client, photos):
    rows = catalog_of(photos)
    rows[1]["preset"] = "etsy"
    with pytest.raises(errors.InvalidRequest) as refused:
        client.catalog(rows, preset="ebay")
    assert refused.value.problem.errors[0].row == 2
    assert "row 2 /preset/0: there is no channel 'etsy'" in str(refused.value)
    batch = client.catalog(rows, preset="ebay", skip_invalid=True).wait()
    assert [item.sku for item in batch.items()] == ["0", "2"]


def test_rows_are_checked_without_sending_anything(client, makeshift, photos):
    check = client.check_catalog(
        [*catalog_of(photos), {"sku": "x", "photo": photos[0], "preset": "etsy"}], preset="ebay"
    )
    assert (check.valid, check.invalid, check.estimate_s) == (3, 1, 2.0)
    assert [(fault.row, fault.field) for fault in check.faults] == [(4, "preset")]
    assert makeshift.sent == 0
    gone = client.check_catalog([{"sku": "x", "upload": f"sha256:{'a' * 64}"}], preset="ebay")
    assert gone.faults[0].unsent == f"sha256:{'a' * 64}"
    with pytest.raises(errors.InvalidRequest, match="there is no channel 'etsy'"):
        client.check_catalog(catalog_of(photos), preset="etsy")


def test_a_photo_that_is_not_there_is_its_rows_fault_like_any_other(client, makeshift, photos, tmp_path):
    (tmp_path / "note.txt").write_text("no photo")
    rows = [*catalog_of(photos), {"sku": "gone", "photo": tmp_path / "gone.jpg", "preset": "etsy"}]
    rows.append({"sku": "note", "photo": tmp_path / "note.txt"})
    check = client.check_catalog(rows, preset="ebay")
    assert (check.valid, check.invalid) == (3, 2)
    assert [(fault.row, fault.field) for fault in check.faults] == [(4, "preset"), (4, "photo"), (5, "photo")]
    assert f"{tmp_path / 'gone.jpg'} cannot be read: No such file or directory" in check.faults[1].detail
    with pytest.raises(errors.InvalidRequest) as refused:
        client.catalog(rows, preset="ebay")
    assert [error.row for error in refused.value.problem.errors] == [4, 5]
    assert "row 4 /photo: " in str(refused.value)
    assert (makeshift.sent, makeshift.batches) == (0, {})
    batch = client.catalog(rows, preset="ebay", skip_invalid=True).wait()
    assert [item.sku for item in batch.items()] == ["0", "1", "2"]
    assert makeshift.sent == 3


def test_photos_that_the_server_does_not_take_are_named_by_row(client, makeshift, photos, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(photos[0].read_bytes()[:20])
    rows = [*catalog_of(photos), {"sku": "broken", "photo": broken}]
    with pytest.raises(errors.InvalidRequest, match=r"row 4 /photo: .*not supported"):
        client.catalog(rows, preset="ebay")
    assert client.catalog(rows, preset="ebay", skip_invalid=True).wait().counts.succeeded == 3


def test_a_file_that_all_rows_share_is_told_by_itself(client, photos, tmp_path):
    asked = [{"op": "background", "image": tmp_path / "scene.jpg"}]
    for call in (client.catalog, client.check_catalog):
        with pytest.raises(errors.InvalidRequest, match=r"/operations: .*scene.jpg cannot be read"):
            call(catalog_of(photos), operations=asked)


def test_uploads_that_the_server_forgot_are_sent_again(client, makeshift, photos):
    client.catalog(catalog_of(photos), preset="ebay")
    makeshift.uploads.clear()
    assert client.catalog(catalog_of(photos), preset="ebay").wait().counts.succeeded == 3
    assert makeshift.sent == 6


def test_a_batch_is_paused_canceled_and_its_failures_done_again(client, makeshift, photos):
    makeshift.hold_rows_after = 1
    makeshift.row_problems["0"] = NO_PRODUCT
    batch = client.catalog(catalog_of(photos), preset="ebay")
    assert batch.refresh().counts == BatchCounts(total=3, waiting=1, succeeded=1, failed=1)
    assert batch.pause().state == "paused"
    makeshift.hold_rows_after = None
    assert batch.refresh().counts.ended == 2
    assert batch.resume().state == "finished"
    assert [item.problem.slug for item in batch.items("failed")] == ["no-product-found"]
    makeshift.row_problems.clear()
    assert batch.retry_failed().wait().counts == BatchCounts(total=3, succeeded=3)
    assert batch.cancel().state == "finished"


def test_waiting_for_a_batch_ends_in_time(client, makeshift, photos):
    makeshift.hold_rows_after = 0
    batch = client.catalog(catalog_of(photos), preset="ebay")
    with pytest.raises(errors.WaitTimedOut, match="3 waiting"):
        batch.wait(timeout_s=0.2)
    assert batch.cancel().counts.canceled == 3
    assert batch.ended


def test_results_and_archive_are_files_that_are_whole(client, photos, tmp_path):
    batch = client.catalog(catalog_of(photos), preset="ebay").wait()
    assert batch.results_csv(tmp_path / "results.csv").read_text().startswith("row,sku")
    assert len(batch.results_jsonl(tmp_path / "results.jsonl").read_text().splitlines()) == 3
    with zipfile.ZipFile(batch.download_archive(tmp_path / "all.zip")) as archive:
        assert "results.csv" in archive.namelist()
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(errors.NotFound):
        client.batch("bat_none")


def test_counts_are_told_in_words():
    assert str(BatchCounts(950, waiting=900, succeeded=50)) == "950 rows: 900 waiting, 50 succeeded"
