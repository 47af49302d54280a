"""Language and theme: switched at once, kept, and spoken everywhere."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import Desk

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_console_speaks_chinese_and_remembers_it(desk: Desk, listed: dict[str, Any]) -> None:
    desk.go("#/settings")
    desk.page.get_by_role("radio", name="中文").check()
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    desk.page.reload()
    desk.go(f"#/job/{listed['id']}")
    expect(desk.page.get_by_role("tab", name="保真度")).to_be_visible()
    desk.page.get_by_role("tab", name="渠道规则").click()
    expect(desk.page.get_by_role("rowheader", name="文件格式")).to_be_visible()
    desk.shoot("job-chinese")
    for page in ("#/", "#/jobs", "#/generate", "#/catalogue", "#/operator", "#/settings"):
        desk.go(page)
        expect(desk.page.locator("h1")).to_contain_text(_CHINESE)


def test_the_theme_is_dark_when_asked_and_stays_so(desk: Desk) -> None:
    desk.go("#/settings")
    light = desk.page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    desk.page.get_by_role("radio", name=desk.t("theme.dark")).check()
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    desk.page.reload()
    dark = desk.page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
