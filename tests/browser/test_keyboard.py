"""The main flow with the keyboard alone: every step is reached by Tab, and done by a key."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk, Shop

MOST_TABS = 60


def _tab_to(desk: Desk, wanted: Locator) -> None:
    """Press Tab until it has the focus."""
    for _ in range(MOST_TABS):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        desk.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def test_from_photo_to_verdict_without_a_mouse(desk: Desk, shop: Shop, photos: Path) -> None:
    desk.go()
    expect(desk.page.locator("input[name=recipe]:checked")).to_be_visible()  # the page is all there
    _tab_to(desk, desk.button("photos.choose"))
    with desk.page.expect_file_chooser() as asked:
        desk.page.keyboard.press("Enter")
    asked.value.set_files(photos / "ring.jpg")
    expect(desk.page.locator("li.photo.ready")).to_have_count(1)
    _tab_to(desk, desk.page.locator("input[name=recipe]:checked"))
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("ArrowDown")
    expect(desk.page.get_by_role("radio", name=desk.t("recipe.clean"))).to_be_checked()
    _tab_to(desk, desk.button("go.run", n=1))
    desk.page.keyboard.press("Enter")
    job = desk.job_id()
    slider = desk.page.get_by_role("slider")
    expect(slider).to_be_visible()
    _tab_to(desk, slider)
    desk.page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    approve = desk.button("decision.approve")
    _tab_to(desk, approve)
    desk.page.keyboard.press("Enter")
    expect(approve).to_have_attribute("aria-pressed", "true")
    assert shop.job(job)["outputs"][0]["decision"]["verdict"] == "approved"


def test_dialogs_keep_the_focus_and_give_it_back(desk: Desk, listed: dict[str, Any]) -> None:
    desk.go(f"#/job/{listed['id']}")
    reject = desk.button("decision.reject")
    reject.focus()
    desk.page.keyboard.press("Enter")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(8):
        desk.page.keyboard.press("Tab")
        assert desk.page.evaluate(
            "() => document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(reject).to_be_focused()
