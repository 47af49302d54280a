"""The chain of operations: parameters from the schemas, the server's word on them while they are typed."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.desk import Desk, Shop


def test_a_chain_is_built_told_its_mistakes_at_once_mended_and_run(desk: Desk, shop: Shop, photos: Path) -> None:
    desk.go()
    desk.choose(photos / "mug.jpg")
    desk.page.get_by_role("radio", name=desk.t("recipe.own")).check()
    desk.add_step("resize")
    step = desk.page.locator("li.step").first
    run = desk.button("go.run", n=1)
    expect(step.locator(".error").first).to_contain_text("resize needs width, height or both")
    expect(run).to_be_disabled()
    step.locator("input[type=number]").first.fill("120")
    expect(step.locator(".error")).to_have_count(0)
    desk.add_step("relight")
    second = desk.page.locator("li.step").nth(1)
    desk.shoot("studio-chain")
    second.get_by_role("button", name=desk.t("chain.up", what=desk.t("op.relight"))).click()
    expect(desk.page.locator("li.step").first).to_contain_text(desk.t("op.relight"))
    expect(run).to_be_enabled()
    run.click()
    job = shop.ended(desk.job_id())
    assert [operation["op"] for operation in job["spec"]["operations"]] == ["relight", "resize"]
    assert job["outputs"][0]["width"] == 120
