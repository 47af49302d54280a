"""The guide, the problems' pages and Swagger UI in a browser, under their strict policy, wide and on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

RESULTS = Path(__file__).parents[2] / "results" / "browser"
PAGES = ("/docs", "/docs/operations", "/docs/errors", "/docs/webhooks", "/problems/invalid-parameter")
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


class Reader:
    """A page, and whatever went wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.faults: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.url + path, wait_until="networkidle")

    def fits(self) -> bool:
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"))

    def grave_faults(self) -> list[str]:
        """What axe-core finds serious or critical."""
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def reader(request: Any, browser: Browser, stack: Any) -> Iterator[Reader]:
    size, scheme = request.param
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(30_000)
    found = Reader(context.new_page(), stack.url)
    yield found
    RESULTS.mkdir(parents=True, exist_ok=True)
    found.page.screenshot(path=RESULTS / f"docs-{request.node.name.replace('/', '-')}.png")
    context.close()
    assert found.faults == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(path: str, reader: Reader) -> None:
    reader.open(path)
    assert reader.fits()
    assert reader.grave_faults() == []


def test_code_is_copied_by_a_button(reader: Reader) -> None:
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=reader.url)
    reader.open("/docs/operations")
    reader.page.get_by_role("button", name="Copy this code").first.click()
    expect(reader.page.locator(".copyable button").first).to_have_text("Copied")
    assert '"operations"' in reader.page.evaluate("navigator.clipboard.readText()")


def test_all_pages_are_one_touch_away(reader: Reader) -> None:
    reader.open("/docs/errors")
    link = reader.page.get_by_role("navigation", name="Guide").get_by_role("link", name="Operations")
    if not link.is_visible():
        reader.page.get_by_text("All pages").click()
    link.click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Operations")


def test_the_api_is_tried_out_with_a_key(reader: Reader, stack: Any) -> None:
    reader.open("/docs/api")
    assert reader.fits()
    page = reader.page
    page.locator(".authorize").click()
    page.get_by_label("auth-bearer-value").fill(stack.key)
    page.locator(".auth-container button[type=submit]").first.click()
    page.locator(".btn-done").first.click()
    operation = page.locator("#operations-jobs-jobs_list_jobs")
    operation.locator(".opblock-summary-control").click()
    operation.locator(".try-out__btn").click()
    operation.locator(".execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text('"items"')
