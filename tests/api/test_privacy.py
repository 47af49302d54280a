"""Markers in everything that a client can put in: erased, and then looked for everywhere. Retention, and the export."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from PIL import Image

from jobs.blobs import BlobStore
from jobs.erasing import Eraser
from jobs.journal import rewrite_journal
from jobs.redis_server import EmbeddedRedis
from tests.api.conftest import Shop

MARK = b"MARKER7f3a"
TEXT = MARK.decode()
OWNER = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage")
HOOK = f"https://93.184.216.34/hook/{TEXT}"


@pytest.fixture
def owner(make_shop: Callable[..., Shop], settings: Any) -> Shop:
    return make_shop(settings, "owner", scopes=OWNER, name=f"key {TEXT}")


@pytest.fixture
def photo() -> bytes:
    """With the marker, and a place, in its EXIF."""
    exif = Image.Exif()
    exif[0x010E] = f"taken by {TEXT}"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def spec(upload: str) -> dict[str, Any]:
    return {
        "input": {"upload": upload},
        "operations": [{"op": "restore"}],
        "external_id": f"SKU-{TEXT}",
        "metadata": {"file": f"{TEXT}.jpg", TEXT: "x"},
        "webhook": {"url": HOOK, "events": ["*"]},
    }


def fill(owner: Shop, photo: bytes) -> list[str]:
    """The marker in all that a client can say; returns the ids of jobs, the first one with a result."""
    upload = owner.upload(photo)
    owner.post("/v1/webhooks", json={"url": HOOK + "/2", "events": ["*"], "description": TEXT})
    first = owner.post("/v1/jobs", json=spec(upload), headers={"Idempotency-Key": TEXT}).get_json()["id"]
    owner.finish(first, photo)
    owner.post(f"/v1/jobs/{first}/outputs/0/decision", json={"verdict": "rejected", "note": TEXT})
    wish = {"operations": [{"op": "generate", "text": f"navy dress {TEXT}"}]}
    parent = {"job": first, "output": 0}
    asked = [wish, {**spec(upload), "parent": parent}, {**spec(upload), "operations": [{"op": "upscale"}]}]
    others = [owner.post("/v1/jobs", json=each) for each in asked]
    assert [answer.status_code for answer in others] == [202] * 3, [answer.text for answer in others]
    form = {"file": (io.BytesIO(photo), f"{TEXT}.jpg"), "spec": json.dumps({"operations": [{"op": "restore"}]})}
    others.append(owner.post("/v1/jobs", data=form, content_type="multipart/form-data"))
    owner.post(f"/v1/jobs/{others[-1].get_json()['id']}/cancel")
    rows = [{**spec(upload), "external_id": f"row-{TEXT}"}]
    del rows[0]["webhook"]
    made = owner.post("/v1/batches", json={"name": TEXT, "items": rows}, headers={"Idempotency-Key": TEXT + "b"})
    assert made.status_code == 202, made.text
    token = {"origins": ["http://localhost"], "spec": {"operations": [{"op": "restore"}], "metadata": {"a": TEXT}}}
    owner.post("/v1/upload-tokens", json=token)
    return [first, *(answer.get_json()["id"] for answer in others if answer.status_code == 202)]


def words_in_redis(connection: redis.Redis) -> Iterator[tuple[str, bytes]]:
    """Every key with its name, as Redis would write it to a file, and as it is read."""
    told = connection.connection_pool.connection_kwargs
    raw = redis.Redis(host=told["host"], port=told["port"], password=told["password"])
    read = {
        b"string": raw.get,
        b"hash": raw.hgetall,
        b"list": lambda name: raw.lrange(name, 0, -1),
        b"set": raw.smembers,
        b"zset": lambda name: raw.zrange(name, 0, -1, withscores=True),
        b"stream": raw.xrange,
    }
    for name in raw.scan_iter(b"*"):
        yield name.decode(), name + (raw.dump(name) or b"") + repr(read[raw.type(name)](name)).encode()
    raw.close()


def traces(connection: redis.Redis, *words: bytes) -> set[str]:
    return {name for name, held in words_in_redis(connection) if any(word in held for word in words)}


def erase_all(shop: Shop, **more: Any) -> str:
    answer = shop.post("/v1/tenant/erasure", json={"confirm": shop.tenant, **more})
    assert answer.status_code == 202, answer.text
    erasure_id = str(answer.get_json()["id"])
    for _ in range(30):
        shop.services.redis.zadd("packshot:erasures", {erasure_id: 1}, xx=True)
        Eraser(shop.services.store, shop.services.blobs).go_on()
        found = shop.services.store.erasure(shop.tenant, erasure_id)
        if found is not None and found.state == "done":
            return erasure_id
    raise AssertionError(found)


def journal_of(server: EmbeddedRedis, connection: redis.Redis) -> bytes:
    """All that Redis' folder holds, once it has written its journal anew."""
    assert rewrite_journal(connection)
    until = time.monotonic() + 60
    while connection.info("persistence")["aof_rewrite_in_progress"] and time.monotonic() < until:
        time.sleep(0.05)
    folder = Path(str(connection.config_get("dir")["dir"]))
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def test_nothing_of_an_erased_tenant_is_found_anywhere(
    owner: Shop, photo: bytes, redis_server: EmbeddedRedis, redis_connection: redis.Redis, capsys: Any
) -> None:
    ids, sha256 = fill(owner, photo), hashlib.sha256(photo).hexdigest()
    assert len(traces(redis_connection, MARK)) > 10, "the markers are in many places before"
    erase_all(owner, keys=True)
    assert traces(redis_connection, MARK) == set()
    known = {name.split(":")[1:2][0] if ":" in name else "hints" for name in traces(redis_connection, sha256.encode())}
    assert known == {"audit"}, "what the log names is named there alone"
    ids_in = {name.split(":")[-1] for name in traces(redis_connection, *(each.encode() for each in ids))}
    claims = {name.split(":")[-1] for name in redis_connection.keys("packshot:claim:*")}  # for a minute
    assert ids_in <= {"work", "changes", "packshot"} | claims, "ids are in the log, and in hints that wait"
    files = [each for each in owner.services.settings.data_dir.rglob("*") if each.is_file()]
    assert [each for each in files if MARK in each.read_bytes() or each.read_bytes() == photo] == []
    assert not [each for each in owner.services.settings.data_dir.rglob("*") if sha256 in each.name]
    assert MARK not in journal_of(redis_server, redis_connection)
    assert TEXT not in "".join(capsys.readouterr()), "and no line of the log ever held it"


