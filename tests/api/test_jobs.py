"""The way of a job over HTTP: submitted, polled, waited for, listed, canceled, erased."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from jobs.problems import make_problem
from jobs.queue import HintQueue, make_celery
from tests.api.manifests import whole_manifest
from tests.api.meanwhile import meanwhile


def test_a_submitted_job_tells_where_to_poll_it(shop: Any, jpeg: bytes) -> None:
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg))
    document = answer.get_json()
    assert answer.status_code == 202
    assert document["state"] == "queued"
    assert document["urls"]["self"] == answer.headers["Location"] == f"http://localhost/v1/jobs/{document['id']}"
    assert int(answer.headers["Retry-After"]) > 0
    assert shop.services.hints.waiting() == 1


def test_a_queued_job_shows_all_its_members(shop: Any, jpeg: bytes) -> None:
    spec = shop.spec(jpeg, external_id="SKU-1", metadata={"colour": "navy"})
    job_id = shop.post("/v1/jobs", json=spec).get_json()["id"]
    answer = shop.get(f"/v1/jobs/{job_id}")
    document = answer.get_json()
    assert answer.headers["Retry-After"] == "1"
    waiting = {"op": "restore", "state": "waiting", "fraction": 0.0}
    assert document["progress"] == {"fraction": 0.0, "stage": "", "operations": [waiting]}
    assert document["queue_position"] == 0
    assert document["spec"]["metadata"] == {"colour": "navy"}
    assert document["created_at"].endswith("Z")
    assert document["finished_at"] is None
    assert document["outputs"] == []


def test_photo_and_spec_may_come_in_one_form(shop: Any, jpeg: bytes) -> None:
    data = {"file": (io.BytesIO(jpeg), "mug.jpg", "image/jpeg"), "spec": '{"operations": [{"op": "upscale"}]}'}
    answer = shop.post("/v1/jobs", data=data)
    assert answer.status_code == 202, answer.text
    spec = shop.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()["spec"]
    assert spec["input"]["upload"] == shop.upload(jpeg)


def test_a_bad_spec_in_a_form_stores_no_photo(shop: Any, jpeg: bytes) -> None:
    answer = shop.post("/v1/jobs", data={"file": (io.BytesIO(jpeg), "mug.jpg"), "spec": '{"operations": []}'})
    assert answer.status_code == 422
    assert shop.post("/v1/uploads", data=jpeg).status_code == 201


def test_the_same_idempotency_key_finds_the_same_job(shop: Any, jpeg: bytes) -> None:
    first = shop.post("/v1/jobs", json=shop.spec(jpeg), headers={"Idempotency-Key": "k" * 255})
    again = shop.post("/v1/jobs", json=shop.spec(jpeg), headers={"Idempotency-Key": "k" * 255})
    assert first.get_json()["id"] == again.get_json()["id"]
    assert again.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(shop.get("/v1/jobs").get_json()["items"]) == 1


def test_the_same_idempotency_key_with_another_body_is_refused(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    shop.post("/v1/jobs", json=shop.spec(jpeg), headers={"Idempotency-Key": "k"})
    other = shop.post("/v1/jobs", json=shop.spec(jpeg, seed=7), headers={"Idempotency-Key": "k"})
    assert problem_of(other) == (422, "idempotency-mismatch")


def test_idempotency_keys_of_two_tenants_are_apart(shop: Any, rival: Any, jpeg: bytes) -> None:
    ids = {
        one.post("/v1/jobs", json=one.spec(jpeg), headers={"Idempotency-Key": "k"}).get_json()["id"]
        for one in (shop, rival)
    }
    assert len(ids) == 2


def test_an_unchanged_job_is_not_sent_again(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    same = shop.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", etag)
    shop.finish(job_id, jpeg)
    assert shop.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag}).status_code == 200


def test_a_finished_job_is_not_sent_again_while_its_links_are_good(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: 1_800_000_000.0)
    job_id = shop.finished(jpeg)
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    assert shop.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag}).status_code == 304
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: 1_800_000_300.0)
    assert shop.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag}).status_code == 200


def test_a_long_poll_is_answered_when_the_job_ends(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    with meanwhile(lambda: shop.finish(job_id, jpeg)):
        document = shop.get(f"/v1/jobs/{job_id}?wait=60").get_json()
    assert document["state"] == "succeeded"


def test_a_long_poll_with_an_etag_is_answered_at_the_next_change(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    with meanwhile(lambda: shop.services.store.claim("test-worker")):
        answer = shop.get(f"/v1/jobs/{job_id}?wait=60", headers={"If-None-Match": etag})
    assert answer.get_json()["state"] == "running"


def test_a_long_poll_over_its_time_gives_304(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    assert shop.get(f"/v1/jobs/{job_id}?wait=0.2", headers={"If-None-Match": etag}).status_code == 304


def test_a_long_poll_without_a_place_is_answered_at_once(make_shop: Any, settings: Any, jpeg: bytes) -> None:
    shop = make_shop(settings.model_copy(update={"api_waiting": 1}))
    job_id = shop.submit(jpeg)
    etag = shop.get(f"/v1/jobs/{job_id}").headers["ETag"]
    with shop.app.test_request_context(), shop.services.long_polls.waiting(60):  # as many as may
        assert shop.get(f"/v1/jobs/{job_id}?wait=60", headers={"If-None-Match": etag}).status_code == 304


def test_a_stopping_server_answers_its_long_polls(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    with meanwhile(shop.services.long_polls.stop):
        assert shop.get(f"/v1/jobs/{job_id}?wait=60").get_json()["state"] == "queued"


def test_a_failed_job_tells_its_problem(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    claim = shop.services.store.claim("test-worker")
    shop.services.store.fail(job_id, claim.token, make_problem("image-corrupt", "the scan ends too early"))
    document = shop.get(f"/v1/jobs/{job_id}").get_json()
    assert document["state"] == "failed"
    assert document["problem"] == {
        "type": "/problems/image-corrupt",
        "title": "The image is damaged",
        "status": 422,
        "detail": "the scan ends too early",
    }


def test_the_manifest_has_a_route_of_its_own(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    assert problem_of(shop.get(f"/v1/jobs/{job_id}/manifest")) == (409, "not-ready")
    shop.finish(job_id, jpeg)
    assert shop.get(f"/v1/jobs/{job_id}/manifest").get_json() == whole_manifest()
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["manifest"] == whole_manifest()


def test_jobs_are_listed_by_state_and_external_id_page_by_page(shop: Any, rival: Any, jpeg: bytes) -> None:
    rival.submit(jpeg)
    done = shop.submit(jpeg, external_id="a")
    later = [shop.submit(jpeg, external_id=name) for name in ("b", "c")]
    first = shop.get("/v1/jobs?limit=2").get_json()
    second = shop.get("/v1/jobs", query_string={"limit": 2, "cursor": first["cursor"]}).get_json()
    assert [item["id"] for item in first["items"] + second["items"]] == [*reversed(later), done]
    assert second["cursor"] is None
    assert all("manifest" not in item for item in first["items"])
    assert [item["id"] for item in shop.get("/v1/jobs?external_id=b").get_json()["items"]] == [later[0]]
    assert shop.get("/v1/jobs?state=succeeded").get_json()["items"] == []
    assert len(shop.get("/v1/jobs?state=queued").get_json()["items"]) == 3


def test_a_queued_job_is_canceled_at_once_and_only_once(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.submit(jpeg)
    answer = shop.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "canceled")
    assert problem_of(shop.post(f"/v1/jobs/{job_id}/cancel")) == (409, "already-terminal")


def test_a_running_job_is_asked_to_stop(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    shop.services.store.claim("test-worker")
    answer = shop.post(f"/v1/jobs/{job_id}/cancel")
    assert answer.status_code == 202
    assert answer.get_json()["cancel_requested"] is True


def test_erasing_a_job_takes_its_pictures_along(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    job_id = shop.finished(jpeg)
    link = shop.output_link(job_id)
    assert shop.call("DELETE", f"/v1/jobs/{job_id}").status_code == 204
    assert problem_of(shop.get(f"/v1/jobs/{job_id}")) == (410, "expired")
    assert problem_of(shop.app.test_client().get(link)) == (410, "expired")
    assert list(shop.services.blobs.list("results/")) == []
    assert shop.call("DELETE", f"/v1/jobs/{job_id}").status_code == 204


def test_a_job_past_its_life_is_gone(make_shop: Any, settings: Any, jpeg: bytes, problem_of: Any) -> None:
    shop = make_shop(settings.model_copy(update={"retention_s": 1}))
    job_id = shop.finished(jpeg)
    while shop.services.store.get(shop.tenant, job_id) is not None:
        shop.services.store.reap()
    assert problem_of(shop.get(f"/v1/jobs/{job_id}")) == (410, "expired")


def test_a_submission_asks_redis_as_little_as_it_can(shop: Any, jpeg: bytes) -> None:
    shop.submit(jpeg)  # connects, and loads the scripts
    with shop.services.redis.monitor() as monitor:
        shop.submit(jpeg + b"another photo")
        shop.services.redis.echo("end")
        sent = []
        while not (command := monitor.next_command())["command"].startswith("ECHO"):
            if command["client_type"] != "lua":
                sent.append(command["command"].split()[0])
    upload, job = 4, 2  # the key, is the photo there, here it is, the audit's note; the key, the job with its hint
    assert [name for name in sent if name not in {"HELLO", "AUTH", "SELECT"}] == ["EVALSHA"] * (upload + job)


def test_a_hint_that_cannot_be_published_does_not_lose_the_job(shop: Any, jpeg: bytes, settings: Any) -> None:
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    replace(shop.services, hints=HintQueue(make_celery(nowhere), nowhere)).attach(shop.app)
    job_id = shop.submit(jpeg)
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "queued"


def test_what_lies_in_the_place_of_the_hints_does_not_lose_the_job(shop: Any, jpeg: bytes) -> None:
    shop.services.redis.hset("packshot", "not", "a list")
    job_id = shop.submit(jpeg)
    assert shop.get(f"/v1/jobs/{job_id}").get_json()["state"] == "queued"
    assert shop.services.store.hints_missing() == 1
    assert shop.services.redis.type("packshot") == "none"


@pytest.mark.parametrize("name", ["X-Api-Key", "Authorization"])
def test_the_key_may_come_in_either_header(name: str, shop: Any) -> None:
    value = shop.key if name == "X-Api-Key" else f"bearer {shop.key}"
    assert shop.app.test_client().get("/v1/jobs", headers={name: value}).status_code == 200


LARGE = {"operations": [{"op": "restore"}, {"op": "upscale", "factor": 4}]}


@pytest.mark.parametrize("way", ["upload", "form", "dry form"])
def test_an_upscale_that_the_photos_header_forbids_is_refused_with_the_submission(
    shop: Any, make_shop: Any, settings: Any, jpeg: bytes, problem_of: Any, way: str
) -> None:
    small = make_shop(settings.model_copy(update={"max_output_megapixels": 0.02}))
    if way == "upload":
        answer = small.post("/v1/jobs", json=small.spec(jpeg) | LARGE)
    else:
        spec = LARGE | ({"validate_only": True} if way == "dry form" else {})
        answer = small.post("/v1/jobs", data={"file": (io.BytesIO(jpeg), "mug.jpg"), "spec": json.dumps(spec)})
    assert problem_of(answer) == (422, "output-dimensions")
    assert answer.get_json()["detail"].startswith("upscale would make ")
    assert small.services.store.pending() == 0
    if way == "form":  # nothing of it was stored
        assert small.post("/v1/uploads", data=jpeg).status_code == 201


def test_an_upscale_of_what_nobody_knows_yet_is_the_workers_to_refuse(
    make_shop: Any, settings: Any, jpeg: bytes
) -> None:
    small = make_shop(settings.model_copy(update={"max_output_megapixels": 0.02}))
    first = {"op": "crop", "x": 0, "y": 0, "width": 8, "height": 8}
    spec = small.spec(jpeg) | {"operations": [first, {"op": "upscale", "factor": 4}]}
    assert small.post("/v1/jobs", json=spec).status_code == 202
