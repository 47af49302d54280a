"""The sample shop's own page: its script sends the photo, follows the job and shows the picture."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_storefront import shop as storefront  # noqa: F401  (a fixture)


@pytest.mark.timeout(180)
def test_a_merchant_sends_a_photo_by_the_page(browser: Browser, storefront: httpx.Client, photos: Path) -> None:  # noqa: F811
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{storefront.base_url}/merchant/MUG-1")
    page.get_by_label("Photo").set_input_files(photos / "mug.jpg")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("Done: this is the picture now.", timeout=90_000)
    expect(page.locator("#picture img")).to_have_attribute("src", re.compile(r"^/pictures/.+"))
    assert page.locator("#picture img").evaluate("(picture) => picture.decode().then(() => picture.naturalWidth)") > 0
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    context.close()
    assert faults == []
