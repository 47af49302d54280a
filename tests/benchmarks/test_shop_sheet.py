import numpy as np
import pytest
from PIL import Image

from benchmarks.shop_sheet import LARGEST_PAGE_BYTES, Pair, choose_photos, draw_pages, encode_page, lay_on


@pytest.fixture
def data(tmp_path):
    for name, count in (("hat", 3), ("shoes", 50)):
        folder = tmp_path / "clothing" / "photos" / "test" / name
        folder.mkdir(parents=True)
        for index in range(count):
            (folder / f"{index:02}.jpg").touch()
    return tmp_path


def test_as_many_photos_are_chosen_of_each_class(data):
    chosen = choose_photos(data, 5)
    assert [path.parent.name for path in chosen] == ["hat"] * 3 + ["shoes"] * 2
    assert [path.stem for path in chosen] == ["00", "01", "02", "12", "37"]


def test_without_photos_it_says_where_it_looked(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        choose_photos(tmp_path, 40)


def test_pages_hold_ten_pairs_and_stay_small(data):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 200, 3), dtype=np.uint8))
    clear = Image.new("RGBA", (100, 50), (255, 0, 0, 0))
    pages = draw_pages([Pair(noise, noise.convert("RGBA"))] * 10 + [Pair(noise, clear), Pair(noise, "failed")], "white")
    assert len(pages) == 2
    assert pages[1].getpixel((4 + 196 + 98, 4 + 131)) == (255, 255, 255)
    assert len(encode_page(pages[1])) < LARGEST_PAGE_BYTES


def test_what_is_clear_shows_the_ground():
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (10, 20, 30, 255))
    laid = lay_on(picture, "#ff00ff")
    assert [laid.getpixel((0, 0)), laid.getpixel((1, 0))] == [(255, 0, 255), (10, 20, 30)]
