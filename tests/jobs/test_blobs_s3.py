"""Blobs in S3, over HTTP against a stand-in: what a folder promises, S3 keeps too."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import blobs as blobs_module
from jobs import cloud_stores
from jobs.blobs import BlobStore
from jobs.errors import BlobError, BlobNotFound
from tests.ports import free_port
from tests.s3_store import S3Store

MB = 1_000_000


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Store]:
    with S3Store() as store:
        yield store


@pytest.fixture
def blobs(s3: S3Store, request: pytest.FixtureRequest) -> BlobStore:
    return BlobStore.from_url(f"{s3.url}/{request.node.name.replace('_', '-')}"[:90])


def test_a_blob_comes_back_as_it_went(blobs: BlobStore):
    for data in (b"photo", b""):
        blobs.put("uploads/t/a/n", data)
        assert (blobs.get("uploads/t/a/n"), blobs.size("uploads/t/a/n")) == (data, len(data))
        assert b"".join(blobs.stream("uploads/t/a/n", len(data))) == data


def test_a_store_that_takes_a_result_and_keeps_nothing_is_not_believed(blobs: BlobStore, monkeypatch):
    """The job had succeeded by then, and its picture was nowhere."""
    asked: list[str] = []
    head = blobs_module.obstore.head

    def counted(store, path):
        asked.append(path)
        return head(store, path)

    monkeypatch.setattr("obstore.head", counted)
    blobs.put_kept("results/t/j/t/0.jpg", b"picture")
    assert len(asked) == 1
    monkeypatch.setattr(cloud_stores, "_SHOWN_AFTER_S", (0.0, 0.0))
    blobs.put("results/t/j/t/1.jpg", b"pic")
    monkeypatch.setattr("obstore.put", lambda *_: None)
    for path, has in (("results/t/j/t/1.jpg", "3"), ("results/t/j/t/2.jpg", "none")):
        with pytest.raises(BlobError, match=f"the store took 7 bytes, and has {has}"):
            blobs.put_kept(path, b"picture")
    assert asked[1:].count("results/t/j/t/2.jpg") == 3


def test_a_store_that_shows_a_result_a_little_later_is_believed(blobs: BlobStore, monkeypatch):
    monkeypatch.setattr(cloud_stores, "_SHOWN_AFTER_S", (0.0, 0.0))
    sizes = [None, 7]
    monkeypatch.setattr(BlobStore, "size", lambda *_: sizes.pop(0))
    blobs.put_kept("results/t/j/t/0.jpg", b"picture")
    assert sizes == []


def test_a_large_file_goes_by_parts_and_appears_as_a_whole(blobs: BlobStore, s3: S3Store, tmp_path: Path):
    data = bytes(range(256)) * (12 * MB // 256)
    (tmp_path / "photo").write_bytes(data)
    blobs.put_file("uploads/t/a/n", tmp_path / "photo")
    assert b"".join(blobs.stream("uploads/t/a/n")) == data
    assert s3.unfinished_uploads() == 0


def test_a_writer_that_fails_leaves_neither_a_blob_nor_a_part(blobs: BlobStore, s3: S3Store):
    def chunks() -> Iterator[bytes]:
        yield bytes(12 * MB)
        raise OSError("the source broke")

    with pytest.raises(BlobError):
        blobs.put_chunks("a/b", chunks())
    assert not blobs.exists("a/b")
    assert s3.unfinished_uploads() == 0


def test_a_reader_may_take_longer_than_any_request(
    blobs: BlobStore, request: pytest.FixtureRequest, s3: S3Store, monkeypatch: pytest.MonkeyPatch
):
    """A picture goes to whoever fetches it at his pace, and S3's answer is not open for ever."""
    data = bytes(range(256)) * (24 * MB // 256)
    blobs.put("a/b", data)
    asked: list[int] = []
    whole = cloud_stores.obstore.get

    class Breaking:
        """An answer that breaks off after eight chunks."""

        def __init__(self, answer, **options) -> None:
            self.answer, self.meta, self.options = answer, answer.meta, options

        def stream(self, min_chunk_size: int) -> Iterator[bytes]:
            yield from itertools.islice(self.answer.stream(min_chunk_size=min_chunk_size), 8)
            raise cloud_stores.BaseError("HTTP error: request or response body error")

    def get(store, path, **options):
        asked.append(options.get("options", {}).get("range", {}).get("offset", 0))
        return Breaking(whole(store, path, **options)) if len(asked) < 4 else whole(store, path, **options)

    monkeypatch.setattr("obstore.get", get)
    assert b"".join(blobs.stream("a/b")) == data
    assert len(asked) == 4
    assert asked == sorted(set(asked))


def test_a_store_that_gives_nothing_more_is_not_asked_for_ever(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch):
    blobs.put("a/b", b"x" * 100)
    stream = blobs.stream("a/b")
    asked: list[str] = []

    def get(*_: object, **__: object) -> None:
        asked.append("again")
        raise cloud_stores.BaseError("it is gone")

    def broken() -> Iterator[bytes]:
        raise cloud_stores.BaseError("broken off")
        yield b""

    assert b"".join(stream) == b"x" * 100
    monkeypatch.setattr("obstore.get", get)
    with pytest.raises(cloud_stores.BaseError):
        list(cloud_stores.chunks_of_cloud(blobs._store, "a/b", 100, broken(), 10))
    assert len(asked) == 2


def test_an_answer_that_breaks_off_behind_its_last_byte_is_whole(blobs: BlobStore):
    def first() -> Iterator[bytes]:
        yield b"abcd"
        raise OSError("connection reset")

    assert b"".join(cloud_stores.chunks_of_cloud(blobs._store, "a/b", 4, first(), 1)) == b"abcd"


def test_an_answer_that_ends_too_soon_without_a_word_is_followed_by_one_for_the_rest(blobs: BlobStore):
    blobs.put("a/b", b"abcd")
    assert b"".join(cloud_stores.chunks_of_cloud(blobs._store, "a/b", 4, iter([b"ab"]), 1)) == b"abcd"


def test_answers_that_bring_nothing_are_no_blob(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud_stores, "_rest", lambda *_: iter(()))
    with pytest.raises(BlobError, match="of a/b came 2 bytes of 4"):
        list(cloud_stores.chunks_of_cloud(blobs._store, "a/b", 4, iter([b"ab"]), 1))


def test_a_missing_blob_is_not_found_and_a_missing_bucket_is_told(blobs: BlobStore, s3: S3Store):
    with pytest.raises(BlobNotFound):
        blobs.get("a/b")
    with pytest.raises(BlobNotFound):
        blobs.stream("a/b")
    blobs.delete("a/b")
    blobs.check()
    elsewhere = BlobStore.from_url("s3://never-made/x")
    for call in (lambda: elsewhere.get("a/b"), lambda: elsewhere.put("a/b", b"x")):
        with pytest.raises(BlobError, match="bucket") as caught:
            call()
        assert not isinstance(caught.value, BlobNotFound)
    with pytest.raises(
        BlobError, match="PACKSHOT_BLOB_URL leads to a bucket that is not there; got 's3://never-made/x'"
    ):
        elsewhere.check()


def test_a_prefix_is_deleted_whole_and_alone_and_pages_go_on_behind_a_path(blobs: BlobStore):
    paths = [f"r/t/job1/k{number}/0.png" for number in range(12)]
    for path in (*paths, "r/t/job10/k/0.png"):
        blobs.put(path, b"x")
    pages = [[blob.path for blob in page] for page in blobs.pages("r", "r/t/job1/k5/0.png")]
    assert pages == [[*sorted(path for path in paths if path > "r/t/job1/k5/0.png"), "r/t/job10/k/0.png"]]
    blobs.delete_prefix("r/t/job1/")
    assert blobs.list("r") == ["r/t/job10/k/0.png"]


def test_a_store_that_does_not_answer_is_told_soon_and_without_its_address(
    monkeypatch: pytest.MonkeyPatch, s3: S3Store
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    blobs = BlobStore.from_url("s3://shop/fleet", patience_s=0.2)
    blobs.check()
    with pytest.raises(BlobError) as caught:
        blobs.get("a/b")
    assert "127.0.0.1" not in str(caught.value)
    assert not isinstance(caught.value, BlobNotFound)
