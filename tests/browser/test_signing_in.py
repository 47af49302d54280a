"""Signing in: with a key that is pasted, by the link that is printed, and what is said of a wrong one."""

from playwright.sync_api import expect

from tests.browser.desk import Desk


def test_a_key_is_asked_for_checked_and_kept_for_the_tab(stranger: Desk, stack) -> None:
    stranger.go()
    field, go = stranger.page.locator("input[name=key]"), stranger.button("signin.go")
    expect(field).to_be_focused()
    field.fill("nonsense")
    go.click()
    expect(stranger.page.get_by_role("alert")).to_have_text(stranger.t("signin.form"))
    field.fill(stack.key)
    field.press("Enter")
    expect(stranger.page.locator("main#main")).to_be_focused()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(stranger.t("studio.title"))
    stranger.page.reload()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(stranger.t("studio.title"))


def test_a_key_that_nobody_knows_is_refused_in_words(stranger: Desk) -> None:
    stranger.go()
    stranger.page.locator("input[name=key]").fill("psk_0123456789abcdef." + "a" * 43)
    stranger.button("signin.go").click()
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    expect(stranger.page.locator("input[name=key]")).to_be_visible()
    stranger.faults[:] = [
        fault for fault in stranger.faults if "401" not in fault
    ]  # Chromium's own words for the refusal


def test_the_link_with_a_key_signs_in_and_leaves_no_key_in_the_address(stranger: Desk, stack) -> None:
    stranger.page.goto(f"{stack.url}/console#key={stack.key}")
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(stranger.t("studio.title"))
    assert "psk_" not in stranger.page.url


def test_a_new_tab_takes_the_session_and_signing_out_ends_it_in_both(stranger: Desk, stack) -> None:
    stranger.page.goto(f"{stack.url}/console#key={stack.key}")
    title = stranger.t("studio.title")
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(title)
    second = stranger.page.context.new_page()
    second.goto(f"{stack.url}/console")
    expect(second.get_by_role("heading", level=1)).to_have_text(title)
    assert second.evaluate("localStorage.getItem('packshot.key')") is None
    stranger.go("#/settings")
    stranger.button("settings.out").click()
    expect(second.locator("input[name=key]")).to_be_visible()


def test_a_key_that_is_revoked_meanwhile_is_told_once_and_the_page_come_back_to(stranger: Desk, stack, shop) -> None:
    wanted = {"name": "short", "scopes": ["jobs:read"]}
    made = shop.http.post("/v1/keys", json=wanted).raise_for_status().json()
    stranger.page.goto(f"{stack.url}/console#key={made['key']}")
    expect(stranger.page.get_by_role("navigation")).to_be_visible()
    shop.http.delete(f"/v1/keys/{made['id']}").raise_for_status()
    stranger.go("#/jobs?state=failed")
    expect(stranger.page.get_by_role("alert")).to_contain_text(stranger.t("signin.lost"))
    expect(stranger.page.locator(".toast")).to_have_count(0)
    stranger.page.locator("input[name=key]").fill(stack.key)
    stranger.button("signin.go").click()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(stranger.t("jobs.title"))
    assert stranger.page.url.endswith("#/jobs?state=failed")
    stranger.faults[:] = [fault for fault in stranger.faults if "401" not in fault]
