"""Files in the blob store that are no blobs: a file browser's, a killed copier's. They stop nobody, and are no data."""

from pathlib import Path

import obstore
import pytest

from jobs.blobs import BlobStore
from jobs.erasing import Eraser
from jobs.store import JobStore

from .conftest import SHA

STRAYS = (".DS_Store", ".n0.Ab12", "a copy of n0", "n0#half", "n0#77", ".Trash/n0", "n0#1.d/n0", "x" * 129)
PHOTO = f"uploads/shop/{SHA}/n0"


@pytest.fixture
def folder(tmp_path: Path) -> BlobStore:
    return BlobStore.from_url(tmp_path.as_uri(), synced=False)


def stray(blobs: BlobStore, *places: str) -> None:
    for path in [f"{place}/{name}" for place in places for name in STRAYS]:
        if blobs.folder is None:
            obstore.put(blobs._store, path, b"x")
        else:
            (blobs.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (blobs.folder / path).write_bytes(b"x")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_what_is_no_blobs_is_on_no_page(tmp_path: Path, kind: str) -> None:
    blobs = BlobStore.from_url(tmp_path.as_uri() if kind == "file" else "memory://", synced=False)
    stray(blobs, "uploads", "uploads/shop", f"uploads/shop/{SHA}")
    assert list(blobs.pages("uploads")) == []
    blobs.put(PHOTO, b"photo")
    assert [blob.path for page in blobs.pages("uploads") for blob in page] == [PHOTO]


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_an_erasure_ends_with_strays_in_the_tenants_folder_and_takes_them_along(
    store: JobStore, tmp_path: Path, kind: str
) -> None:
    blobs = BlobStore.from_url(tmp_path.as_uri() if kind == "file" else "memory://", synced=False)
    blobs.put(PHOTO, b"photo")
    stray(blobs, "uploads/shop", f"uploads/shop/{SHA}", "results/shop/job")
    blobs.put("uploads/rival/a/n0", b"a neighbour's")
    erasure_id = store.start_erasure("shop")
    Eraser(store, blobs).go_on(60)
    assert store.erasure("shop", erasure_id).state == "done"  # type: ignore[union-attr]
    assert blobs.list("uploads") == ["uploads/rival/a/n0"]
    assert blobs.list("results") == []
    assert len(files(tmp_path)) == (kind == "file")


@pytest.mark.parametrize("number", range(1, 10))
def test_each_half_that_a_page_tells_of_can_be_deleted(folder: BlobStore, tmp_path: Path, number: int) -> None:
    half = tmp_path / f"{PHOTO}#{number}"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half a photo")
    ((blob,),) = folder.pages("uploads")
    folder.delete(blob.path)
    assert list(folder.pages("uploads")) == files(tmp_path) == []


def test_strays_stay_beside_blobs_and_no_blob_goes_with_them(folder: BlobStore, tmp_path: Path) -> None:
    folder.put(PHOTO, b"photo")
    stray(folder, f"uploads/shop/{SHA}", "uploads/shop/old")
    (tmp_path / "uploads/shop/empty/still").mkdir(parents=True)
    folder.delete_strays("uploads/shop")
    assert folder.get(PHOTO) == b"photo"
    assert sorted(path.name for path in (tmp_path / "uploads/shop").iterdir()) == [SHA]
    assert (tmp_path / f"uploads/shop/{SHA}/.DS_Store").exists()


def test_a_prefix_goes_with_the_strays_in_it(tmp_path: Path) -> None:
    for blobs in (BlobStore.from_url("memory://"), BlobStore.from_url(tmp_path.as_uri(), synced=False)):
        stray(blobs, "results/shop/job")
        blobs.delete_prefix("results/shop/job/")
        assert blobs.list("results") == []
    assert files(tmp_path) == []
