"""Settings: a webhook added, tested, given another secret and removed; a key made for the shop and revoked."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, Shop
from tests.client.conftest import RunningUp, ScriptedServer


@pytest.fixture
def listener() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


def test_a_webhook_is_added_tested_rotated_and_removed(desk: Desk, shop: Shop, listener: ScriptedServer) -> None:
    desk.go("#/settings")
    hooks = desk.page.get_by_role("region", name=desk.t("hooks.title"), exact=True)
    desk.button("hooks.new", hooks).click()
    form = desk.page.get_by_role("dialog")
    form.get_by_label(desk.t("hooks.url")).fill(f"{listener.url}/packshot")
    form.get_by_role("checkbox", name="job.failed").uncheck()
    desk.button("hooks.add", form).click()
    first = _secret(desk)
    entry = hooks.get_by_role("listitem").filter(has_text=listener.url)
    desk.button("hooks.test", entry).click()
    delivery = entry.get_by_role("row", name="webhook.test")
    expect(delivery.get_by_text(desk.t("delivery.delivered"), exact=True)).to_be_visible()
    assert b"webhook.test" in listener.heard[-1].body
    assert "webhook-signature" in {name.lower() for name in listener.heard[-1].headers}
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.does_not_scroll_sideways("a webhook's deliveries")
    desk.button("hooks.rotate", entry).click()
    desk.button("hooks.rotate", desk.page.get_by_role("dialog")).click()
    assert _secret(desk) != first
    (endpoint,) = _endpoints(shop)
    assert "job.failed" not in endpoint["events"]
    desk.button("hooks.remove", entry).click()
    desk.button("hooks.remove", desk.page.get_by_role("dialog")).click()
    expect(entry).to_have_count(0)
    assert _endpoints(shop) == []


def test_a_refused_address_says_why_and_keeps_what_was_typed(desk: Desk) -> None:
    desk.go("#/settings")
    desk.button("hooks.new").click()
    form = desk.page.get_by_role("dialog")
    address = form.get_by_label(desk.t("hooks.url"))
    address.fill("ftp://shop.example/packshot")
    desk.button("hooks.add", form).click()
    expect(form.get_by_role("alert")).to_contain_text(desk.t("problem.webhook-url-forbidden"))
    expect(address).to_have_value("ftp://shop.example/packshot")
    desk.faults[:] = [fault for fault in desk.faults if "status of 422" not in fault]  # Chromium logs the refusal


def test_a_key_for_the_shop_is_made_and_revoked_in_the_settings(desk: Desk, stack: RunningUp) -> None:
    desk.go("#/settings")
    keys = desk.page.get_by_role("region", name=desk.t("keys.title"), exact=True).first
    desk.button("keys.new", keys).click()
    form = desk.page.get_by_role("dialog")
    expect(form.get_by_label(desk.t("keys.tenant"), exact=True)).to_have_count(0)  # the operator's page alone names it
    form.get_by_label(desk.t("keys.name"), exact=True).fill("till")
    desk.button("keys.make", form).click()
    text = _secret(desk)
    assert _me(stack, text).json()["key"]["expires_at"] is not None
    row = keys.get_by_role("row", name="till")
    row.get_by_role("button", name=desk.t("keys.revokeOne", name="till")).click()
    desk.button("keys.revoke", desk.page.get_by_role("dialog")).click()
    expect(row.get_by_text(desk.t("keys.isRevoked"), exact=True)).to_be_visible()
    assert _me(stack, text).status_code == 401


def _secret(desk: Desk) -> str:
    """What is shown this once; the dialog is closed."""
    shown = desk.page.get_by_role("dialog").filter(has_text=desk.t("secret.once"))
    text = shown.locator("pre").inner_text()
    desk.button("close", shown).last.click()
    expect(shown).to_have_count(0)
    return text


def _endpoints(shop: Shop) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = shop.http.get("/v1/webhooks").raise_for_status().json()["items"]
    return items


def _me(stack: RunningUp, key: str) -> httpx.Response:
    return httpx.get(f"{stack.url}/v1/me", headers={"Authorization": f"Bearer {key}"})
