from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.generation.cutouts import Cutout
from engine.images import Image as Pixels
from engine.training.catalogue.build import Build, Progress, Tools
from engine.training.catalogue.errors import CatalogueRefusedError, UnfitError
from engine.training.catalogue.photos import find_photos
from engine.training.catalogue.records import Records, read_records
from engine.training.catalogue.report import write_report
from tests.engine.catalogue.products import FloorCutter, NoFaces, drawn, save

SIZE_PX = 64


class StopsAfter(FloorCutter):
    """Dies at a photo, as a kill would have it."""

    def __init__(self, photos: int) -> None:
        super().__init__()
        self._photos = photos

    def cut(self, photo: Pixels) -> Cutout:
        if self.asked == self._photos:
            raise KeyboardInterrupt
        return super().cut(photo)


class FacesInTallPhotos:
    def require_none(self, photo: Pixels) -> None:
        if photo.shape[0] > photo.shape[1]:
            raise UnfitError("face", "at 1, 2")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two dresses (one of them twice), a shoe, an empty floor, a broken file and a photo with a face."""
    folder = tmp_path / "photos"
    exif = Image.Exif()
    exif[0x010F] = "Camera of Mrs Example"
    save(folder / "dress" / "a.jpg", drawn((200, 30, 40)), exif=exif, quality=95)
    save(folder / "dress" / "b.jpg", drawn((200, 30, 40)), quality=85)
    save(folder / "dress" / "c.png", drawn((30, 60, 190), width=100))
    save(folder / "dress" / "floor.png", np.full((200, 200, 3), (120, 121, 122), np.uint8))
    save(folder / "shoes" / "d.webp", drawn((20, 20, 22), height=70, width=150))
    save(folder / "shoes" / "person.png", drawn((230, 200, 40), photo_px=240)[:, 40:200])
    (folder / "shoes" / "x.jpg").write_bytes(b"not a photo")
    return folder


def _build(photos: Path, out: Path, cutter: FloorCutter, size_px: int = SIZE_PX) -> Records:
    build = Build(out, size_px, Tools(cutter, FacesInTallPhotos(), ("floor-1",)))
    build.run(find_photos(photos), [].append)
    return build.records


def test_every_photo_is_kept_or_dropped_with_its_reason(photos: Path, tmp_path: Path) -> None:
    records = _build(photos, tmp_path / "out", FloorCutter())
    assert [item.source for item in records.items] == ["dress/a.jpg", "dress/c.png", "shoes/d.webp"]
    assert {dropped.source: dropped.reason for dropped in records.dropped} == {
        "dress/b.jpg": "duplicate",
        "dress/floor.png": "no-product",
        "shoes/person.png": "face",
        "shoes/x.jpg": "unreadable",
    }


def test_a_line_says_what_its_picture_shows(photos: Path, tmp_path: Path) -> None:
    _build(photos, tmp_path / "out", FloorCutter())
    line = json.loads((tmp_path / "out" / "items.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert line["file"] == "pictures/dress/0001.png"
    assert (line["category"], line["pattern"], line["confidence"]) == ("dress", "plain", 0.98)
    assert line["aspect"] == pytest.approx(2.0, abs=0.05)
    assert line["colors"][0]["name"] == "red"
    assert line["colors"][0]["share"] > 0.9
    with Image.open(tmp_path / "out" / line["file"]) as picture:
        assert (picture.size, picture.mode) == ((SIZE_PX, SIZE_PX), "RGB")


def test_nothing_of_a_photos_exif_goes_into_the_data_set(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_report(out, photos, _build(photos, out, FloorCutter()))
    assert not [path for path in out.rglob("*") if path.is_file() and b"Mrs Example" in path.read_bytes()]
    with Image.open(out / "pictures" / "dress" / "0001.png") as picture:
        assert (dict(picture.getexif()), picture.info) == ({}, {})


def test_a_killed_build_goes_on_where_it_was_and_gives_the_same_data_set(photos: Path, tmp_path: Path) -> None:
    whole = _build(photos, tmp_path / "whole", FloorCutter())
    with pytest.raises(KeyboardInterrupt):
        _build(photos, tmp_path / "out", StopsAfter(3))
    with (tmp_path / "out" / "items.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"file": "pictures/dre')  # what a kill in the midst of a line leaves
    rest = FloorCutter()
    again = _build(photos, tmp_path / "out", rest)
    assert rest.asked == 3
    assert again == whole == read_records(tmp_path / "out")
    for item in whole.items:
        assert (tmp_path / "out" / item.file).read_bytes() == (tmp_path / "whole" / item.file).read_bytes()


def test_names_that_are_not_utf_8_are_left_out_and_told_escaped(photos: Path, tmp_path: Path) -> None:
    for name in (b"dress/caf\xe9.png", b"\xc4\xe3/e.png"):
        save(Path(os.fsdecode(os.fsencode(photos) + b"/" + name)), drawn((240, 200, 60), width=60))
    for _ in range(2):
        records = _build(photos, tmp_path / "out", FloorCutter())
        told = [line for line in records.dropped if "\\x" in line.source]
        assert [line.source for line in told] == [r"dress/caf\xe9.png", r"\xc4\xe3/e.png"]
        assert {line.reason for line in told} == {"unreadable"}
    assert r"dress/caf\xe9.png" in write_report(tmp_path / "out", photos, records).read_text(encoding="utf-8")


def test_a_broken_photo_is_told_though_its_catalogues_folder_is_not_utf_8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    (folder / "rings").mkdir(parents=True)
    (folder / "rings" / "x.jpg").write_bytes(b"not a photo")
    (dropped,) = _build(folder, tmp_path / "out", FloorCutter()).dropped
    assert dropped.source == "rings/x.jpg"


def test_a_finished_build_asks_nothing_again(photos: Path, tmp_path: Path) -> None:
    first = _build(photos, tmp_path / "out", FloorCutter())
    cutter = FloorCutter()
    assert _build(photos, tmp_path / "out", cutter) == first
    assert cutter.asked == 0


def test_photos_added_later_join_the_data_set(photos: Path, tmp_path: Path) -> None:
    _build(photos, tmp_path / "out", FloorCutter())
    save(photos / "dress" / "0.png", drawn((240, 200, 60), width=60))
    records = _build(photos, tmp_path / "out", FloorCutter())
    assert records.items[-1].file == "pictures/dress/0003.png"


def test_progress_counts_every_photo(photos: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    build = Build(tmp_path / "out", SIZE_PX, Tools(FloorCutter(), NoFaces(), ("floor-1",)))
    build.run(find_photos(photos), told.append)
    assert [progress.done for progress in told] == list(range(1, 8))
    assert told[-1] == Progress(done=7, total=7, kept=4)


def test_a_data_set_of_another_size_is_not_mixed_with(photos: Path, tmp_path: Path) -> None:
    _build(photos, tmp_path / "out", FloorCutter())
    with pytest.raises(CatalogueRefusedError, match=r"'size_px': 64.*'size_px': 96.*choose another --out"):
        _build(photos, tmp_path / "out", FloorCutter(), size_px=96)


@pytest.mark.parametrize("size_px", [0, 31, 1025])
def test_a_size_out_of_range_is_refused(tmp_path: Path, size_px: int) -> None:
    with pytest.raises(CatalogueRefusedError, match=f"32 to 1024 px; received {size_px}"):
        Build(tmp_path / "out", size_px, Tools(FloorCutter(), NoFaces(), ()))
    assert not (tmp_path / "out").exists()


def test_a_broken_line_is_named(photos: Path, tmp_path: Path) -> None:
    _build(photos, tmp_path / "out", FloorCutter())
    with (tmp_path / "out" / "items.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(CatalogueRefusedError, match=r"items\.jsonl, line 4"):
        read_records(tmp_path / "out")


def test_the_report_holds_its_pictures_and_shows_no_face(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    page = write_report(out, photos, _build(photos, out, FloorCutter())).read_text(encoding="utf-8")
    assert "3 pictures kept of 7 photos" in page
    assert page.count("<img ") == 3 + 2  # the kept ones, the duplicate and the empty floor
    assert "src='http" not in page
    assert "shoes/person.png" in page


def test_the_report_escapes_names(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "<b>x" / "a.png", drawn((200, 30, 40)))
    records = _build(tmp_path / "photos", tmp_path / "out", FloorCutter())
    page = write_report(tmp_path / "out", tmp_path / "photos", records).read_text(encoding="utf-8")
    assert "<b>x" not in page
