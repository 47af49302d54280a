"""Every page at 390 and 1440 px, light and dark: no grave fault of accessibility, nothing wider than the window."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

SIZES = ((390, 844), (1440, 900))
PAGES: dict[str, tuple[str, str]] = {
    "studio": ("#/", ".photos"),
    "jobs": ("#/jobs", ".job-grid"),
    "generate": ("#/generate", "textarea"),
    "catalogue": ("#/catalogue", "#table-file"),
    "operator": ("#/operator", "table.workers"),
    "settings": ("#/settings", ".facts"),
}


def _examine(desk: Desk, name: str) -> None:
    """On a phone by day, and on a desk by night: two runs of axe-core see both sizes and both themes."""
    for (width, height), scheme in zip(SIZES, ("light", "dark"), strict=True):
        desk.page.set_viewport_size({"width": width, "height": height})
        desk.page.emulate_media(color_scheme=scheme)
        desk.does_not_scroll_sideways(name)
        desk.has_no_grave_fault(f"{name}, {scheme}, {width} px")
        desk.shoot(f"{name}-{scheme}")
    desk.page.emulate_media(color_scheme="light")
    desk.shoot(f"{name}-light")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_usable_by_all(desk: Desk, listed: dict[str, Any], name: str) -> None:
    address, sign = PAGES[name]
    desk.go(address)
    expect(desk.page.locator(sign).first).to_be_attached()
    _examine(desk, name)


@pytest.mark.parametrize("kind", ["listed", "wished"])
def test_a_jobs_page_is_usable_by_all(desk: Desk, request: pytest.FixtureRequest, kind: str) -> None:
    job = request.getfixturevalue(kind)
    desk.go(f"#/job/{job['id']}")
    expect(desk.page.locator(".compare img, .candidate img").first).to_be_visible()
    _examine(desk, f"job-{kind}")


def test_signing_in_is_usable_by_all(stranger: Desk) -> None:
    stranger.go()
    expect(stranger.page.locator("input[name=key]")).to_be_visible()
    _examine(stranger, "sign-in")
