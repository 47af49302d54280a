"""What the doctor finds, on installations that are well and on others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from engine.settings import EngineSettings
from jobs.settings import JobsSettings, read_settings
from tests.collector import collector
from tests.engine.conftest import WEIGHTS
from tests.ports import free_port
from worker.doctor import engine_part, redis_part, storage_part, traces_part
from worker.doctor.findings import Finding


def verdicts(findings) -> dict[str, str]:
    return {finding.part: finding.verdict for finding in findings}


def one(findings, part: str) -> Finding:
    (found,) = [finding for finding in findings if finding.part == part]
    return found


@pytest.fixture
def server(redis_url):
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    before = {name: client.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy", "appendonly")}
    yield client
    for name, value in before.items():
        client.config_set(name, value)
    client.close()


def test_a_job_that_nobody_living_can_do_and_a_version_refused_are_told(server, redis_url):
    server.hset("packshot:depth", mapping={"interactive": 1, "interactive@gpu": 2, "bulk@gpu": 1, "bulk@cpu": 4})
    server.zadd("packshot:workers", {"w": server.time()[0] * 1000})
    refused = json.dumps({"restore-6": "is no network"})
    server.hset("packshot:worker:w", mapping={"can": "cpu restore=5", "refused": refused, "host": "h1"})
    found = list(redis_part.look_at_redis(redis_url))
    assert one(found, "routes").text == "3 jobs wait for a worker that has gpu; none lives"
    assert "with a GPU (`packshot worker --gpus all`" in one(found, "routes").remedy
    assert one(found, "model versions").text == "restore-6 was refused on h1: is no network"
    assert {one(found, part).verdict for part in ("routes", "model versions")} == {"warning"}


def test_workers_that_keep_photos_in_different_places_are_told(server, redis_url):
    for owner, place in (("one", "file:///a"), ("two", "file:///b"), ("of before", None)):
        server.zadd("packshot:workers", {owner: server.time()[0] * 1000})
        server.hset(f"packshot:worker:{owner}", mapping={"can": "cpu"} | ({"blobs": place} if place else {}))
    told = one(redis_part.look_at_redis(redis_url), "workers' storage")
    assert (told.verdict, told.text) == ("warning", "workers keep photos in file:///a and in file:///b")
    server.hset("packshot:worker:two", "blobs", "file:///a")
    assert "workers' storage" not in verdicts(redis_part.look_at_redis(redis_url))


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("cpu", ["without a GPU"]),
        ("gpu+restore=6+relight=4", ["with a GPU", "have that version served"]),
        ("upscale~2", ["of a release that knows that operation"]),
    ],
)
def test_a_route_that_nobody_serves_is_told_with_what_to_start(server, redis_url, route, words):
    server.hset("packshot:depth", f"interactive@{route}", 1)
    told = one(redis_part.look_at_redis(redis_url), "routes")
    assert told.text == f"1 job waits for a worker that has {route}; none lives"
    assert all(told.remedy.count(each) == 1 for each in words)


def test_a_redis_that_evicts_nothing_and_keeps_a_file_is_well(server, redis_url, monkeypatch):
    monkeypatch.setattr(redis_part, "_SLOW_MS", 60_000.0)  # this machine may be as busy as it likes
    server.config_set("appendonly", "yes")
    server.config_set("maxmemory-policy", "noeviction")
    found = verdicts(redis_part.look_at_redis(redis_url))
    assert found == dict.fromkeys(("redis", "redis memory", "redis durability", "redis speed"), "ok")


def test_a_redis_that_may_evict_jobs_is_a_fault(server, redis_url):
    server.config_set("maxmemory", 10**9)
    server.config_set("maxmemory-policy", "allkeys-lru")
    found = one(redis_part.look_at_redis(redis_url), "redis memory")
    assert (found.verdict, "allkeys-lru" in found.text, "noeviction" in found.remedy) == ("fault", True, True)


def test_a_redis_that_is_nearly_full_is_a_warning(server, redis_url):
    server.config_set("maxmemory-policy", "noeviction")
    server.config_set("maxmemory", int(server.info("memory")["used_memory"] * 1.1))
    assert one(redis_part.look_at_redis(redis_url), "redis memory").verdict == "warning"


REFUSALS = {
    "MISCONF": redis.ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
    "NOREPLICAS": redis.ResponseError("NOREPLICAS Not enough good replicas to write."),
    "LOADING": redis.BusyLoadingError("Redis is loading the dataset in memory"),
}


@pytest.mark.parametrize("sign", REFUSALS)
def test_a_redis_that_runs_and_refuses_is_told_from_one_that_is_not_there(redis_url, monkeypatch, sign):
    def refuse(*_arguments, **_options):
        raise REFUSALS[sign]

    for command in ("set", "ping", "zrangebyscore"):
        monkeypatch.setattr(redis.Redis, command, refuse)
    found = one(redis_part.look_at_redis(redis_url), "redis writes")
    assert (found.verdict, "it runs" in found.text, str(REFUSALS[sign]) in found.text) == ("fault", True, True)
    assert "start it" not in found.remedy
    assert verdicts(redis_part.look_at_redis(redis_url))["redis"] == "ok"


def test_a_full_redis_is_told_with_what_to_do(server, redis_url):
    server.config_set("maxmemory-policy", "noeviction")
    server.config_set("maxmemory", 1)
    assert "maxmemory" in one(redis_part.look_at_redis(redis_url), "redis writes").remedy


def test_a_replica_is_told_with_what_to_do(server, redis_url):
    server.replicaof("127.0.0.1", "1")
    try:
        assert "REPLICAOF NO ONE" in one(redis_part.look_at_redis(redis_url), "redis writes").remedy
    finally:
        server.replicaof("NO", "ONE")


def test_an_account_without_rights_is_told_with_what_to_do(server, redis_url):
    server.acl_setuser("poor", enabled=True, nopass=True, commands=["+@all"], keys=["elsewhere:*"])
    try:
        address = redis_url.rpartition("@")[2].removeprefix("redis://")
        found = one(redis_part.look_at_redis(f"redis://poor:x@{address}"), "redis writes")
    finally:
        server.acl_deluser("poor")
    assert "docker/redis.acl" in found.remedy


def test_a_redis_without_a_file_is_a_warning(server, redis_url):
    server.config_set("appendonly", "no")
    assert one(redis_part.look_at_redis(redis_url), "redis durability").verdict == "warning"


def test_a_redis_that_does_not_answer_is_a_fault_and_its_password_is_not_told():
    (found,) = redis_part.look_at_redis("redis://:s3cret@127.0.0.1:1/0")
    assert found.verdict == "fault"
    assert "s3cret" not in found.text + found.remedy


def test_without_a_redis_the_one_that_would_be_started_is_named():
    (found,) = redis_part.look_at_redis(None)
    assert found.verdict == "ok"
    assert "redis-server" in found.text


def test_where_traces_go_is_asked_whether_it_takes_them(monkeypatch, caplog):
    def look(endpoint: str) -> list[Finding]:
        settings = read_settings(JobsSettings, redis_url="redis://none", traces_endpoint=endpoint)
        return list(traces_part.look_at_traces(settings))

    shut_down, shutdown = [], OTLPSpanExporter.shutdown
    monkeypatch.setattr(OTLPSpanExporter, "shutdown", lambda exporter: shut_down.append(shutdown(exporter)))
    with collector() as kept:
        assert one(look(kept.url), "traces") == Finding("traces", "ok", f"spans reach {kept.url}")
    monkeypatch.setattr("jobs.tracing.exporting._TIMEOUT_S", 0.2)
    gone = one(look(f"http://user:hidden@127.0.0.1:{free_port()}"), "traces")
    assert (gone.verdict, "does not take spans" in gone.text, "4318" in gone.remedy) == ("warning", True, True)
    assert "hidden" not in gone.text
    assert caplog.text == ""
    assert len(shut_down) == 2
    assert look("") == []


def test_a_file_for_traces_is_asked_after_and_not_made(tmp_path):
    def look(path: Path) -> Finding:
        settings = read_settings(JobsSettings, redis_url="redis://none", traces_endpoint=path.as_uri())
        return one(traces_part.look_at_traces(settings), "traces")

    wanted = tmp_path / "not" / "yet" / "spans.jsonl"
    assert look(wanted).verdict == "ok"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch(0o600)
    assert look(tmp_path / "file").verdict == "ok"
    assert look(tmp_path).verdict == "fault"
    assert look(tmp_path / "file" / "spans.jsonl").text.endswith("file is no folder")


@pytest.mark.parametrize("there", [False, True])
def test_a_file_for_traces_that_this_user_may_not_write_is_a_fault(tmp_path, monkeypatch, there):
    place = tmp_path / "spans.jsonl"
    if there:
        place.touch()
    asked = []
    monkeypatch.setattr(os, "access", lambda path, _: asked.append(path))  # root may write anything
    settings = read_settings(JobsSettings, redis_url="redis://none", traces_endpoint=place.as_uri())
    (found,) = traces_part.look_at_traces(settings)
    assert found.verdict == "fault"
    assert asked == [place if there else tmp_path]


def test_storage_is_written_read_and_left_as_it_was(tmp_path):
    (tmp_path / "blobs").mkdir()
    found = verdicts(storage_part.look_at_storage((tmp_path / "blobs").as_uri()))
    assert found["storage"] == "ok"
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path):
    (found,) = storage_part.look_at_storage((tmp_path / "blobs").as_uri())
    assert (found.verdict, "is not there yet" in found.text) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_cannot_hold_blobs(tmp_path):
    (tmp_path / "blobs").write_text("no folder")
    (found,) = storage_part.look_at_storage((tmp_path / "blobs").as_uri())
    assert (found.part, found.verdict) == ("storage", "fault")


def test_a_full_disk_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(storage_part, "_LEAST_FREE_BYTES", 1 << 60)
    assert one(storage_part.look_at_folder(tmp_path / "not" / "yet"), "data folder").verdict == "warning"


def test_models_whose_bytes_are_as_promised_are_well_and_others_a_fault(tmp_path):
    (good,) = engine_part.look_at_weights(EngineSettings(weights_dir=WEIGHTS))
    assert (good.part, good.verdict) == ("models", "ok")
    source = next(path.parent for path in sorted(WEIGHTS.glob("*/card.json")))
    (tmp_path / source.name).mkdir()
    for file in source.iterdir():
        (tmp_path / source.name / file.name).write_bytes(file.read_bytes())
    model = next((tmp_path / source.name).glob("*.onnx"))
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    (bad,) = engine_part.look_at_weights(EngineSettings(weights_dir=tmp_path))
    assert (bad.verdict, model.name in bad.text) == ("fault", True)


def test_a_backend_asked_for_that_cannot_run_is_a_fault():
    (found,) = engine_part.look_at_backend(EngineSettings(backend="tensorrt"))
    assert (found.part, found.verdict) == ("backend", "fault")
    assert "PACKSHOT_BACKEND" in found.remedy


def test_the_command_tells_every_mistake_of_the_settings_and_goes_on(tmp_path):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")},
        "PACKSHOT_DATA_DIR": str(tmp_path),
        "PACKSHOT_BACKEND": "banana",
        "PACKSHOT_RETENTION_S": "soon",
    }
    command = [sys.executable, "-m", "worker.doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    found = [Finding(**json.loads(line)) for line in done.stdout.splitlines()]
    faults = [finding.text for finding in found if finding.verdict == "fault"]
    assert len(faults) == 2
    assert "PACKSHOT_RETENTION_S" in faults[0]
    assert "banana" in faults[1]
    assert {"machine", "redis", "gpu"} <= {finding.part for finding in found}
