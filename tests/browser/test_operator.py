"""The operator's page: the service as it is, a dead job brought back, keys made, rotated and revoked."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.desk import Damaged, Desk, Shop
from tests.client.conftest import RunningUp


@pytest.fixture
def given_up(shop: Shop, damaged: Damaged) -> str:
    """A job that was given up; its photo is whole again for the next attempt."""
    job = shop.ended(_attempt(shop, damaged))
    assert (job["state"], job["attempt"]) == ("failed", 3)
    damaged.mend()
    return str(job["id"])


def _attempt(shop: Shop, photo: Damaged) -> str:
    return shop.submit({"input": {"upload": photo.upload}, "operations": [{"op": "relight"}]})


def test_a_dead_job_is_seen_and_brought_back(desk: Desk, shop: Shop, given_up: str) -> None:
    desk.go("#/operator")
    row = desk.page.locator(f"tr[data-job='{given_up}']", has=desk.page.get_by_role("button"))
    expect(row).to_be_visible()
    desk.shoot("operator-dead")
    row.get_by_role("button", name=desk.t("operator.requeueOne", id=given_up)).click()
    expect(row).to_have_count(0)
    assert desk.page.evaluate("document.activeElement !== document.body")
    assert shop.ended(given_up)["state"] == "succeeded"


def test_dead_jobs_are_removed_or_all_tried_again(desk: Desk, shop: Shop, damaged: Damaged) -> None:
    dropped, *others = [shop.ended(job)["id"] for job in [_attempt(shop, damaged) for _ in range(3)]]
    damaged.mend()
    desk.go("#/operator")
    dead = desk.page.get_by_role("region", name=desk.t("operator.dead"), exact=True).last
    dead.get_by_role("button", name=desk.t("operator.removeOne", id=dropped)).click()
    desk.button("operator.remove", desk.page.get_by_role("dialog")).click()
    expect(dead.locator(f"tr[data-job='{dropped}']")).to_have_count(0)
    desk.button("operator.requeueAll").click()
    desk.button("operator.requeueAll", desk.page.get_by_role("dialog")).click()
    expect(desk.page.get_by_text(desk.t("operator.noDead"))).to_be_visible()
    assert {shop.ended(job)["state"] for job in others} == {"succeeded"}
    assert shop.job(dropped)["state"] == "failed"


def test_queues_workers_and_times_are_told(desk: Desk, listed: dict[str, Any]) -> None:
    desk.go("#/operator")
    tiles = desk.page.locator(".tile")
    expect(tiles).to_have_count(6)
    expect(desk.page.locator("[data-tile=pending] .tile-value")).to_have_text(re.compile(r"^\d+$"))
    worker = desk.page.locator("table.workers tbody tr")
    expect(worker).to_have_count(1)
    expect(worker).to_contain_text("onnxruntime")
    expect(desk.page.get_by_role("row", name=desk.t("operator.total_s"))).to_contain_text("s")


def test_a_key_is_made_used_rotated_and_revoked(desk: Desk, stack: RunningUp) -> None:
    desk.go("#/operator")
    desk.button("keys.new").click()
    form = desk.page.get_by_role("dialog")
    form.get_by_label(desk.t("keys.name"), exact=True).fill("shop floor")
    desk.button("keys.make", form).click()
    shown = desk.page.get_by_role("dialog", name=desk.t("keys.made"))
    text = shown.locator("pre").inner_text()
    assert (
        httpx.get(f"{stack.url}/v1/me", headers={"Authorization": f"Bearer {text}"}).json()["key"]["name"]
        == "shop floor"
    )
    shown.get_by_role("button", name=desk.t("close")).last.click()
    row = desk.page.locator("table.keys tr", has_text="shop floor")
    row.get_by_role("button", name=desk.t("keys.rotateOne", name="shop floor")).click()
    desk.button("keys.rotate", desk.page.get_by_role("dialog")).click()
    expect(shown.locator("pre")).not_to_have_text(text)
    second = shown.locator("pre").inner_text()
    shown.get_by_role("button", name=desk.t("close")).last.click()
    expect(row).to_have_count(2)
    row.filter(has_text=second[4:20]).get_by_role("button", name=desk.t("keys.revokeOne", name="shop floor")).click()
    desk.button("keys.revoke", desk.page.get_by_role("dialog")).click()
    expect(row.get_by_text(desk.t("keys.isRevoked"), exact=True)).to_be_visible()
    assert httpx.get(f"{stack.url}/v1/me", headers={"Authorization": f"Bearer {second}"}).status_code == 401


def test_a_key_without_the_scope_is_told_what_it_lacks(desk: Desk, stack: RunningUp, shop: Shop) -> None:
    made = shop.http.post("/v1/keys", json={"name": "clerk", "scopes": ["jobs:read"]}).raise_for_status().json()
    desk.page.goto(f"{stack.url}/console#key={made['key']}")
    expect(desk.page.locator("h1")).to_be_visible()
    desk.go("#/operator")
    expect(desk.page.get_by_text(desk.t("operator.needs"))).to_be_visible()


def test_a_plan_follows_what_is_asked_and_its_address_keeps_it(desk: Desk) -> None:
    desk.go("#/capacity?photos_per_day=10000000&cpu_price=0.04")
    expect(desk.page.locator("[data-line=redis_busy] .tile-value")).to_contain_text("%")
    expect(desk.page.locator("[data-line=gpu_per_1000] .tile-value")).to_have_text("not measured")
    many = desk.page.locator("[data-line=workers] .tile-value")
    before = many.inner_text()
    desk.page.get_by_label(desk.t("capacity.ask.photos_per_day"), exact=True).fill("1000")
    expect(many).not_to_have_text(before)
    assert "photos_per_day=1000&" in desk.page.url
    desk.page.get_by_label(desk.t("capacity.ask.mix"), exact=True).fill("polish:1")
    expect(desk.page.locator(".field.wrong")).to_contain_text("'polish'")
    assert all("422" in fault for fault in desk.faults)  # what the server says of that mix, and the page shows
    desk.faults.clear()
    desk.shoot("operator-capacity")
