"""The list of jobs: filtered by the address, found again by number and state, erased."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, Shop


@pytest.fixture(scope="session")
def failed(shop: Shop) -> dict[str, Any]:
    """A job that no attempt can make succeed: its box leaves the picture."""
    box = {"op": "crop", "x": 9000, "y": 9000, "width": 10, "height": 10}
    return shop.ended(shop.submit({"operations": [box], "external_id": "WRONG-1"}, "ring.jpg"))


def test_jobs_are_filtered_by_state_and_by_number(desk: Desk, listed: dict[str, Any], failed: dict[str, Any]) -> None:
    desk.go("#/jobs")
    cards = desk.page.locator(".job-grid > li")
    desk.page.get_by_role("radio", name=desk.t("state.failed")).check()
    expect(cards.filter(has_text="WRONG-1")).to_be_visible()
    expect(cards.filter(has_text="SHOE-1")).to_have_count(0)
    expect(cards.filter(has_text="WRONG-1").locator(".error")).to_be_visible()
    desk.go("#/jobs?sku=SHOE-1")
    expect(cards.filter(has_text="SHOE-1").first).to_be_visible()
    expect(cards.filter(has_text="WRONG-1")).to_have_count(0)
    desk.go("#/jobs?sku=NOBODY")
    expect(desk.page.get_by_text(desk.t("jobs.none.filtered"))).to_be_visible()
    desk.button("jobs.filter.clear").click()
    expect(cards.filter(has_text="SHOE-1").first).to_be_visible()


def test_a_job_is_erased_after_a_question(desk: Desk, shop: Shop) -> None:
    job = shop.done({"operations": [{"op": "resize", "width": 32}]}, "ring.jpg")
    desk.go(f"#/job/{job['id']}")
    desk.button("job.erase").click()
    desk.button("job.erase", desk.page.get_by_role("dialog")).click()
    desk.page.wait_for_function("() => location.hash.startsWith('#/jobs')")
    assert shop.http.get(f"/v1/jobs/{job['id']}").status_code == 410
