"""The photos of the comparison with peers: sizes by their shares, the same from the same seed."""

import io
import re

import pytest
from PIL import Image

from benchmarks.peers.photos import broken_photo, mixed_photos, photo_of


def test_the_same_seed_makes_the_same_photos_and_another_others():
    once, again, other = mixed_photos(3, 5), mixed_photos(3, 5), mixed_photos(3, 6)
    assert [photo.data for photo in once] == [photo.data for photo in again]
    assert [photo.data for photo in once] != [photo.data for photo in other]


def test_every_kind_of_size_comes_in_its_share(monkeypatch):
    monkeypatch.setattr("benchmarks.peers.photos._scaled", lambda _path, megapixels, _draw: megapixels)
    sizes = mixed_photos(40, 1)
    counts = [sum(low <= size < high for size in sizes) for low, high in ((0.2, 0.6), (0.6, 2), (2, 5), (8, 12.01))]
    assert counts == [18, 14, 6, 2]


def test_a_photo_tells_its_own_size():
    photo = photo_of(0.1, 2)
    with Image.open(io.BytesIO(photo.data)) as opened:
        assert opened.size == (photo.width, photo.height)
    assert photo.megapixels == pytest.approx(0.1, rel=0.02)


def test_only_who_decodes_the_broken_photo_finds_out():
    with Image.open(io.BytesIO(broken_photo())) as opened:
        assert opened.width > 100
        with pytest.raises(OSError, match="truncated"):
            opened.load()


def test_real_photos_are_taken_as_they_are_and_again_where_they_are_few(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.jpg").write_bytes(photo_of(0.05).data)
    assert [photo.data for photo in mixed_photos(2, 1, tmp_path)] == [photo_of(0.05).data] * 2


def test_a_folder_without_photos_is_refused_by_its_name(tmp_path):
    with pytest.raises(ValueError, match=re.escape(str(tmp_path))):
        mixed_photos(2, 1, tmp_path)
