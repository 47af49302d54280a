"""Your data: kept for less time, packed into a file, and erased once its owner has typed the tenant's name."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import Desk, Shop
from tests.client.conftest import RunningUp

OWNER = ["jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage"]


@pytest.fixture
def owner(stack: RunningUp, shop: Shop) -> Iterator[httpx.Client]:
    """A tenant of its own, so that nothing of the others' goes."""
    made = shop.http.post("/v1/keys", json={"name": "owner", "tenant": "erasable", "scopes": OWNER}).raise_for_status()
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=60) as http:
        yield http


def test_what_is_held_is_kept_packed_and_erased(
    stranger: Desk, owner: httpx.Client, photos: Path, tmp_path: Path
) -> None:
    desk = stranger
    photo = (photos / "mug.jpg").read_bytes()
    owner.post("/v1/uploads", content=photo, headers={"Content-Type": "image/jpeg"}).raise_for_status()
    key = owner.headers["Authorization"].removeprefix("Bearer ")
    desk.page.add_init_script(f"sessionStorage.setItem('packshot.key', JSON.stringify({key!r}))")
    desk.go("#/settings")
    data = desk.page.get_by_role("region", name=desk.t("data.title"), exact=True)
    expect(data).to_contain_text(desk.t("data.held.of", jobs=0, photos=1, batches=0, size="").rstrip(" ,"))
    data.get_by_label(desk.t("data.retention_s"), exact=True).select_option("3600")
    expect(data.get_by_role("row").filter(has_text="upload.create")).to_be_visible()
    with desk.page.expect_download() as saved:
        desk.button("data.export", data).click()
    saved.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert [name for name in archive.namelist() if name.startswith("uploads/")]
    assert owner.get("/v1/tenant").json()["retention_s"] == 3600
    desk.shoot("data")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.does_not_scroll_sideways("a tenant's own data")
    desk.button("data.erase", data).click()
    form = desk.page.get_by_role("dialog")
    erase = desk.button("data.erase.yes", form)
    expect(erase).to_be_disabled()
    form.get_by_role("textbox").fill("erasable")
    unanswered = _fail_once(desk)
    erase.click()
    expect(data).to_contain_text(desk.t("data.erased"))
    assert unanswered == ["once"], "and asked again"
    assert len(desk.faults) == 1, "the browser's own word on that"
    assert "/v1/tenant/erasure/" in desk.faults.pop()
    assert list(owner.get("/v1/jobs").json()["items"]) == []


def _fail_once(desk: Desk) -> list[str]:
    """The first question after an erasure finds no network; returns how often that was so."""
    failed: list[str] = []

    def answer(route: Route) -> None:
        if failed:
            return route.fallback()
        failed.append("once")
        return route.abort()

    desk.page.route("**/v1/tenant/erasure/*", answer)
    return failed
