"""What a put waits for: seen at ``os.fsync``, as no test can cut the power (`make bench ONLY=durability` does)."""

import errno
import os
from pathlib import Path

import pytest

from jobs.blobs import BlobStore
from jobs.errors import BlobError
from jobs.synced_files import file_system


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int]]:
    """The files and folders that were brought onto the disk, with their sizes at that moment."""
    seen: list[tuple[Path, int]] = []
    sync = os.fsync

    def note(number: int) -> None:
        path = Path(f"/proc/self/fd/{number}").readlink()
        seen.append((path, path.stat().st_size))
        sync(number)

    monkeypatch.setattr("os.fsync", note)
    return seen


@pytest.mark.parametrize("way", ["put", "put_file", "put_chunks"])
@pytest.mark.parametrize("kind", ["nfs", "ext4"])
def test_a_stored_blob_lies_on_the_disk_with_all_folders_that_lead_to_it(
    tmp_path: Path, synced, way: str, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.blobs.file_system", lambda _: kind)
    blobs = BlobStore.from_url((tmp_path / "blobs").as_uri())
    (tmp_path / "source").write_bytes(b"photo")
    content = {"put": b"photo", "put_file": tmp_path / "source", "put_chunks": iter([b"pho", b"to"])}[way]
    getattr(blobs, way)("results/t/job/token/0.webp", content)
    root = tmp_path / "blobs"
    folders = ["results/t/job/token", "results/t/job", "results/t", "results", "."]
    assert synced[0] == (root / "results/t/job/token/0.webp", 5), "whole, and under its own name"
    named = [] if kind == "ext4" else [root / folder for folder in folders]  # there the file's sync is enough
    assert [path for path, _ in synced[1:]] == named


def test_nothing_is_waited_for_at_the_level_fast(tmp_path: Path, synced):
    BlobStore.from_url(tmp_path.as_uri(), synced=False).put("a/b", b"photo")
    assert (synced, (tmp_path / "a/b").read_bytes()) == ([], b"photo")


def test_a_disk_that_does_not_take_a_blob_fails_the_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(BlobError, match=r"a/b: .*Input/output error"):
        BlobStore.from_url(tmp_path.as_uri()).put("a/b", b"photo")


def test_a_file_system_that_cannot_sync_folders_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def files_alone(number: int) -> None:
        if Path(f"/proc/self/fd/{number}").readlink().is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("os.fsync", files_alone)
    monkeypatch.setattr("jobs.blobs.file_system", lambda _: "")
    blobs = BlobStore.from_url(tmp_path.as_uri())
    blobs.put("a/b", b"photo")
    assert blobs.size("a/b") == 5


def test_a_blob_that_is_deleted_while_it_is_stored_is_nobodys_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs = BlobStore.from_url(tmp_path.as_uri())
    keep = os.open

    def erased_first(path: Path, *how: int) -> int:
        blobs.delete_prefix("a/")
        return keep(path, *how)

    monkeypatch.setattr("os.open", erased_first)
    blobs.put("a/b/c", b"photo")
    monkeypatch.undo()
    assert not blobs.exists("a/b/c")


def test_the_file_system_of_a_folder_is_the_nearest_one(monkeypatch: pytest.MonkeyPatch):
    mounts = (
        "/dev/sda / ext4 rw 0 0\ntmpfs /srv tmpfs rw 0 0\npile /srv/pile tmpfs rw 0 0\n/dev/sdb /srv/pile xfs rw 0 0\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    assert file_system(Path("/var/lib")) == "ext4"
    assert file_system(Path("/srv/x")) == "tmpfs"
    assert file_system(Path("/srv/pile/y")) == "xfs", "what was mounted last, over it"
