"""A catalogue over HTTP: sent, checked, followed, steered, erased."""

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from jobs.problems import make_problem


@pytest.fixture
def photos(shop: Any, encode: Callable[..., bytes]) -> list[str]:
    """Five uploads."""
    return [shop.upload(encode("JPEG", (64, 40 + at))) for at in range(5)]


@pytest.fixture
def rows(photos: list[str]) -> list[dict[str, Any]]:
    return [{"sku": f"mug-{at}", "upload": upload} for at, upload in enumerate(photos)]


def send(shop: Any, rows: list[dict[str, Any]], query: str = "", headers: Any = None, **more: Any) -> Any:
    document = {"defaults": {"operations": [{"op": "restore"}]}, "items": rows, **more}
    return shop.post(f"/v1/batches{query}", json=document, headers=headers or {})


def sent(shop: Any, rows: list[dict[str, Any]], query: str = "", **more: Any) -> str:
    answer = send(shop, rows, query, **more)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["id"])


def work_all(shop: Any, picture: bytes) -> int:
    done = 0
    while done < 100:
        job_id = next(iter(shop.get("/v1/jobs?state=queued").get_json()["items"][::-1]), {}).get("id")
        if job_id is None:
            return done
        shop.finish(job_id, picture)
        done += 1
    raise AssertionError("the batch feeds on and on")


def test_a_batch_is_accepted_and_tells_where_everything_is(shop: Any, rows: Any) -> None:
    answer = send(shop, rows, name="Spring")
    document = answer.get_json()
    assert answer.status_code == 202
    assert document["id"].startswith("bat_")
    assert (document["name"], document["state"], document["errors"]) == ("Spring", "running", [])
    assert document["counts"] == {
        "total": 5,
        "waiting": 0,
        "queued": 5,
        "running": 0,
        "succeeded": 0,
        "failed": 0,
        "canceled": 0,
    }
    assert document["urls"]["self"] == answer.headers["Location"] == f"http://localhost/v1/batches/{document['id']}"
    steps = {"cancel", "pause", "resume", "retry"}
    assert set(document["urls"]) == {"self", "items", "results", "archive", "events"} | steps
    assert shop.services.hints.waiting() == 5
    jobs = shop.get("/v1/jobs").get_json()["items"]
    assert {job["spec"]["external_id"] for job in jobs} == {row["sku"] for row in rows}
    assert all(job["spec"]["priority"] == "bulk" and job["spec"]["operations"][0]["op"] == "restore" for job in jobs)


def test_a_batch_is_followed_to_its_end(shop: Any, rows: Any, jpeg: bytes) -> None:
    batch_id = sent(shop, rows)
    etag = shop.get(f"/v1/batches/{batch_id}").headers["ETag"]
    assert shop.get(f"/v1/batches/{batch_id}", headers={"If-None-Match": etag}).status_code == 304
    worker = threading.Timer(0.2, work_all, (shop, jpeg))
    worker.start()
    changed = shop.get(f"/v1/batches/{batch_id}?wait=30", headers={"If-None-Match": etag})
    assert changed.get_json()["counts"]["succeeded"] >= 1
    ended = shop.get(f"/v1/batches/{batch_id}?wait=30").get_json()
    worker.join()
    assert (ended["state"], ended["counts"]["succeeded"]) == ("finished", 5)
    assert ended["eta_s"] == 0
    items = shop.get(f"/v1/batches/{batch_id}/items?state=succeeded").get_json()
    assert [item["row"] for item in items["items"]] == [1, 2, 3, 4, 5]
    first = items["items"][0]
    assert (first["sku"], first["outputs"][0]["name"], first["needs_review"]) == ("mug-0", "mug-0.jpg", False)
    path = first["outputs"][0]["url"].removeprefix("http://localhost")
    assert shop.app.test_client().get(path).data == jpeg


