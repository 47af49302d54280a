from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.training.catalogue.errors import CatalogueRefusedError, UnfitError
from engine.training.catalogue.photos import LEAST_PX, find_photos, left_out, read_photo
from tests.engine.catalogue.products import drawn, save


def test_photos_are_found_by_category_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("shoes/b.png", "dress/z.jpg", "dress/a.JPEG", "dress/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert [source.name for source in find_photos(tmp_path)] == ["dress/a.JPEG", "dress/z.jpg", "shoes/b.png"]


@pytest.mark.parametrize("suffix", ["avif", "tif", "TIFF"])
def test_avif_and_tiff_are_read_too(suffix: str, tmp_path: Path) -> None:
    photo = drawn((200, 30, 40))
    save(tmp_path / "dress" / f"a.{suffix}", photo)
    (found,) = find_photos(tmp_path)
    assert np.abs(read_photo(found.path).astype(int) - photo).mean() < 2
    assert left_out(tmp_path) == []


def test_photos_without_a_category_are_counted(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(CatalogueRefusedError, match="holds 2 photos outside a category folder, and no other; needed"):
        find_photos(tmp_path)
    (tmp_path / "dress").mkdir()
    (tmp_path / "dress" / "3.jpg").write_bytes(b"")
    assert len(find_photos(tmp_path)) == 1
    assert left_out(tmp_path) == ["2 photos outside a category folder"]


def test_phones_photos_alone_are_refused_by_their_kind_and_number(tmp_path: Path) -> None:
    (tmp_path / "dress").mkdir()
    for number in range(3):
        (tmp_path / "dress" / f"{number}.heic").write_bytes(b"")
    with pytest.raises(
        CatalogueRefusedError, match=r"holds 3 photos of kinds that are not read \(\.heic\), and no other"
    ):
        find_photos(tmp_path)


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_photos_is_refused_with_the_layout_it_should_have(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "photos"
    if made:
        (folder / "dress").mkdir(parents=True)
    with pytest.raises(CatalogueRefusedError, match="FOLDER/<category>/<photo>"):
        find_photos(folder)


def test_a_photo_is_turned_upright_as_its_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    save(tmp_path / "a.png", drawn((200, 0, 0))[:200], exif=exif)
    assert read_photo(tmp_path / "a.png").shape == (240, 200, 3)


def test_what_is_clear_in_a_photo_is_white(tmp_path: Path) -> None:
    clear = np.dstack([drawn((200, 0, 0)), np.zeros((240, 240), np.uint8)])
    save(tmp_path / "a.webp", clear, lossless=True)
    assert (read_photo(tmp_path / "a.webp") == 255).all()


def test_a_broken_file_is_unfit_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    with pytest.raises(UnfitError) as unfit:
        read_photo(tmp_path / "a.jpg")
    assert unfit.value.reason == "unreadable"


def test_a_photo_of_too_few_pixels_is_unfit(tmp_path: Path) -> None:
    save(tmp_path / "a.png", drawn((0, 0, 0))[: LEAST_PX - 1])
    with pytest.raises(UnfitError, match=f"needed: {LEAST_PX} px") as unfit:
        read_photo(tmp_path / "a.png")
    assert unfit.value.reason == "too-small"
