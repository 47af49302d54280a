"""An append-only file whose end a loss of power damaged: the embedded Redis starts again, with all but that end."""

import os
import time
from pathlib import Path

import pytest

from jobs import aof_repair
from jobs.connection import connect
from jobs.errors import RedisServerError
from jobs.redis_server import EmbeddedRedis


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that kept three words, the last of them after its file was written anew, and was then killed."""
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    server = EmbeddedRedis(tmp_path)
    server.start()
    with connect(server.url) as client:
        client.set("first", "1")
        client.set("second", "2")
        client.config_set("appendfsync", "always")
        client.set("third", "3")
    server.kill()
    yield server
    server.kill()


@pytest.fixture
def file(server: EmbeddedRedis, tmp_path: Path) -> Path:
    return tmp_path / "redis" / "appendonly.aof"


def words(server: EmbeddedRedis) -> list[str]:
    server.start()
    with connect(server.url) as client:
        return sorted(client.keys())


def test_an_end_of_zeros_is_cut_off_and_told_of(server: EmbeddedRedis, file: Path, capsys: pytest.CaptureFixture[str]):
    whole = file.read_bytes()
    file.write_bytes(whole + bytes(546))
    assert words(server) == ["first", "second", "third"]
    assert f"{file} had a damaged end" in capsys.readouterr().err
    assert file.read_bytes().startswith(whole)
    [cut] = file.parent.glob("appendonly.aof.cut-*")
    assert cut.read_bytes() == bytes(546)
    assert cut.stat().st_mode & 0o777 == 0o600


def test_what_was_cut_off_goes_after_a_week(server: EmbeddedRedis, file: Path):
    old, new = (file.with_name(f"{file.name}.cut-{number}") for number in (1, 2))
    for kept in (old, new):
        kept.write_bytes(b"a tenant's words")
    long_ago = time.time() - aof_repair.KEPT_S - 60
    os.utime(old, (long_ago, long_ago))
    assert words(server) == ["first", "second", "third"]
    assert [kept.name for kept in file.parent.glob("*.cut-*")] == [new.name]


def test_a_command_whose_bytes_never_came_goes_alone(server: EmbeddedRedis, file: Path):
    whole = file.read_bytes()
    file.write_bytes(whole[:-12] + bytes(12 + 100))
    assert words(server) == ["first", "second"]


def test_a_file_that_is_well_is_left_as_it_is(server: EmbeddedRedis, file: Path, capsys: pytest.CaptureFixture[str]):
    whole = file.read_bytes()
    assert words(server) == ["first", "second", "third"]
    assert file.read_bytes().startswith(whole)
    assert (capsys.readouterr().err, list(file.parent.glob("*.cut-*"))) == ("", [])


def test_damage_that_is_more_than_an_end_is_a_persons_to_judge(
    server: EmbeddedRedis, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(aof_repair, "MOST_DROPPED", 20)
    whole = file.read_bytes()
    damaged = whole[:30] + bytes(10) + whole[40:]
    file.write_bytes(damaged)
    with pytest.raises(RedisServerError, match=r"from byte \d+ on; keep a copy, then run redis-check-aof --fix"):
        server.start()
    assert file.read_bytes() == damaged


def test_of_many_files_the_last_one_may_be_damaged(tmp_path: Path):
    parts = tmp_path / "appendonlydir"
    parts.mkdir()
    assert aof_repair._files(tmp_path) == (None, None)
    manifest = parts / "appendonly.aof.manifest"
    manifest.write_text(
        "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.4.incr.aof seq 4 type i\n"
        "file appendonly.aof.5.incr.aof seq 5 type i\n"
    )
    assert aof_repair._files(tmp_path) == (manifest, parts / "appendonly.aof.5.incr.aof")
