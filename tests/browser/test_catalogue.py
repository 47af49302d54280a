"""A catalogue: a table and its photos in, faults told by row, rows followed, results taken along."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.desk import Damaged, Desk, Shop

TABLE = """external_id,photo,operations
C-1,ring.jpg,resize:width=64
C-2,cushion.jpg,resize:width=64
C-3,ring.jpg,resize:width=nonsense
"""


def test_a_table_is_checked_mended_by_leaving_a_row_out_and_run(desk: Desk, photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "autumn.csv"
    table.write_text(TABLE)
    desk.go("#/catalogue")
    desk.page.set_input_files("#table-file", table)
    desk.choose(photos / "ring.jpg", photos / "cushion.jpg")
    desk.button("catalogue.check").click()
    faults = desk.page.get_by_role("region", name=desk.t("catalogue.faults"))
    expect(faults.locator("tbody tr")).to_have_count(1)
    expect(faults.locator("tbody tr td").first).to_contain_text("3")
    desk.shoot("catalogue-checked")
    desk.page.get_by_role("switch", name=desk.t("catalogue.skip", n=1)).check()
    desk.button("catalogue.start", n=2).click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("autumn")
    expect(desk.page.get_by_text(desk.t("state.finished"), exact=True)).to_be_visible()
    desk.shoot("catalogue-done")
    with desk.page.expect_download() as zipped:
        desk.button("batch.zip").click()
    with zipfile.ZipFile(zipped.value.path()) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 2
    with desk.page.expect_download() as listed:
        desk.page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(listed.value.path()).read_text(encoding="utf-8-sig"))))
    assert {row["sku"]: row["state"] for row in rows}["C-1"] == "succeeded"


def test_a_run_is_paused_gone_on_with_and_its_failed_row_retried(
    desk: Desk, shop: Shop, damaged: Damaged, held: Callable[[], None]
) -> None:
    photos = {"P-1": shop.upload("ring.jpg"), "P-2": damaged.upload}
    rows = [{"sku": sku, "upload": upload} for sku, upload in photos.items()]
    wanted = {"name": "winter", "defaults": {"operations": "resize:width=48"}, "items": rows}
    batch = shop.http.post("/v1/batches", json=wanted)
    assert batch.is_success, batch.text
    desk.go(f"#/catalogue/{batch.json()['id']}")
    state = desk.page.locator(".page-head .badge")
    desk.button("batch.pause").click()
    expect(state).to_have_text(desk.t("state.paused"))
    desk.button("batch.resume").click()
    expect(state).to_have_text(desk.t("state.running"))
    held()
    expect(state).to_have_text(desk.t("state.finished"))
    damaged.mend()
    desk.button("batch.retry").click()
    expect(desk.page.locator("tbody").get_by_text(desk.t("state.succeeded"), exact=True)).to_have_count(2)
    expect(state).to_have_text(desk.t("state.finished"))


def test_rows_that_need_a_look_say_so_and_are_found(desk: Desk, shop: Shop) -> None:
    strict = {"beyond_light": 0.0, "asked_light": 0.0}
    rows = [
        {"sku": "L-1", "upload": shop.upload("box.jpg"), "review": strict},
        {"sku": "L-2", "upload": shop.upload("box.jpg"), "operations": "resize:width=48"},
    ]
    wanted = {"name": "spring", "defaults": {"operations": "relight"}, "items": rows}
    batch = shop.http.post("/v1/batches", json=wanted).raise_for_status().json()
    desk.go(f"#/catalogue/{batch['id']}")
    expect(desk.page.locator(".page-head .badge")).to_have_text(desk.t("state.finished"))
    shown = desk.page.locator("tbody tr")
    expect(shown).to_have_count(2)
    expect(shown.filter(has_text="L-1")).to_contain_text(desk.t("job.review"))
    expect(shown.filter(has_text="L-2")).not_to_contain_text(desk.t("job.review"))
    desk.page.get_by_role("radio", name=desk.t("jobs.filter.review")).check()
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("L-1")


def test_a_table_of_skus_and_photos_needs_a_channel_and_says_so(desk: Desk, photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "small.csv"
    table.write_text("sku,photo\nS-1,ring.jpg\nS-2,missing.jpg\n")
    desk.go("#/catalogue")
    desk.page.set_input_files("#table-file", table)
    desk.choose(photos / "ring.jpg")
    desk.button("catalogue.check").click()
    expect(desk.page.get_by_text(desk.t("catalogue.nowork"))).to_be_visible()
    expect(desk.page.get_by_text(desk.t("catalogue.absent", photo="missing.jpg"))).to_be_visible()
    desk.page.get_by_role("checkbox", name=desk.t("channel.amazon-main")).check()
    desk.button("catalogue.check").click()
    expect(desk.page.get_by_text(desk.t("catalogue.valid", valid=1, n=2))).to_be_visible()
    expect(desk.page.get_by_text(desk.t("catalogue.nowork"))).to_have_count(0)
