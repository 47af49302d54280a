import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from obstore.exceptions import GenericError

from jobs.blobs import BlobStore
from jobs.errors import BlobError, BlobNotFound, BlobStoreFull


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return BlobStore.from_url((tmp_path / "blobs").as_uri() if request.param == "file" else "memory://")


def test_a_blob_comes_back_as_it_went(blobs: BlobStore, tmp_path: Path):
    blobs.put("uploads/t/a/n", b"photo")
    assert blobs.get("uploads/t/a/n") == b"photo"
    (tmp_path / "large").write_bytes(bytes(range(256)) * 50_000)
    blobs.put_file("results/t/j/k/0.png", tmp_path / "large")
    chunks = list(blobs.stream("results/t/j/k/0.png"))
    assert b"".join(chunks) == (tmp_path / "large").read_bytes()
    assert all(isinstance(chunk, bytes) for chunk in chunks)
    blobs.put("uploads/t/a/n", b"")
    assert blobs.get("uploads/t/a/n") == b""
    assert b"".join(blobs.stream("uploads/t/a/n")) == b""


def test_a_missing_blob_is_not_found(blobs: BlobStore):
    assert not blobs.exists("a/b")
    with pytest.raises(BlobNotFound):
        blobs.get("a/b")
    with pytest.raises(BlobNotFound):
        blobs.stream("a/b")
    blobs.delete("a/b")


def test_a_folder_is_no_blob(blobs: BlobStore):
    blobs.put("a/b/c", b"x")
    assert not blobs.exists("a/b")
    with pytest.raises(BlobNotFound):
        blobs.get("a/b")


def test_a_prefix_is_deleted_whole_and_alone(blobs: BlobStore):
    for path in ("r/t/job1/k1/0.png", "r/t/job1/k2/0.png", "r/t/job10/k/0.png"):
        blobs.put(path, b"x")
    assert sorted(blobs.list("r/t/job1/")) == ["r/t/job1/k1/0.png", "r/t/job1/k2/0.png"]
    blobs.delete_prefix("r/t/job1/")
    blobs.delete_prefix("r/t/job1/")
    assert blobs.list("r/") == ["r/t/job10/k/0.png"]
    blobs.delete("r/t/job10/k/0.png")
    assert blobs.list("r") == []


@pytest.mark.parametrize(
    "path", ["", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/.hidden", "a/b#1", "a/b\0", "ä", "a/"]
)
def test_a_path_that_leads_elsewhere_is_refused(blobs: BlobStore, path: str):
    for call in (lambda: blobs.put(path, b""), lambda: blobs.get(path), lambda: blobs.delete(path)):
        with pytest.raises(ValueError, match="a blob path is"):
            call()
    with pytest.raises(ValueError, match="a blob path is"):
        blobs.delete_prefix("a/../")


def test_no_reader_meets_half_a_blob(blobs: BlobStore):
    reached, go_on = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield bytes(12_000_000)
        reached.set()
        go_on.wait(30)
        yield b"end"

    writer = threading.Thread(target=blobs.put_chunks, args=("a/b", chunks()))
    writer.start()
    assert reached.wait(30)
    seen = (blobs.exists("a/b"), blobs.list("a"))
    go_on.set()
    writer.join()
    assert seen == (False, [])
    assert len(blobs.get("a/b")) == 12_000_003


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path):
    blobs = BlobStore.from_url(tmp_path.as_uri())

    def chunks() -> Iterator[bytes]:
        yield bytes(12_000_000)
        raise OSError("the source broke")

    with pytest.raises(BlobError):
        blobs.put_chunks("a/b", chunks())
    assert not blobs.exists("a/b")
    assert blobs.list("a") == []


def test_leftovers_of_a_killed_writer_go_with_their_prefix(tmp_path: Path):
    blobs = BlobStore.from_url(tmp_path.as_uri())
    blobs.put("r/t/job/k/0.png", b"x")
    (tmp_path / "r/t/job/k/1.png#1").write_bytes(b"half")
    assert blobs.list("r") == ["r/t/job/k/0.png"]
    blobs.delete_prefix("r/t/job/")
    assert not (tmp_path / "r/t/job").exists()


def test_a_full_store_says_that_it_is_full(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise GenericError("Generic LocalFileSystem error: Unable to copy data to file: No space left on device")

    monkeypatch.setattr("obstore.put", full)
    with pytest.raises(BlobStoreFull, match="No space left"):
        blobs.put("a/b", b"x")


def test_a_folder_that_we_make_is_for_its_owner_alone(tmp_path: Path):
    BlobStore.from_url((tmp_path / "data" / "my blobs").as_uri())
    for folder in (tmp_path / "data", tmp_path / "data" / "my blobs"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path):
    tmp_path.chmod(0o755)
    BlobStore.from_url(tmp_path.as_uri()).put("a/b", b"x")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("url", ["file://host/x", "file:x"])
def test_a_folder_must_be_of_this_machine_and_absolute(url: str):
    with pytest.raises(BlobError, match="PACKSHOT_BLOB_URL"):
        BlobStore.from_url(url)


@pytest.mark.parametrize("url", ["ftp://x/y", "nonsense", "s3://", ""])
def test_an_odd_url_is_refused_by_name(url: str):
    with pytest.raises(BlobError, match="PACKSHOT_BLOB_URL"):
        BlobStore.from_url(url)


def test_an_s3_url_opens_without_a_network(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert isinstance(BlobStore.from_url("s3://bucket/prefix"), BlobStore)


def test_what_a_killed_writer_left_of_a_blob_goes_with_it(tmp_path: Path):
    blobs, folder = BlobStore.from_url(tmp_path.as_uri()), tmp_path / "uploads/shop/aa"
    folder.mkdir(parents=True)
    (folder / "nonce#1").write_bytes(b"half a photo")
    blobs.delete("uploads/shop/aa/nonce")
    assert not folder.exists()
    folder.mkdir()
    for name in ("nonce#2", "other"):
        (folder / name).write_bytes(b"a photo")
    blobs.delete("uploads/shop/aa/nonce")
    assert [each.name for each in folder.iterdir()] == ["other"]


def test_a_folder_that_cannot_be_emptied_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs = BlobStore.from_url(tmp_path.as_uri())
    (tmp_path / "results/shop").mkdir(parents=True)
    (tmp_path / "results/shop/0.png#1").write_bytes(b"half a picture")
    monkeypatch.setattr("jobs.blobs.shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(BlobError, match="not all"):
        blobs.delete_prefix("results/shop/")


def test_deleting_a_blob_looks_at_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs, folder = BlobStore.from_url(tmp_path.as_uri()), tmp_path / "uploads/shop"
    blobs.put("uploads/shop/other", b"x")
    for number in (1, 2, 4):
        (folder / f"nonce#{number}").write_bytes(b"half a photo")

    def slow(*_: object) -> None:
        pytest.fail("a folder of a hundred thousand photos was listed to delete one")

    with monkeypatch.context() as patched:
        for name in ("scandir", "listdir"):
            patched.setattr(f"os.{name}", slow)
        for name in ("glob", "rglob", "iterdir"):
            patched.setattr(Path, name, slow)
        blobs.delete("uploads/shop/nonce")
    assert [each.name for each in folder.iterdir()] == ["other"]