def test_items_come_page_by_page(shop: Any, rows: Any) -> None:
    batch_id = sent(shop, rows)
    first = shop.get(f"/v1/batches/{batch_id}/items?limit=3").get_json()
    rest = shop.get(f"/v1/batches/{batch_id}/items?limit=3&cursor={first['cursor']}").get_json()
    assert [item["row"] for item in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["cursor"] is None
    assert all(item["job"].startswith("job_") and item["state"] == "queued" for item in rest["items"])


def test_a_review_flag_and_a_problem_reach_the_items(shop: Any, rows: Any) -> None:
    batch_id = sent(shop, rows[:2])
    done = shop.services.store.claim("w")
    shop.services.store.finish(done.job_id, done.token, outputs=[], manifest={"review": {"needs_review": True}})
    failed = shop.services.store.claim("w")
    shop.services.store.fail(failed.job_id, failed.token, make_problem("image-corrupt", "the scan ends too early"))
    good, bad = shop.get(f"/v1/batches/{batch_id}/items").get_json()["items"]
    assert (good["state"], good["needs_review"], good["problem"]) == ("succeeded", True, None)
    assert (bad["state"], bad["problem"]["type"]) == ("failed", "/problems/image-corrupt")


def test_every_fault_of_every_row_is_told(shop: Any, rows: Any, problem_of: Any) -> None:
    bad = [
        *rows,
        {"sku": "mug-1", "upload": rows[1]["upload"]},
        {"sku": "a", "upload": "sha256:" + "0" * 64},
        {"sku": "b", "upload": "mug.jpg", "seed": -1},
        {"sku": "c", "upload": rows[0]["upload"], "preset": "amazon-mian"},
        {"sku": "d", "upload": rows[0]["upload"], "operations": "relihgt"},
        {"sku": "e"},
        {"sku": "f", "url": "http://127.0.0.1/a.jpg"},
        "mug.jpg",
    ]
    answer = send(shop, bad)
    assert problem_of(answer) == (422, "invalid-parameter")
    errors = answer.get_json()["errors"]
    assert [(error["row"], error["pointer"]) for error in errors] == [
        (6, "/sku"),
        (7, "/upload"),
        (8, "/upload"),
        (8, "/seed"),
        (9, "/preset"),
        (10, "/operations/0/op"),
        (11, "/upload"),
        (12, "/url"),
        (13, ""),
    ]
    assert "row 2" in errors[0]["detail"]
    assert "no upload sha256:0000" in errors[1]["detail"]
    assert "amazon-main" in errors[4]["detail"]
    assert shop.get("/v1/batches").get_json()["items"] == []
    assert shop.services.hints.waiting() == 0


def test_broken_rows_may_be_skipped_and_are_explained(shop: Any, rows: Any, jpeg: bytes) -> None:
    answer = send(shop, [*rows, {"sku": "x"}], "?skip_invalid=true")
    document = answer.get_json()
    assert answer.status_code == 202
    assert [error["row"] for error in document["errors"]] == [6]
    work_all(shop, jpeg)
    failed = shop.get(f"/v1/batches/{document['id']}/items?state=failed").get_json()["items"]
    assert [(item["row"], item["sku"], item["job"]) for item in failed] == [(6, "x", None)]
    assert failed[0]["problem"]["errors"][0]["pointer"] == "/upload"


def test_a_mistake_in_the_defaults_is_told_once(shop: Any, rows: Any) -> None:
    answer = send(shop, rows, defaults={"operations": [{"op": "upscale", "factor": 3}], "preset": "amazon-mian"})
    assert [(e["row"], e["pointer"]) for e in answer.get_json()["errors"]] == [(0, "/defaults/operations/0/factor")]
    answer = send(shop, rows, defaults={"preset": "amazon-mian"})
    assert [(e["row"], e["pointer"]) for e in answer.get_json()["errors"]] == [(0, "/defaults/preset")]


def test_a_row_wins_over_the_defaults_and_the_query_names_presets(shop: Any, photos: Any) -> None:
    rows = [{"sku": "a", "upload": photos[0]}, {"sku": "b", "upload": photos[1], "preset": ["ebay"], "seed": 5}]
    sent(shop, rows, "?preset=etsy", defaults={"seed": 1, "renditions": ["ebay"]})
    specs = {job["spec"]["external_id"]: job["spec"] for job in shop.get("/v1/jobs").get_json()["items"]}
    assert (specs["a"]["renditions"], specs["a"]["seed"]) == (["etsy"], 1)
    assert (specs["b"]["renditions"], specs["b"]["seed"]) == (["ebay"], 5)


def test_a_dry_run_writes_nothing_and_estimates(shop: Any, rows: Any, jpeg: bytes) -> None:
    twin = {"sku": "twin", "upload": rows[0]["upload"]}
    answer = send(shop, [*rows, twin, {"sku": "x"}], "?validate_only=true")
    document = answer.get_json()
    assert answer.status_code == 200
    assert (document["total"], document["valid"], document["invalid"]) == (7, 6, 1)
    assert [error["row"] for error in document["errors"]] == [7]
    assert document["estimate"] == {
        "seconds": None,
        "reason": "no job has been done yet, so there is nothing to go by",
        "parallel": 0,
        "jobs": 5,
    }
    assert shop.get("/v1/batches").get_json()["items"] == []
    redis = shop.services.redis
    redis.hset("packshot:times", mapping={"restore|": "2000.0 7", "*": "9000.0 9"})
    redis.zadd("packshot:workers", {"w": redis.time()[0] * 1000})
    redis.hset("packshot:worker:w", mapping={"backend": "fake", "threads": 4})
    found = send(shop, rows, "?validate_only=true").get_json()["estimate"]
    assert found == {"seconds": 2.5, "reason": None, "parallel": 4, "jobs": 5}
    upscaled = [row | {"operations": "upscale"} for row in rows[:1]]
    guessed = send(shop, upscaled + rows[1:], "?validate_only=true").get_json()["estimate"]
    assert guessed["seconds"] == 4.2
    assert "not measured" in guessed["reason"]
    unsent = [row | {"upload": f"sha256:{number:064x}"} for number, row in enumerate(rows)]
    document = send(shop, [*unsent, {"sku": "x"}], "?validate_only=true").get_json()
    assert (document["valid"], document["invalid"]) == (0, 6)
    assert document["estimate"] == found  # their photos are sent after it


def test_the_same_request_again_finds_the_same_batch(shop: Any, rows: Any, problem_of: Any) -> None:
    key = {"Idempotency-Key": "spring"}
    first, again = (send(shop, rows, headers=key) for _ in range(2))
    assert first.get_json()["id"] == again.get_json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert problem_of(send(shop, rows[:1], headers=key)) == (422, "idempotency-mismatch")
    assert len(shop.get("/v1/batches").get_json()["items"]) == 1


def test_a_batch_is_paused_resumed_canceled_and_tried_again(shop: Any, rows: Any, problem_of: Any) -> None:
    batch_id = sent(shop, rows)
    tell = lambda wish: shop.post(f"/v1/batches/{batch_id}/{wish}")  # noqa: E731
    assert tell("pause").get_json()["state"] == "paused"
    assert tell("resume").get_json()["state"] == "running"
    claim = shop.services.store.claim("w")
    shop.services.store.fail(claim.job_id, claim.token, make_problem("image-corrupt", "x"))
    assert tell("cancel").get_json()["counts"] | {"total": 0} == {
        "total": 0,
        "waiting": 0,
        "queued": 0,
        "running": 0,
        "succeeded": 0,
        "failed": 1,
        "canceled": 4,
    }
    assert problem_of(tell("pause")) == (409, "already-terminal")
    retried = tell("retry").get_json()
    assert (retried["state"], retried["counts"]["queued"], retried["counts"]["failed"]) == ("running", 1, 0)
    assert tell("sing").status_code == 404


def test_erasing_a_batch_erases_its_pictures(shop: Any, rows: Any, jpeg: bytes, problem_of: Any) -> None:
    batch_id = sent(shop, rows)
    job_id = shop.get(f"/v1/batches/{batch_id}/items").get_json()["items"][0]["job"]
    work_all(shop, jpeg)
    assert shop.call("DELETE", f"/v1/batches/{batch_id}").status_code == 204
    assert shop.call("DELETE", f"/v1/batches/{batch_id}").status_code == 204
    assert problem_of(shop.get(f"/v1/batches/{batch_id}")) == (410, "expired")
    assert problem_of(shop.get(f"/v1/jobs/{job_id}")) == (410, "expired")
    garbage = shop.services.store.reap().garbage
    assert f"results/shop/{job_id}/" in garbage


def test_another_tenants_batch_is_as_absent_as_none(shop: Any, rival: Any, rows: Any, problem_of: Any) -> None:
    batch_id = sent(shop, rows)
    for method, path in (
        *(("GET", part) for part in ("", "/items", "/results", "/archive")),
        *(("POST", part) for part in ("/cancel", "/pause", "/resume", "/retry")),
        ("DELETE", ""),
    ):
        assert problem_of(rival.call(method, f"/v1/batches/{batch_id}{path}")) == (404, "not-found")
    assert problem_of(shop.get("/v1/batches/../x")) == (404, "not-found")
    assert rival.get("/v1/batches").get_json()["items"] == []
    assert shop.get(f"/v1/batches/{batch_id}").get_json()["counts"]["queued"] == 5


def test_scopes_are_those_of_jobs(make_shop: Any, settings: Any, problem_of: Any) -> None:
    reader = make_shop(settings, scopes=("jobs:read",))
    assert problem_of(reader.post("/v1/batches", json={"items": [{}]})) == (403, "forbidden")
    assert reader.get("/v1/batches").status_code == 200


def test_batches_are_listed_newest_first(shop: Any, rows: Any) -> None:
    ids = [sent(shop, rows[at : at + 1]) for at in range(3)]
    first = shop.get("/v1/batches?limit=2").get_json()
    second = shop.get(f"/v1/batches?limit=2&cursor={first['cursor']}").get_json()
    assert [batch["id"] for batch in first["items"] + second["items"]] == ids[::-1]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"items": []}', "application/json", 422),
        (b'{"items": {}}', "application/json", 422),
        (b'{"items": [{}], "itmes": 1}', "application/json", 422),
        (b'{"items": [{}], "name": 7}', "application/json", 422),
        (b'{"items": [{}], "defaults": []}', "application/json", 422),
        (b"", "text/csv", 422),
        (b"sku,upload\n", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        (b"sku,sku\n1,2\n", "text/csv", 422),
        (b"sku,upload\n\xff,2\n", "text/csv", 400),
        (b'sku,upload\n"a"b,2\n', "text/csv", 400),
        (b"", "application/x-ndjson", 422),
        (b"{}", "application/xml", 415),
        (b"--x--", "multipart/form-data; boundary=x", 400),
        (b"--x", "multipart/form-data", 400),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(
    shop: Any, problem_of: Any, body: Any, content_type: Any, status: Any
):
    answer = shop.post("/v1/batches", data=body, content_type=content_type)
    assert problem_of(answer)[0] == status, answer.text


def test_limits_of_rows_and_bytes_hold(make_shop: Any, settings: Any, problem_of: Any) -> None:
    shop = make_shop(settings.model_copy(update={"max_batch_rows": 3, "max_batch_mb": 0.001}))
    many = shop.post("/v1/batches", json={"items": [{}] * 4})
    assert problem_of(many) == (422, "invalid-parameter")
    assert "4 rows" in many.get_json()["detail"]
    for content_type, text in (("text/csv", "sku\n" + "a\n" * 4), ("application/jsonl", "{}\n" * 4)):
        answer = shop.post("/v1/batches", data=text.encode(), content_type=content_type)
        assert problem_of(answer) == (422, "invalid-parameter")
    long = shop.post("/v1/batches", data=b"sku\n" + b"a" * 2000, content_type="text/csv")
    assert problem_of(long) == (413, "body-too-large")


def test_a_csv_alone_or_in_a_form_is_a_manifest(shop: Any, photos: Any) -> None:
    text = f"SKU;Upload;Preset;Note\r\nmug-1;{photos[0]};amazon-main | ebay;nice\r\nmug-2;{photos[1]};;\r\n"
    alone = shop.post("/v1/batches?preset=etsy", data=text.encode(), content_type="text/csv; charset=utf-8")
    assert alone.status_code == 202, alone.text
    assert alone.get_json()["ignored_columns"] == ["Note"]
    specs = {job["spec"]["external_id"]: job["spec"] for job in shop.get("/v1/jobs").get_json()["items"]}
    assert specs["mug-1"]["renditions"] == ["amazon-main", "ebay"]
    assert specs["mug-2"]["renditions"] == ["etsy"]
    text = text.replace("mug-2;" + photos[1], "mug-2;" + photos[2])
    data = {
        "manifest": (io.BytesIO(text.encode()), "products.csv", "application/octet-stream"),
        "defaults": json.dumps({"metadata": {"season": "spring"}, "preset": "etsy"}),
    }
    form = shop.post("/v1/batches", data=data)
    assert form.status_code == 202, form.text
    newest = shop.get("/v1/jobs").get_json()["items"][0]["spec"]
    assert (newest["metadata"], newest["renditions"]) == ({"season": "spring"}, ["etsy"])


def test_faults_of_a_csv_name_line_and_column(shop: Any, photos: Any) -> None:
    text = (
        f'\ufeffSKU,Upload,Operations,Seed\n"two\nlines",{photos[0]},restore,1\n\n'
        f"b,{photos[1]},upscale:factor=3,1\nc,sha256:{'0' * 64},relight,x\nd,{photos[0]},relight:,1,surplus\n"
    )
    answer = shop.post("/v1/batches", data=text.encode(), content_type="text/csv")
    told = [(e["row"], e["line"], e.get("column"), e["pointer"]) for e in answer.get_json()["errors"]]
    assert told == [
        (2, 5, "Operations", "/operations/0/factor"),
        (3, 6, "Seed", "/seed"),
        (4, 7, None, ""),
    ]


def test_json_lines_are_a_manifest_and_a_broken_line_is_one_fault(shop: Any, photos: Any) -> None:
    lines = [json.dumps({"sku": "a", "upload": photos[0], "operations": "relight"}), "", "{broken", "[1]"]
    answer = shop.post("/v1/batches", data="\n".join(lines).encode(), content_type="application/x-ndjson")
    assert [(e["row"], e["line"]) for e in answer.get_json()["errors"]] == [(2, 3), (3, 4)]
    good = shop.post("/v1/batches", data=lines[0].encode(), content_type="application/jsonl")
    assert good.status_code == 202, good.text


def test_only_so_many_manifests_are_read_at_once(shop: Any, rows: Any, problem_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.batches.PLACE_TIMEOUT_S", 0.01)
    with shop.services.manifests, shop.services.manifests:
        assert problem_of(send(shop, rows)) == (503, "overloaded")
    assert send(shop, [*rows, {}]).status_code == 422  # gives its place back
    assert send(shop, rows).status_code == 202
    assert send(shop, rows).status_code == 202
