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


def test_many_photos_are_judged_one_after_the_other_and_together(desk: Desk, shop: Shop) -> None:
    strict = {"operations": [{"op": "relight"}], "review": {"asked_light": 0.0, "beyond_light": 0.0}}
    for name in ("one", "two", "three"):
        assert shop.done({**strict, "metadata": {"file": f"judged-{name}.jpg"}}, "box.jpg")["needs_review"]
    desk.go("#/jobs?review=true&sku=judged")
    cards = desk.page.locator(".job-grid > li")
    expect(cards).to_have_count(3)
    cards.filter(has_text="judged-one").get_by_role("checkbox").check()
    cards.filter(has_text="judged-three").locator(".job-name").click()
    heading = desk.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("judged-three.jpg")
    desk.page.keyboard.press("j")
    expect(heading).to_have_text("judged-two.jpg")
    desk.button("decision.approve").click()
    expect(desk.button("decision.approve")).to_have_attribute("aria-pressed", "true")
    desk.button("job.next").click()
    expect(heading).to_have_text("judged-one.jpg")
    expect(desk.button("job.next")).to_be_disabled()
    desk.page.go_back()
    expect(cards).to_have_count(2)
    expect(cards.filter(has_text="judged-one").get_by_role("checkbox")).to_be_checked()
    desk.button("decision.reject").click()
    expect(desk.page.get_by_label(desk.t("decision.note"))).to_be_focused()
    desk.button("decision.reject", desk.page.get_by_role("dialog")).click()
    expect(cards).to_have_count(1)
    desk.page.get_by_role("radio", name=desk.t("verdict.rejected")).check()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("judged-one.jpg")


def test_a_job_is_found_by_its_files_name_with_or_without_its_suffix(desk: Desk, shop: Shop) -> None:
    shop.done({"operations": [{"op": "resize", "width": 32}], "metadata": {"file": "Blue coat 7.jpg"}}, "ring.jpg")
    cards = desk.page.locator(".job-grid > li")
    for name in ("Blue%20coat%207.jpg", "blue%20coat%207", "coat"):
        desk.go(f"#/jobs?sku={name}")
        expect(cards).to_have_count(1)
        expect(cards).to_contain_text("Blue coat 7.jpg")


def test_a_job_that_does_not_move_says_why(desk: Desk, shop: Shop) -> None:
    """One that only a GPU may do, of which there is none; then the same as it looks between two attempts."""
    job = shop.submit({"operations": [{"op": "restore"}], "needs": {"device": "gpu"}}, "ring.jpg")
    between_attempts = {**shop.job(job), "waiting_for": None, "queue_position": None, "attempt": 2}
    desk.go(f"#/job/{job}")
    told = desk.page.locator(".moving")
    expect(told).to_contain_text(desk.t("job.needs.gpu"))
    desk.page.route(f"**/v1/jobs/{job}", lambda route: route.fulfill(json=between_attempts))
    desk.page.reload()
    expect(told).to_contain_text(desk.t("job.again", n=2))
    silent = {**between_attempts, "state": "running", "worker_silence": {"for_s": 40.0, "job_kept_s": 5.0}}
    desk.page.route(f"**/v1/jobs/{job}", lambda route: route.fulfill(json=silent))
    desk.page.reload()
    expect(told).to_contain_text("40")
    desk.page.unroute_all(behavior="wait")
    expect(told).to_contain_text(desk.t("job.needs.gpu"), timeout=30_000)  # asked again: its worker may be heard of
    desk.page.goto(f"{desk.url}/docs")  # where nobody asks for a job that is gone
    shop.http.post(f"/v1/jobs/{job}/cancel").raise_for_status()
    shop.http.delete(f"/v1/jobs/{job}").raise_for_status()
