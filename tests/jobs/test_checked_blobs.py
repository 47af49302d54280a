"""Blobs whose bytes changed since they were stored: nobody is given one as if it were whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.blobs import STREAM_CHUNK_BYTES, BlobStore
from jobs.checked_blobs import HELD_BYTES, CheckedBlobs, Recorded
from jobs.errors import BlobDamaged, BlobNotFound

PATH = "results/shop/job/token/0.jpg"
SIZES = [0, 1, HELD_BYTES - 1, HELD_BYTES, HELD_BYTES + 1, 2 * HELD_BYTES, 5 * STREAM_CHUNK_BYTES + 77]
LARGE = 5 * STREAM_CHUNK_BYTES + 77


class Kept:
    """A store with one blob, and what its reader told of it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.data = bytes(at * 31 % 251 for at in range(1000)) * (size // 1000 + 1)
        self.data = self.data[:size]
        self.blobs = BlobStore.from_url(folder.as_uri(), synced=False)
        self.blobs.put(PATH, self.data)
        self.told: list[Recorded] = []
        self.blob = Recorded(PATH, size, hashlib.sha256(self.data).hexdigest())
        self.checked = CheckedBlobs(self.blobs, self.told.append)

    def flip(self, at: int) -> None:
        """One bit, as a disk may do it."""
        damaged = bytearray(self.data)
        damaged[at] ^= 4
        self.blobs.put(PATH, bytes(damaged))

    def stream(self, *, ahead: bool = False) -> Iterator[bytes]:
        return self.checked.stream(self.blob, ahead=ahead)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_a_whole_blob_comes_whole(tmp_path: Path, size: int, ahead: bool):
    kept = Kept(tmp_path, size)
    assert b"".join(kept.stream(ahead=ahead)) == kept.data
    assert kept.told == []


@pytest.mark.parametrize("at", [0, -1])
@pytest.mark.parametrize("size", SIZES[1:])
def test_of_a_damaged_one_no_reader_has_all_bytes(tmp_path: Path, size: int, at: int):
    kept = Kept(tmp_path, size)
    kept.flip(at)
    got: list[bytes] = []
    with pytest.raises(BlobDamaged, match=PATH):
        got.extend(kept.stream())
    assert len(b"".join(got)) < size
    assert kept.told == [kept.blob]


@pytest.mark.parametrize("size", [HELD_BYTES, LARGE])
def test_a_small_one_and_one_that_is_looked_through_ahead_give_no_byte(tmp_path: Path, size: int):
    kept = Kept(tmp_path, size)
    kept.flip(size // 2)
    with pytest.raises(BlobDamaged):
        kept.stream(ahead=size > HELD_BYTES)


def test_what_was_met_damaged_gives_no_byte_the_next_time_and_all_once_it_is_mended(tmp_path: Path):
    kept = Kept(tmp_path, LARGE)
    kept.flip(LARGE // 2)
    with pytest.raises(BlobDamaged):
        list(kept.stream())
    with pytest.raises(BlobDamaged):
        kept.stream()
    kept.blobs.put(PATH, kept.data)
    assert b"".join(kept.stream()) == kept.data
    assert kept.told == [kept.blob] * 2


def test_what_was_read_wrong_once_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cable, or a cache on the way, and not the disk."""
    kept = Kept(tmp_path, 1000)
    reads = [[b"\0" * 1000], [kept.data]]
    monkeypatch.setattr(kept.blobs, "stream", lambda _path, _size: iter(reads.pop(0)))
    assert b"".join(kept.stream()) == kept.data
    assert kept.told == []


def test_one_that_is_gone_or_cut_short_is_told_as_before(tmp_path: Path):
    kept = Kept(tmp_path, LARGE)
    kept.blobs.put(PATH, kept.data[:-1])
    with pytest.raises(BlobNotFound):
        kept.stream()
    kept.blobs.delete(PATH)
    with pytest.raises(BlobNotFound):
        kept.stream(ahead=True)
    assert kept.told == []
