"""Contact sheets: pages, places, and what happens where a photo cannot be shown."""

import re
import sys
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw, ImageFont

from packshot.generation import Generation, MadePicture
from packshot.outcomes import Outcome
from packshot.parts import Part
from packshot.photos import Task
from packshot.runs import Order
from packshot.sheet import SheetError, lettering, require_pillow
from packshot.sheet.details import detail_pair, liveliest_box
from packshot.sheet.files import save_page
from packshot.sheet.gallery import draw_gallery
from packshot.sheet.lettering import Ink, fit, width
from packshot.sheet.photographs import open_photo
from packshot.sheet.run_sheet import draw_run

INK = Ink(20, (0, 0, 0))


def outcome(folder, name: str, before=(48, 64), after=(96, 128)) -> Outcome:
    photo, picture = folder / f"{name}.png", folder / f"{name}-after.png"
    Image.new("RGB", before, (90, 60, 30)).save(photo)
    Image.new("RGB", after, (180, 120, 60)).save(picture)
    return Outcome(Task(photo, name), 1.5, "job_1", (picture,), None, before, (after,))


def order(folder, *operations: str) -> Order:
    return Order([{"op": name} for name in operations or ("upscale",)], folder)


def test_few_photos_are_one_page_with_before_and_after_side_by_side(tmp_path):
    (path,) = draw_run([outcome(tmp_path, "mug")], order(tmp_path))
    assert path == tmp_path / "sheet.jpg"
    with Image.open(path) as page:
        tile_y = page.height // 2
        left, right = page.getpixel((56 + 220, tile_y)), page.getpixel((56 + 450 + 220, tile_y))
    assert all(abs(a - b) < 8 for a, b in zip(left, (90, 60, 30), strict=True))
    assert all(abs(a - b) < 8 for a, b in zip(right, (180, 120, 60), strict=True))


def test_many_photos_are_several_pages_and_earlier_ones_go(tmp_path):
    for name in ("sheet", "sheet-9"):
        save_page(Image.new("RGB", (9, 9)), tmp_path / f"{name}.jpg")
    outcomes = [outcome(tmp_path, f"p{number:02d}") for number in range(45)]
    pages = draw_run(outcomes, order(tmp_path))
    assert [page.name for page in pages] == ["sheet-1.jpg", "sheet-2.jpg", "sheet-3.jpg"]
    assert sorted(tmp_path.glob("sheet*")) == pages
    assert all(page.stat().st_size < 4_000_000 for page in pages)


@pytest.mark.parametrize("number", [1, 20])
def test_a_photo_that_is_called_a_sheet_keeps_its_place(tmp_path, number):
    own = [tmp_path / name for name in ("sheet.jpg", "sheet-1.jpg", "sheet-1-front.jpg")]
    for path in own:
        Image.new("RGB", (9, 9), (200, 30, 30)).save(path, comment="mine")
    (tmp_path / "sheet-2.jpg").write_text("no picture")
    before = {path: path.read_bytes() for path in tmp_path.glob("sheet*")}
    outcomes = [outcome(tmp_path, f"p{one:02d}") for one in range(number)]
    for _ in range(2):
        pages = draw_run(outcomes, order(tmp_path))
        assert sorted(tmp_path.glob("contact-sheet*")) == pages
    assert before == {path: path.read_bytes() for path in tmp_path.glob("sheet*")}


def test_failed_photos_are_left_out_and_no_success_is_no_sheet(tmp_path):
    failed = Outcome(Task(tmp_path / "x.jpg", "x"), 0.1, error=OSError("unreadable"))
    assert draw_run([failed], order(tmp_path)) == []
    assert len(draw_run([failed, outcome(tmp_path, "mug")], order(tmp_path))) == 1


def test_the_detail_is_taken_where_the_picture_is_lively():
    picture = Image.new("L", (800, 600), 128)
    draw = ImageDraw.Draw(picture)
    for x in range(300, 380, 6):
        draw.line((x, 200, x, 280), 255, 2)
    left, top, right, bottom = liveliest_box(picture, (200, 150))
    assert (right - left, bottom - top) == (200, 150)
    assert left <= 300
    assert right >= 380
    assert top <= 200
    assert bottom >= 280


def test_the_details_show_the_same_place_at_the_same_size():
    before = Image.radial_gradient("L").convert("RGB").resize((100, 80))
    after = before.resize((200, 160), Image.Resampling.BICUBIC)
    shown = detail_pair(before, after, (60, 50), frozenset({"upscale"}))
    assert shown is not None
    assert shown[0].size == shown[1].size == (60, 50)
    assert abs(shown[0].convert("L").getpixel((30, 25)) - shown[1].convert("L").getpixel((30, 25))) <= 6


@pytest.mark.parametrize(
    ("after_px", "operation"),
    [((200, 160), "crop"), ((200, 160), "rotate"), ((200, 200), "resize"), ((40, 32), "resize")],
)
def test_pictures_that_do_not_match_in_place_have_no_details(after_px, operation):
    before, after = Image.new("RGB", (100, 80)), Image.new("RGB", after_px)
    assert detail_pair(before, after, (60, 50), frozenset({operation})) is None


