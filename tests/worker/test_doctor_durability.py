"""What the doctor says of a loss of power, and of the machine."""

from pathlib import Path

import pytest

from benchmarks.replicas import running_pair
from jobs.connection import connect
from jobs.settings import JobsSettings, read_settings
from worker.doctor import durability_part, storage_part
from worker.doctor.redis_part import look_at_redis


def asked(**settings) -> JobsSettings:
    return read_settings(JobsSettings, redis_url="redis://none", **settings)


@pytest.fixture
def found(redis_url):
    """What is found of the tests' Redis, as its configuration is set for it and put back."""
    with connect(redis_url) as client:
        before = {name: client.config_get(name)[name] for name in ("appendonly", "appendfsync")}

        def look(settings=None, **config):
            for name, value in ({"appendonly": "yes"} | config).items():
                client.config_set(name, value)
            return {one.part: one for one in look_at_redis(redis_url, settings)}

        yield look
        for name, value in before.items():
            client.config_set(name, value)


@pytest.mark.parametrize(
    ("how", "wanted", "verdict", "text"),
    [
        ("everysec", "everysec", "ok", "last second or two"),
        ("everysec", "fast", "ok", "last second or two"),
        ("always", "everysec", "ok", "takes none"),
        ("always", "always", "ok", "takes none"),
        ("everysec", "always", "warning", "PACKSHOT_DURABILITY is always, but"),
        ("no", "everysec", "warning", "system's memory"),
    ],
)
def test_the_level_is_told_and_a_lower_one_than_wanted_is_a_warning(found, how, wanted, verdict, text):
    one = found(asked(durability=wanted), appendfsync=how)["redis durability"]
    assert (one.verdict, text in one.text) == (verdict, True), one


def test_a_file_that_cannot_be_written_is_a_fault(redis_url):
    with connect(redis_url) as client:
        told = {"aof_enabled": 1, "aof_last_write_status": "err"}
        (one,) = durability_part.look_at_durability(client, told, None)
    assert (one.verdict, "could not write" in one.text) == ("fault", True)


def test_without_replicas_nothing_is_said_of_them_unless_they_are_wanted(found):
    assert "redis replicas" not in found(asked())
    one = found(asked(wait_replicas=1))["redis replicas"]
    assert (one.verdict, "0 of 0" in one.text, "503" in one.remedy) == ("fault", True, True)


def test_replicas_that_follow_are_well_and_a_replica_takes_no_jobs(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    with running_pair(tmp_path) as pair:
        above = {one.part: one for one in look_at_redis(pair.primary.url, asked(wait_replicas=1))}
        below = {one.part: one for one in look_at_redis(pair.replica.url, asked())}
    assert (above["redis replicas"].verdict, "1 of 1" in above["redis replicas"].text) == ("ok", True)
    assert (below["redis replicas"].verdict, "takes no jobs" in below["redis replicas"].text) == ("fault", True)


@pytest.mark.parametrize("trouble", [{"state": "wait_bgsave"}, {"lag": 60}, {"offset": 0}])
def test_a_replica_that_trails_is_a_warning(redis_url, trouble):
    replica = {"state": "online", "lag": 0, "offset": 10**9} | trouble
    told = {"aof_enabled": 1, "role": "master", "master_repl_offset": 10**9, "slave0": replica}
    with connect(redis_url) as client:
        *_, one = durability_part.look_at_durability(client, told, None)
    assert (one.part, one.verdict, "0 of 1" in one.text) == ("redis replicas", "warning", True)


def test_photos_that_are_not_waited_for_are_a_warning(tmp_path: Path):
    (tmp_path / "blobs").mkdir()
    for synced, verdict in ((True, "ok"), (False, "warning")):
        found = storage_part.look_at_storage((tmp_path / "blobs").as_uri(), synced=synced)
        assert {one.part: one.verdict for one in found}["storage durability"] == verdict


def test_photos_in_memory_are_a_warning(tmp_path: Path, monkeypatch):
    (tmp_path / "blobs").mkdir()
    monkeypatch.setattr(storage_part, "file_system", lambda _: "tmpfs")
    found = {one.part: one for one in storage_part.look_at_storage((tmp_path / "blobs").as_uri())}
    assert found["storage durability"].verdict == "warning"
    assert "a restart empties it" in found["storage durability"].text
