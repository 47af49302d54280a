"""Before and after: the slider by mouse, finger and keys; both pictures always at the same place and scale."""

from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, expect

from tests.browser.desk import NEXT_FRAMES, Desk, Shop

CROP = {"op": "crop", "x": 20, "y": 30, "width": 100, "height": 90}


@pytest.fixture(scope="session")
def cropped(shop: Shop) -> dict[str, Any]:
    """A crop that is enlarged twice: other pixels and another frame than the photo's."""
    return shop.done({"operations": [CROP, {"op": "upscale", "factor": 2}]}, "mug.jpg")


def _opened(desk: Desk, job: dict[str, Any]) -> Locator:
    desk.go(f"#/job/{job['id']}")
    compare = desk.page.locator(".compare")
    expect(compare.locator("img")).to_have_count(2)
    return compare


def _boxes(compare: Locator) -> list[dict[str, float]]:
    """Where the pictures are, once all that was pressed is drawn."""
    compare.page.evaluate(NEXT_FRAMES)
    found = [image.bounding_box() for image in compare.locator("img").all()]
    return [box for box in found if box]


def test_the_slider_moves_by_keys_and_says_where_it_is(desk: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(desk, cropped)
    slider = compare.get_by_role("slider")
    slider.focus()
    for key, share in (("ArrowRight", 52), ("PageUp", 62), ("Home", 0), ("End", 100), ("ArrowLeft", 98)):
        desk.page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuenow", str(share))
    told = desk.t("compare.share", before="98%", after="2%")
    expect(slider).to_have_attribute("aria-valuetext", told)


def test_the_slider_follows_the_mouse(desk: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(desk, cropped)
    slider, room = compare.get_by_role("slider"), compare.locator(".compare-room").bounding_box()
    grip = compare.locator(".divider-grip").bounding_box()
    assert room
    assert grip
    desk.page.mouse.move(grip["x"] + 18, grip["y"] + 18)
    desk.page.mouse.down()
    desk.page.mouse.move(room["x"] + room["width"] / 4, grip["y"] + 18, steps=4)
    desk.page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "25")


def test_a_crop_lies_on_the_photo_where_it_was_cut_out(desk: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(desk, cropped)
    after, before = _boxes(compare)  # the photo's layer lies on top
    scale = before["width"] / 180  # the photo has 180 × 240 pixels
    assert after["width"] == pytest.approx(CROP["width"] * scale, abs=1)
    assert after["x"] - before["x"] == pytest.approx(CROP["x"] * scale, abs=1)
    assert after["y"] - before["y"] == pytest.approx(CROP["y"] * scale, abs=1)


def test_a_hundred_percent_shows_each_pixel_on_one_of_the_screen(phone: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(phone, cropped)
    phone.button("compare.actual", compare).click()
    expect(compare.locator("output")).to_have_text("100%")
    after = _boxes(compare)[0]
    assert after["width"] == pytest.approx(cropped["outputs"][0]["width"] / 2)  # two pixels of the device to one of CSS


def _touch(fingers: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_fingers_move_the_slider_and_pinch_the_picture(phone: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(phone, cropped)
    compare.scroll_into_view_if_needed()
    room, grip = compare.locator(".compare-room").bounding_box(), compare.locator(".divider-grip").bounding_box()
    assert room
    assert grip
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    fingers = phone.page.context.new_cdp_session(phone.page)
    _touch(fingers, "touchStart", (x, y))
    _touch(fingers, "touchMove", (room["x"] + room["width"] * 0.75, y))
    _touch(fingers, "touchEnd")
    expect(compare.get_by_role("slider")).to_have_attribute("aria-valuenow", "75")
    shown = int(compare.locator("output").inner_text().rstrip("%"))
    left, top = room["x"] + room["width"] * 0.3, room["y"] + room["height"] * 0.2
    _touch(fingers, "touchStart", (left - 10, top), (left + 10, top))
    _touch(fingers, "touchMove", (left - 40, top), (left + 40, top))
    _touch(fingers, "touchEnd")
    expect(compare.locator("output")).to_have_text(f"{shown * 4}%")


def test_side_by_side_both_pictures_zoom_and_move_as_one(desk: Desk, cropped: dict[str, Any]) -> None:
    compare = _opened(desk, cropped)
    compare.get_by_role("radio", name=desk.t("compare.mode.side")).check()
    expect(compare.locator(".pane")).to_have_count(2)
    compare.locator(".compare-room").focus()
    for key in ("1", "+", "+", "+", "+", "+", "+", "+", "+", "ArrowLeft"):
        desk.page.keyboard.press(key)
    before, after = _boxes(compare)
    left, right = [pane.bounding_box() for pane in compare.locator(".pane").all()]
    assert left
    assert right
    scale = after["width"] / CROP["width"]
    assert before["width"] / 180 == pytest.approx(scale, rel=0.01)
    assert (before["x"] - left["x"]) + CROP["x"] * scale == pytest.approx(after["x"] - right["x"], abs=1)


def test_the_wheel_zooms_where_the_pointer_is_once_the_picture_has_the_focus(
    desk: Desk, cropped: dict[str, Any]
) -> None:
    compare = _opened(desk, cropped)
    room = compare.locator(".compare-room")
    shown = compare.locator("output").inner_text()
    box = room.bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    desk.page.mouse.wheel(0, -200)
    expect(compare.locator("output")).to_have_text(shown)
    room.focus()
    box = room.bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    desk.page.mouse.wheel(0, -200)
    expect(compare.locator("output")).not_to_have_text(shown)


def test_the_worst_place_is_marked_and_zoomed_to(desk: Desk, listed: dict[str, Any]) -> None:
    desk.go(f"#/job/{listed['id']}")
    report = desk.page.locator(".report")
    report.locator("summary").click()
    row = report.get_by_role("row", name=desk.t("measure.worst_texture"))
    desk.button("report.show", row).click()
    expect(desk.page.locator(".mark", has_text=desk.t("measure.worst_texture"))).to_be_in_viewport()
    expect(desk.page.locator(".compare-room")).to_have_attribute("data-zoomed", "true")
    desk.shoot("job-marked")


def test_the_pictures_fill_the_screen_and_give_it_back(desk: Desk, listed: dict[str, Any]) -> None:
    desk.go(f"#/job/{listed['id']}")
    expect(desk.page.locator(".compare img").first).to_be_visible()
    fill = desk.page.get_by_role("button", name=desk.t("compare.fullscreen"))
    fill.click()
    desk.page.wait_for_function("() => document.fullscreenElement?.querySelector('.pane img')")
    fill.click()
    desk.page.wait_for_function("() => document.fullscreenElement === null")


def test_the_photo_as_it_was_is_graded_beside_the_channels_files(desk: Desk, shop: Shop) -> None:
    job = shop.done({"operations": "auto", "renditions": ["amazon-main"], "check": True}, "shoe.jpg")
    desk.go(f"#/job/{job['id']}")
    desk.page.get_by_role("tab", name=desk.t("rules.title")).click()
    grades = desk.page.locator(".rules")
    expect(grades).to_have_count(2)
    title = desk.t("rules.photo", title=desk.t("channel.amazon-main"))
    expect(grades.nth(1).get_by_role("heading")).to_contain_text(title)
    assert job["manifest"]["check"]["amazon-main"]["passed"] is False
    expect(grades.nth(1).get_by_role("heading")).to_contain_text(desk.t("rules.failed"))
