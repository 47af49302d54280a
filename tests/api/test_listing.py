"""Jobs listed by what is asked of them, and jobs made from others, over HTTP."""

from typing import Any
from urllib.parse import quote

import pytest


def listed(shop: Any, query: str) -> list[str]:
    answer = shop.get(f"/v1/jobs?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.get_json()["items"]]


def test_jobs_are_found_by_metadata_and_time(shop: Any, jpeg: bytes) -> None:
    red = shop.submit(jpeg, metadata={"colour": "red", "at": "9:30"})
    blue = shop.submit(jpeg, metadata={"colour": "blue"}, seed=1)
    assert listed(shop, "metadata=colour:red") == [red]
    assert listed(shop, "metadata=colour:red&metadata=at:9:30") == [red]
    assert listed(shop, "metadata=colour:blue&metadata=at:9:30") == []
    created = shop.get(f"/v1/jobs/{blue}").get_json()["created_at"]
    shop.services.redis.hincrby(f"packshot:job:{red}", "created_ms", -1000)
    assert listed(shop, f"created_after={created}") == [blue]
    assert listed(shop, f"created_before={created}") == [red]
    assert listed(shop, f"created_after={quote(created.replace('Z', '+00:00'))}") == [blue]


def test_a_job_tells_what_it_was_made_from_and_is_found_by_that(shop: Any, jpeg: bytes) -> None:
    parent = shop.finished(jpeg)
    child = shop.submit(jpeg, parent={"job": parent, "output": 0}, seed=1)
    assert shop.get(f"/v1/jobs/{child}").get_json()["spec"]["parent"] == {"job": parent, "output": 0}
    assert listed(shop, f"parent={parent}") == [child]
    assert listed(shop, f"parent={child}") == []


def test_what_needs_no_look_is_found(shop: Any, jpeg: bytes) -> None:
    job_id = shop.finished(jpeg)
    assert listed(shop, "needs_review=false") == [job_id]
    assert listed(shop, "needs_review=true") == []


def test_filters_find_nothing_of_another_tenant(shop: Any, rival: Any, jpeg: bytes, problem_of: Any) -> None:
    parent = shop.finished(jpeg, metadata={"a": "b"})
    shop.submit(jpeg, parent={"job": parent}, external_id="mug", seed=1)
    queries = (f"parent={parent}", "metadata=a:b", "external_id=mug", "created_after=2020-01-01T00:00:00Z", "")
    assert [listed(rival, query) for query in queries] == [[]] * 5
    answer = rival.post("/v1/jobs", json=rival.spec(jpeg, parent={"job": parent}))
    unknown = rival.post("/v1/jobs", json=rival.spec(jpeg, parent={"job": "job_" + "0" * 26}))
    assert problem_of(answer) == problem_of(unknown) == (422, "invalid-parameter")
    assert answer.get_json()["detail"].replace(parent, "") == unknown.get_json()["detail"].replace(
        "job_" + "0" * 26, ""
    )


@pytest.mark.parametrize(
    "query",
    [
        "created_after=yesterday",
        "created_after=1700000000",
        "created_after=2026-02-03",
        "created_after=2026-02-03T04:05:06",
        "created_before=2026-13-03T04:05:06Z",
        "metadata=colour",
        "metadata=:red",
        "&".join(f"metadata=k{at}:v" for at in range(6)),
        "needs_review=1",
        "needs_review=",
        "parent=job_1",
        "parent=",
        "verdict=approved",
    ],
)
def test_a_filter_that_cannot_be_is_named(query: str, shop: Any, problem_of: Any) -> None:
    answer = shop.get(f"/v1/jobs?{query}")
    assert problem_of(answer) == (422, "invalid-parameter")
    assert {mistake["parameter"] for mistake in answer.get_json()["errors"]} == {query.partition("=")[0]}


@pytest.mark.parametrize(
    ("parent", "pointer"),
    [
        ({}, "/parent/job"),
        ({"job": "mug"}, "/parent/job"),
        ({"job": "job_" + "0" * 26, "output": -1}, "/parent/output"),
        ({"job": "job_" + "0" * 26, "output": "0"}, "/parent/output"),
        ({"job": "job_" + "0" * 26, "of": 1}, "/parent/of"),
        ("job_" + "0" * 26, "/parent"),
    ],
)
def test_a_parent_that_cannot_be_is_pointed_at(
    parent: Any, pointer: str, shop: Any, jpeg: bytes, problem_of: Any
) -> None:
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg, parent=parent))
    assert problem_of(answer) == (422, "invalid-parameter")
    assert pointer in [mistake["pointer"] for mistake in answer.get_json()["errors"]]


def test_a_batchs_row_has_no_parent(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    parent, upload = shop.finished(jpeg), shop.upload(jpeg)
    row = {"sku": "mug", "upload": upload, "operations": [{"op": "restore"}], "parent": {"job": parent}}
    answer = shop.post("/v1/batches", json={"items": [row]})
    assert problem_of(answer) == (422, "invalid-parameter")
    assert answer.get_json()["errors"][0]["pointer"].endswith("/parent")


def test_listed_jobs_tell_where_they_stand_as_they_do_alone(shop: Any, rival: Any, jpeg: bytes) -> None:
    running = shop.submit(jpeg)
    shop.services.store.claim("test-worker")
    shop.services.redis.hset("packshot:times", mapping={"*": "4000.0 9 1", "restore|": "2000.0 9 1"})
    seconds, microseconds = shop.services.redis.time()
    shop.services.redis.zadd("packshot:workers", {"w": seconds * 1000 + microseconds // 1000})
    shop.services.redis.hset("packshot:worker:w", mapping={"threads": 1})
    queued = [shop.submit(jpeg, seed=seed) for seed in (1, 2)]
    rival.submit(jpeg)
    items = {item["id"]: item for item in shop.get("/v1/jobs").get_json()["items"]}
    for job_id in queued:
        alone = shop.get(f"/v1/jobs/{job_id}").get_json()
        told = (items[job_id]["queue_position"], items[job_id]["eta_s"])
        assert told == (alone["queue_position"], alone["eta_s"])
        assert None not in told
    assert items[running]["queue_position"] is None
    assert items[running]["eta_s"] > 0


def test_a_page_of_links_reads_the_secret_once(shop: Any, jpeg: bytes, monkeypatch: Any) -> None:
    ids = [shop.finished(jpeg, seed=seed) for seed in range(3)]
    reads: list[str] = []
    links = shop.services.links
    read = links._secrets
    monkeypatch.setattr(links, "_secrets", lambda: reads.append("read") or read())
    items = shop.get("/v1/jobs").get_json()["items"]
    assert (sorted(item["id"] for item in items), len(reads)) == (sorted(ids), 1)
    assert shop.get(items[0]["outputs"][0]["url"].removeprefix("http://localhost")).data == jpeg
