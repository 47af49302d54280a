"""A catalogue: a table and its photos in, faults told by row, rows followed, results taken along."""

import csv
import io
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.desk import Desk

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
