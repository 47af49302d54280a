"""The chain of operations: parameters from the schemas, the server's word on them while they are typed."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.desk import Desk, Shop


def test_a_chain_is_built_told_its_mistakes_mended_and_run(desk: Desk, shop: Shop, photos: Path) -> None:
    desk.go()
    desk.choose(photos / "mug.jpg")
    desk.page.get_by_role("radio", name=desk.t("recipe.own")).check()
    desk.add_step("resize")
    step = desk.page.locator("li.step").first
    run = desk.button("go.run", n=1)
    expect(step.locator(".step-title")).to_be_focused()
    expect(desk.page.get_by_text(desk.t("go.errors", n=1))).to_be_visible()
    expect(step.locator(".error")).to_have_count(0)  # nobody has done anything wrong yet
    run.click()
    expect(step.locator(".error").first).to_have_text(desk.t("fault.resize.none"))
    step.locator("input[type=number]").first.fill("99999")
    expect(step.locator(".error").first).to_contain_text("16,384 px")
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


def test_one_list_of_colours_becomes_one_picture_for_each(desk: Desk, shop: Shop, photos: Path) -> None:
    desk.go()
    desk.choose(photos / "mug.jpg")
    desk.page.get_by_role("radio", name=desk.t("recipe.own")).check()
    desk.add_step("recolor")
    step = desk.page.locator("li.step").first
    desk.button("chain.color", step).click()
    desk.button("chain.color", step).click()
    second = step.get_by_role("textbox", name=f"{desk.t('param.colors')} 2", exact=True)
    second.fill("green")
    second.press("Tab")
    desk.button("go.run", n=1).click()
    (recolor,) = shop.ended(desk.job_id())["spec"]["operations"]
    assert (recolor.get("color"), len(recolor["colors"]), recolor["colors"][1]) == (None, 3, "green")


def test_an_empty_table_asks_the_server_nothing(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    desk.go()
    with desk.page.expect_response("**/v1/presets"):
        desk.page.reload()
    for recipe in ("listing", "clean", "enlarge"):
        desk.page.get_by_role("radio", name=desk.t(f"recipe.{recipe}")).check()
    desk.page.wait_for_timeout(600)  # longer than a change waits before it is asked about
    assert asked == []
