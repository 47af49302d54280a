"""A mask brushed on a photo: by mouse and by keys, of the photo's exact size as the worker sees it."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk, Shop


def _painting(desk: Desk, photo: Path) -> Locator:
    desk.go()
    desk.choose(photo)
    desk.page.get_by_role("radio", name=desk.t("recipe.own")).check()
    desk.add_step("inpaint")
    desk.button("chain.mask.paint").click()
    pane = desk.page.get_by_role("application", name=desk.t("mask.label"))
    expect(pane.locator("img")).to_be_visible()
    return pane


def _mask_of(desk: Desk, shop: Shop) -> tuple[dict[str, object], Image.Image]:
    """Run the job; its document, and the mask that it was given."""
    desk.button("go.run", n=1).click()
    job = shop.ended(desk.job_id())
    (inpaint,) = job["spec"]["operations"]
    data = shop.http.get(f"/v1/uploads/{inpaint['mask']}/content").raise_for_status().content
    return job, Image.open(io.BytesIO(data)).convert("L")


def test_what_is_brushed_over_is_filled(desk: Desk, shop: Shop, photos: Path) -> None:
    pane = _painting(desk, photos / "mug.jpg")
    box = pane.locator("img").bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=6)
    desk.page.mouse.up()
    desk.shoot("mask")
    desk.button("mask.done").click()
    job, mask = _mask_of(desk, shop)
    assert (job["state"], job["problem"]) == ("succeeded", None)
    assert mask.size == (180, 240)
    assert (mask.getpixel((90, 120)), mask.getpixel((90, 60))) == (255, 0)


@pytest.fixture
def turned(photos: Path, tmp_path: Path) -> Path:
    """A photo that its EXIF turns by a quarter, as phones write them."""
    with Image.open(photos / "shoe.jpg") as photo:
        exif = Image.Exif()
        exif[0x0112] = 6
        photo.save(tmp_path / "turned.jpg", exif=exif)
    return tmp_path / "turned.jpg"


def test_a_turned_photo_is_painted_upright_without_a_mouse(desk: Desk, shop: Shop, turned: Path) -> None:
    pane = _painting(desk, turned)
    pane.focus()
    for key in ("]", "r", "e", "e", "Shift+ArrowLeft", " ", *["ArrowRight"] * 8, *["ArrowDown"] * 8, " "):
        desk.page.keyboard.press(key)
    desk.page.keyboard.press("b")
    desk.page.keyboard.press(" ")
    desk.page.keyboard.press("z")
    expect(desk.button("mask.redo")).to_be_enabled()
    desk.button("mask.done").click()
    job, mask = _mask_of(desk, shop)
    assert job["state"] == "succeeded"
    output = job["outputs"]
    assert isinstance(output, list)
    assert mask.size == (output[0]["width"], output[0]["height"]) == (180, 240)
    assert mask.getbbox() is not None
    assert mask.getpixel((95, 130)) == 255
    assert mask.getpixel((60, 60)) == 0


def test_nothing_painted_and_too_much_painted_cannot_be_sent(desk: Desk, photos: Path) -> None:
    pane = _painting(desk, photos / "box.jpg")
    expect(desk.button("mask.done")).to_be_disabled()
    desk.page.get_by_role("radio", name=desk.t("mask.tool.box")).check()
    box = pane.locator("img").bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 1, box["y"] + 1)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] - 1, steps=3)
    desk.page.mouse.up()
    expect(desk.page.locator(".mask [role=status]")).to_have_class("error")
    expect(desk.button("mask.done")).to_be_disabled()
    pane.focus()
    desk.page.keyboard.press("Escape")  # closes no dialog in which something was painted
    desk.button("mask.undo").click()
    expect(desk.page.locator(".mask [role=status]")).to_have_text(desk.t("mask.nothing"))


def test_a_finger_paints_on_a_phone(phone: Desk, photos: Path) -> None:
    pane = _painting(phone, photos / "ring.jpg")
    box = pane.locator("img").bounding_box()
    assert box
    phone.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(phone.button("mask.done")).to_be_enabled()
    phone.does_not_scroll_sideways("mask")
    phone.shoot("mask")


def test_a_mask_is_dropped_with_a_word_when_another_photo_lies_there(desk: Desk, photos: Path) -> None:
    pane = _painting(desk, photos / "mug.jpg")
    expect(pane).to_be_focused()
    desk.page.keyboard.press(" ")
    desk.button("mask.done").click()
    chosen = desk.page.locator(".step .chosen")
    expect(chosen).to_be_visible()
    desk.button("photos.remove", name="mug.jpg").click()
    expect(desk.button("photos.choose")).to_be_focused()
    expect(chosen).to_be_visible()  # no photo, no other photo
    desk.page.set_input_files("#photo-files", photos / "box.jpg")
    expect(chosen).to_have_count(0)
    expect(desk.page.get_by_text(desk.t("chain.mask.dropped.other"))).to_be_visible()
