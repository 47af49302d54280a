"""Files of ours on a machine with other users: nobody else reads them, and nothing is written through their links."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.dev_key import FILE_NAME, ensure_dev_key, replace_dev_key
from api.keys import KeyRing, NewKey
from api.spool import Spool
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis, prepare


def open_to_others(folder: Path) -> list[Path]:
    """Files that another user reaches: by their own mode, and by that of every folder up to ``folder``."""
    found = []
    for path in folder.rglob("*"):
        way = [path, *path.parents]
        steps = way[: way.index(folder)]
        if path.is_file() and all(step.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) for step in steps):
            found.append(path)
    return found


@pytest.fixture
def readable(tmp_path: Path) -> Iterator[Path]:
    """A data folder that somebody made for all to read, under the most careless umask."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    before = os.umask(0)
    yield folder
    os.umask(before)


def test_a_folder_that_all_may_read_holds_nothing_for_them(readable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(readable)
    client = connect(server.start())
    assert ensure_dev_key(KeyRing(client), readable) is not None
    blobs = BlobStore.from_url((readable / "blobs").as_uri())
    blobs.put("uploads/shop/a/b", b"photo")
    client.close()
    server.stop()
    assert {path.name for path in readable.iterdir()} == {"redis", "blobs", FILE_NAME}
    assert any("aof" in path.name for path in readable.rglob("*"))
    assert open_to_others(readable) == []


def test_a_planted_link_is_replaced_and_not_written_through(readable: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("redis://:kept@127.0.0.1:1/0")
    (readable / "redis").mkdir(mode=0o700)
    for name in ("url", "redis.conf", "url.new", "redis.new"):
        (readable / "redis" / name).symlink_to(victim)
    prepare(readable)
    assert victim.read_text() == "redis://:kept@127.0.0.1:1/0"
    for name in ("url", "redis.conf"):
        path = readable / "redis" / name
        assert not path.is_symlink()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_development_key_is_not_written_through_a_link(readable: Path, tmp_path: Path, redis_url: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (readable / FILE_NAME).symlink_to(victim)
    client = connect(redis_url)
    with pytest.raises(ValueError, match="holds no API key"):
        ensure_dev_key(KeyRing(client), readable)
    victim.write_text(NewKey.draw().text)
    key = NewKey.parse(victim.read_text())
    assert key is not None
    replace_dev_key(key.id, readable, NewKey.draw())
    client.close()
    assert victim.read_text() == key.text
    assert not (readable / FILE_NAME).is_symlink()
    assert stat.S_IMODE((readable / FILE_NAME).stat().st_mode) == 0o600


def test_a_photo_on_its_way_in_is_nobody_elses(readable: Path) -> None:
    with Spool("image/jpeg") as spool:
        assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
        path = spool.path
    assert not path.exists()


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../b", "/etc/passwd", "a//b", ".hidden", "a/.b", "a\\b", "a/b#1", "a\0b", "C:/x", "a/ b", "é", ""],
)
def test_no_path_leaves_the_blobs_folder(path: str, tmp_path: Path) -> None:
    blobs = BlobStore.from_url((tmp_path / "blobs").as_uri())
    for attempt in (lambda: blobs.put(path, b"x"), lambda: blobs.get(path), lambda: blobs.delete_prefix(f"{path}/")):
        with pytest.raises(ValueError, match="a blob path is segments"):
            attempt()
    assert list((tmp_path / "blobs").iterdir()) == []