def test_an_erased_job_leaves_nothing_but_its_tombstone(
    owner: Shop, photo: bytes, redis_connection: redis.Redis
) -> None:
    job_id = owner.post("/v1/jobs", json=spec(owner.upload(photo)), headers={"Idempotency-Key": TEXT}).get_json()["id"]
    owner.finish(job_id, photo)
    owner.post(f"/v1/jobs/{job_id}/outputs/0/decision", json={"verdict": "rejected", "note": TEXT})
    assert owner.call("DELETE", f"/v1/jobs/{job_id}").status_code == 204
    held = traces(redis_connection, MARK)
    assert {name.split(":")[1] for name in held} == {"key", "webhook"}, (
        "the key's own name, and the endpoint that stays"
    )
    assert owner.services.blobs.list("uploads/owner/") == []
    assert owner.services.blobs.list("results/owner/") == []


def test_an_erased_batch_leaves_nothing_in_messages_either(
    owner: Shop, photo: bytes, redis_connection: redis.Redis
) -> None:
    owner.post("/v1/webhooks", json={"url": "https://93.184.216.34/hook", "events": ["*"]})
    rows = [spec(owner.upload(photo))]
    del rows[0]["webhook"]
    made = owner.post("/v1/batches", json={"name": TEXT, "items": rows}, headers={"Idempotency-Key": TEXT})
    batch_id = made.get_json()["id"]
    owner.post(f"/v1/batches/{batch_id}/cancel")
    assert "delivery" in {name.split(":")[1] for name in traces(redis_connection, MARK)}
    assert owner.call("DELETE", f"/v1/batches/{batch_id}").status_code == 204
    owner.services.store.reap()
    assert {name.split(":")[1] for name in traces(redis_connection, MARK)} == {"key"}


def test_an_erasure_needs_the_tenants_name_and_tells_how_far_it_is(owner: Shop, photo: bytes, problem_of: Any) -> None:
    fill(owner, photo)
    wrong = owner.post("/v1/tenant/erasure", json={"confirm": "rival"})
    assert problem_of(wrong) == (422, "invalid-parameter")
    started = owner.post("/v1/tenant/erasure", json={"confirm": "owner"})
    place = started.headers["Location"].removeprefix("http://localhost")
    assert owner.get(place).get_json()["state"] == "running"
    assert problem_of(owner.post("/v1/jobs", json=spec("sha256:" + "0" * 64))) == (409, "being-erased")
    assert problem_of(owner.post("/v1/uploads", data=photo, content_type="image/jpeg")) == (409, "being-erased")
    assert owner.services.blobs.list("uploads/owner/")
    erase_all(owner)
    receipt = owner.get(place).get_json()
    assert (receipt["state"], receipt["counts"]["batches"], receipt["left"]) == ("done", 1, [])
    assert owner.get("/v1/tenant").get_json()["held"].keys() >= {"jobs", "uploads"}
    assert [entry["action"] for entry in owner.get("/v1/audit?action=tenant.*").get_json()["items"]] == [
        "tenant.erased",
        "tenant.erase",
        "tenant.erase",
    ]
    assert owner.submit(photo)


