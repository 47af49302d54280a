"""A wish: candidates, picked, judged, asked for again, each job knowing where it comes from."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import Desk, Shop


def test_a_wish_typed_in_words_becomes_candidates(desk: Desk, shop: Shop) -> None:
    desk.go("#/generate")
    desk.page.locator("textarea").first.fill("red plain shirt")
    desk.page.locator("form button[type=submit]").click()
    job = shop.ended(desk.job_id())
    assert job["spec"]["operations"][0]["text"] == "red plain shirt"
    expect(desk.page.locator(".candidate")).to_have_count(len(job["outputs"]))


def test_pictures_are_approved_and_rejected_with_a_note(desk: Desk, shop: Shop, wished: dict[str, Any]) -> None:
    desk.go(f"#/job/{wished['id']}")
    cards = desk.page.locator(".candidate")
    expect(cards).to_have_count(3)
    cards.nth(0).get_by_role("checkbox").check()
    desk.button("decision.approve").click()
    expect(cards.nth(0)).to_have_attribute("data-verdict", "approved")
    cards.nth(1).get_by_role("checkbox").check()
    cards.nth(2).get_by_role("checkbox").check()
    desk.button("decision.reject").click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label(desk.t("decision.note")).fill("the hem is wrong")
    desk.button("decision.reject", dialog).click()
    expect(cards.nth(2)).to_have_attribute("data-verdict", "rejected")
    desk.shoot("candidates")
    kept = [output["decision"] for output in shop.job(wished["id"])["outputs"]]
    assert [each["verdict"] for each in kept] == ["approved", "rejected", "rejected"]
    assert kept[2]["note"] == "the hem is wrong"


def test_the_same_wish_is_drawn_anew_and_knows_its_parent(desk: Desk, shop: Shop, wished: dict[str, Any]) -> None:
    desk.go(f"#/job/{wished['id']}")
    desk.button("candidates.again").click()
    desk.page.wait_for_function(
        "(old) => location.hash.startsWith('#/job/') && !location.hash.includes(old)", arg=wished["id"]
    )
    child = shop.ended(desk.job_id())
    assert child["spec"]["parent"]["job"] == wished["id"]
    assert child["spec"]["seed"] != wished["spec"]["seed"]
    assert child["spec"]["operations"] == wished["spec"]["operations"]
    strip = desk.page.get_by_role("navigation", name=desk.t("lineage.title"))
    strip.get_by_role("link").first.click()
    desk.page.wait_for_function("(old) => location.hash.includes(old)", arg=wished["id"])
    expect(strip.locator(f"a[href*='{child['id']}']")).to_be_visible()


def test_more_is_made_like_what_is_liked(desk: Desk, shop: Shop, wished: dict[str, Any]) -> None:
    desk.go(f"#/job/{wished['id']}")
    desk.page.locator(".candidate").nth(1).get_by_role("checkbox").check()
    desk.button("candidates.moreLike").click()
    desk.page.wait_for_function(
        "(old) => location.hash.startsWith('#/job/') && !location.hash.includes(old)", arg=wished["id"]
    )
    child = shop.ended(desk.job_id())
    assert child["spec"]["parent"] == {"job": wished["id"], "output": 1}
    assert child["spec"]["operations"][0]["like"] == [f"sha256:{wished['outputs'][1]['sha256']}"]


def test_a_candidate_becomes_the_next_photo(desk: Desk, wished: dict[str, Any]) -> None:
    desk.go(f"#/job/{wished['id']}")
    desk.page.locator(".candidate").nth(0).get_by_role("checkbox").check()
    desk.button("candidates.pick").click()
    expect(desk.page.locator("li.photo.ready")).to_have_count(1)