def test_a_turned_photo_is_shown_upright_and_transparency_on_paper(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), (9, 9, 9)).save(tmp_path / "turned.jpg", exif=exif)
    assert open_photo(tmp_path / "turned.jpg").size == (20, 40)
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert open_photo(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def test_a_broken_photo_is_a_sheet_error_that_names_it(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(SheetError, match=r"broken\.jpg"):
        open_photo(tmp_path / "broken.jpg")


def test_a_photo_that_cannot_be_shown_does_not_spoil_the_sheet(tmp_path):
    shown, hidden = outcome(tmp_path, "mug"), outcome(tmp_path, "phone")
    hidden.task.photo.write_bytes(b"not for this Pillow")
    (path,) = draw_run([hidden, shown], order(tmp_path))
    with Image.open(path) as page:
        assert page.height > 1200


def test_long_names_keep_their_start_and_end():
    name = "a-very-long-name-of-a-product-photo-0123456789.jpg"
    short = fit(name, INK, 200)
    assert width(short, INK) <= 200
    assert short.startswith("a-very")
    assert short.endswith(".jpg")


@pytest.fixture
def typefaces(monkeypatch):
    """Sets which typefaces the machine has, none if not told otherwise."""

    def set_to(*names: str) -> None:
        monkeypatch.setattr(lettering, "EAST_ASIAN", names)
        lettering._east_asian.cache_clear()

    set_to()
    yield set_to
    lettering._east_asian.cache_clear()


@pytest.mark.usefixtures("typefaces")
def test_letters_that_no_typeface_has_are_written_as_their_numbers():
    assert width("红裙-0.jpg", INK) == width("\\u7ea2\\u88d9-0.jpg", INK)
    assert re.fullmatch(r"红\w+…-0\.jpg", fit("红色连衣裙-0.jpg", INK, 240))


def test_east_asian_letters_are_written_where_the_machine_has_a_typeface(typefaces, tmp_path):
    (tmp_path / "letters.ttf").write_bytes(ImageFont.load_default(20).font_bytes)
    typefaces("none-such.ttf", str(tmp_path / "letters.ttf"))
    assert width("红裙", INK) == ImageFont.load_default(20).getlength("红裙")


def test_a_missing_pillow_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SheetError, match=r"packshot\[sheet\]"):
        require_pillow()


def made(folder, name: str, number: int, part: Part | None = None, photo=None) -> Outcome:
    pictures = tuple(folder / f"{name}-{index}.png" for index in range(number))
    for index, picture in enumerate(pictures):
        Image.new("RGB", (64, 64), (200, index, 90)).save(picture)
    known = tuple(MadePicture(index, 0.5, faults=("sharpness: 0.1",) * (index == 1)) for index in range(number))
    told = Generation("generate", 1, (), (), known, 2 * number, {})
    return Outcome(Task(photo, name, part), 1.0, "job_1", pictures, generation=told)


def test_a_gallery_has_a_tile_for_each_picture(tmp_path):
    (path,) = draw_gallery([made(tmp_path, "hat", 12)], "hats", tmp_path)
    with Image.open(path) as page:
        first, last = page.getpixel((48 + 100, 114 + 100)), page.getpixel((48 + 3 * 238 + 100, 114 + 284 + 100))
        after_it = page.getpixel((48 + 4 * 238 + 100, 114 + 284 + 100))
    assert all(abs(a - b) < 8 for a, b in zip(first, (200, 0, 90), strict=True))
    assert all(abs(a - b) < 8 for a, b in zip(last, (200, 11, 90), strict=True))
    assert min(after_it) > 247


def test_a_gallery_of_many_is_several_pages_in_the_order_of_the_numbers(tmp_path):
    rest, first = made(tmp_path, "hat", 40, Part(40, 64)), made(tmp_path, "hat", 64, Part(64))
    assert [path.name for path in draw_gallery([rest, first], "hats", tmp_path)] == ["sheet-1.jpg", "sheet-2.jpg"]


def test_the_photo_stands_before_its_variations(tmp_path):
    Image.new("RGB", (64, 64), (10, 200, 10)).save(tmp_path / "mug.png")
    (path,) = draw_gallery([made(tmp_path, "mug-made", 2, Part(2), tmp_path / "mug.png")], "mugs", tmp_path)
    with Image.open(path) as page:
        assert page.getpixel((48 + 100, 114 + 100))[1] > 180


def test_a_gallery_of_nothing_is_no_file(tmp_path):
    failed = Outcome(Task(None, "x"), 0.1, error=OSError("gone"))
    assert draw_gallery([failed], "none", tmp_path) == []


def test_each_card_tells_the_size_of_its_own_picture(tmp_path, monkeypatch):
    one = outcome(tmp_path, "mug")
    files = replace(one, pictures=2 * one.pictures, sizes=((96, 128), (32, 43)))
    drawn = []
    monkeypatch.setattr("packshot.sheet.run_sheet.draw_pages", lambda *told: drawn.append(told[:2]))
    draw_run([files], Order([], tmp_path, spec={"renditions": ["ebay", "etsy"]}))
    ((entries, title),) = drawn
    assert [entry.after_px for entry in entries] == [(96, 128), (32, 43)]
    assert title == "Packshot   ·   ebay, etsy   ·   1 photo"


def test_each_picture_of_a_photo_is_a_card_of_its_own_and_has_no_details(tmp_path):
    one = outcome(tmp_path, "mug")
    several = replace(one, pictures=2 * one.pictures, sizes=2 * one.sizes)
    (single,) = draw_run([one], order(tmp_path, "variations"))
    with Image.open(single) as page:
        height = page.height
    (double,) = draw_run([several], order(tmp_path, "variations"))
    with Image.open(double) as page:
        assert page.height > height * 1.5