def test_a_tenant_cannot_look_at_anothers_erasure(owner: Shop, make_shop: Any, settings: Any, problem_of: Any) -> None:
    erasure_id = erase_all(owner)
    other = make_shop(settings, "other", owner.app, scopes=OWNER)
    assert problem_of(other.get(f"/v1/tenant/erasure/{erasure_id}")) == (404, "not-found")


def test_the_export_holds_all_of_it_and_no_secret(owner: Shop, rival: Shop, photo: bytes) -> None:
    rival.finished(photo, external_id="RIVAL")
    ids = fill(owner, photo)
    secret = owner.services.store.endpoint_secret("owner", owner.services.store.list_endpoints("owner").items[0].id)
    answer = owner.get("/v1/tenant/export")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    tables = {
        name: [json.loads(line) for line in archive.read(name).splitlines()]
        for name in archive.namelist()
        if name.endswith(".jsonl")
    }
    assert {job["id"] for job in tables["jobs.jsonl"]} >= set(ids)
    assert next(job for job in tables["jobs.jsonl"] if job["id"] == ids[0])["decisions"]["0"]["note"] == TEXT
    assert archive.read(f"uploads/{hashlib.sha256(photo).hexdigest()}.jpg") == photo
    assert archive.read(f"results/{ids[0]}/0.jpg") == photo
    rows = tables[f"batches/{tables['batches.jsonl'][0]['id']}.jsonl"]
    assert [row["external_id"] for row in rows] == [f"row-{TEXT}"]
    assert (len(tables["webhooks.jsonl"]), len(tables["upload-tokens.jsonl"]), len(tables["keys.jsonl"])) == (2, 1, 1)
    assert "job.submit" in {entry["action"] for entry in tables["audit.jsonl"]}
    assert b"RIVAL" not in answer.data
    kept = hashlib.sha256(owner.key.partition(".")[2].encode()).hexdigest()
    assert not [word for word in (secret, kept, owner.key) if word.encode() in answer.data]
    assert all(name == name.strip("/.") and ".." not in name for name in archive.namelist())


def test_exports_are_one_for_each_tenant_and_give_their_place_back(
    owner: Shop, make_shop: Any, settings: Any, problem_of: Any
) -> None:
    held, other = owner.services.exports, make_shop(settings, "other", owner.app, scopes=OWNER)
    for _ in range(3):
        owner.get("/v1/tenant/export").close()
    assert held.take("owner")
    assert problem_of(owner.get("/v1/tenant/export")) == (503, "overloaded")
    other.get("/v1/tenant/export").close()
    taken = [number for number in range(20) if held.take(f"slow-{number}")]
    assert problem_of(other.get("/v1/tenant/export")) == (503, "overloaded"), "all of them read from one disk"
    held.give_back(f"slow-{taken[0]}")
    assert other.get("/v1/tenant/export").status_code == 200


def test_retention_is_the_tenants_within_the_operators_bounds(owner: Shop, problem_of: Any) -> None:
    told = owner.get("/v1/tenant").get_json()
    assert (told["retention_s"], told["default_s"], told["longest_s"]) == (None, 86_400, 2_592_000)
    for wrong in ({"retention_s": 59}, {"retention_s": 2_592_001}, {"uploads_retention_s": "60"}, {"days": 1}):
        assert problem_of(owner.call("PATCH", "/v1/tenant", json=wrong)) == (422, "invalid-parameter")
    set_to = owner.call("PATCH", "/v1/tenant", json={"retention_s": 3600, "uploads_retention_s": 60}).get_json()
    assert (set_to["retention_s"], set_to["uploads_retention_s"]) == (3600, 60)
    back = owner.call("PATCH", "/v1/tenant", json={"retention_s": None}).get_json()
    assert (back["retention_s"], back["uploads_retention_s"]) == (None, 60)


def test_the_originals_place_is_given_to_its_own_tenant_alone(owner: Shop, rival: Shop, photo: bytes) -> None:
    upload = owner.upload(photo)
    assert owner.get(f"/v1/uploads/{upload}/content").data == photo
    assert rival.get(f"/v1/uploads/{upload}/content").status_code == 404
    assert owner.app.test_client().get(f"/v1/uploads/{upload}/content").status_code == 401
    assert BlobStore.from_url(owner.services.settings.resolved_blob_url).list("uploads/owner/")
