"""How long an answer is held: by the query, by the header Prefer, and at a submit."""

import io
import json
from typing import Any

import pytest

from api.prefer import _PREFERENCES
from tests.api.meanwhile import meanwhile
from tests.waiting import until

KEPT = "Preference-Applied"


def test_a_submit_that_waits_is_answered_with_the_ended_job(shop: Any, jpeg: bytes) -> None:
    spec = shop.spec(jpeg)
    with meanwhile(lambda: finish_next(shop, jpeg)):
        answer = shop.post("/v1/jobs", json=spec, headers={"Prefer": "wait=60"})
    document = answer.get_json()
    assert (answer.status_code, document["state"], len(document["outputs"])) == (200, "succeeded", 1)
    assert (answer.headers[KEPT], answer.headers["Location"]) == ("wait=60", document["urls"]["self"])
    assert "Prefer" in answer.headers["Vary"]


def test_a_form_that_waits_is_answered_with_the_ended_job(shop: Any, jpeg: bytes) -> None:
    form = {"file": (io.BytesIO(jpeg), "photo.jpg"), "spec": json.dumps({"operations": [{"op": "restore"}]})}
    with meanwhile(lambda: finish_next(shop, jpeg)):
        answer = shop.post("/v1/jobs?wait=60", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "succeeded")
    assert KEPT not in answer.headers


def test_a_submit_whose_job_takes_longer_is_answered_as_ever(shop: Any, jpeg: bytes) -> None:
    answer = shop.post("/v1/jobs?wait=0.1", json=shop.spec(jpeg))
    assert (answer.status_code, set(answer.get_json())) == (202, {"id", "state", "urls"})
    assert answer.headers["Retry-After"] == "1"


def test_a_repeated_submit_that_waits_gives_the_job_that_ended_before(shop: Any, jpeg: bytes) -> None:
    spec, named = shop.spec(jpeg), {"Idempotency-Key": "k"}
    shop.finish(shop.post("/v1/jobs", json=spec, headers=named).get_json()["id"], jpeg)
    assert shop.post("/v1/jobs", json=spec, headers=named).status_code == 202
    again = shop.post("/v1/jobs?wait=60", json=spec, headers=named)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")


def test_polls_follow_a_preference(shop: Any, jpeg: bytes) -> None:
    job_id = shop.submit(jpeg)
    with meanwhile(lambda: finish_next(shop, jpeg)):
        answer = shop.get(f"/v1/jobs/{job_id}", headers={"Prefer": "respond-async, wait=60"})
    assert (answer.get_json()["state"], answer.headers[KEPT]) == ("succeeded", "wait=60")


def test_polls_of_batches_follow_a_preference(shop: Any, jpeg: bytes) -> None:
    rows = [{"upload": shop.upload(jpeg), "operations": "restore"}]
    batch_id = shop.post("/v1/batches", json={"items": rows}).get_json()["id"]
    with meanwhile(lambda: finish_next(shop, jpeg)):
        answer = shop.get(f"/v1/batches/{batch_id}", headers={"Prefer": "wait=60"})
    assert (answer.get_json()["state"], answer.headers[KEPT]) == ("finished", "wait=60")


def test_the_query_wins_over_the_preference(shop: Any, jpeg: bytes) -> None:
    answer = shop.get(f"/v1/jobs/{shop.submit(jpeg)}?wait=0", headers={"Prefer": "wait=60"})
    assert answer.status_code == 200
    assert KEPT not in answer.headers


@pytest.mark.parametrize(
    ("preference", "applied"),
    [
        ("wait=600", "wait=60"),
        ('WAIT = "7"; note="a,b"', "wait=7"),
        ('x="wait=9, y", wait=3, wait=5', "wait=3"),
        ("wait=soon", None),
        ("wait=-1", None),
        ("wait", None),
        ("wait=1.5", None),
        ("waiting=4", None),
        ('wait="4', None),
        ("respond-async", None),
        ('wait=4, note="never closed', "wait=4"),
        ('"never closed, wait=4', None),
        ('wait=4, note="\\', "wait=4"),
        (f"wait=4{';' * 994}", "wait=4"),
        (f"wait=4{';' * 995}", None),
    ],
)
def test_a_preference_is_read_as_the_standard_has_it(
    preference: str, applied: str | None, shop: Any, jpeg: bytes
) -> None:
    answer = shop.get(f"/v1/jobs/{shop.finished(jpeg)}", headers={"Prefer": preference})
    assert (answer.status_code, answer.headers.get(KEPT)) == (200, applied)


@pytest.mark.parametrize(
    "told", [r"\"" * 3000, '"' + "a" * 6000, '"' + r"\a" * 3000, '"",' * 2000, '"' * 6001, "\\" * 6001]
)
def test_no_preference_takes_longer_than_its_length(told: str) -> None:
    """Were characters looked at again from each place on, this would take minutes at a hundred times the length."""
    found = _PREFERENCES.findall(told * 100)
    assert sum(map(len, found)) >= len(told.replace(",", "")) * 100


@pytest.mark.parametrize("wait", ["soon", "-1", "61", "nan", ""])
def test_nonsense_in_the_query_of_a_submit_is_refused(wait: str, shop: Any, jpeg: bytes, problem_of: Any) -> None:
    answer = shop.post(f"/v1/jobs?wait={wait}", json=shop.spec(jpeg), headers={"Prefer": "wait=1"})
    assert problem_of(answer) == (422, "invalid-parameter")


def test_a_preference_that_cannot_be_followed_is_not_said_to_be(make_shop: Any, settings: Any, jpeg: bytes) -> None:
    shop = make_shop(settings.model_copy(update={"api_waiting": 1}))
    with shop.app.test_request_context(), shop.services.long_polls.waiting(60):  # as many as may
        answer = shop.post("/v1/jobs", json=shop.spec(jpeg), headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.headers.get(KEPT)) == (202, None)


def finish_next(shop: Any, picture: bytes) -> None:
    """Be the worker for whichever job is next, once there is one."""
    until(lambda: shop.services.store.list(shop.tenant, limit=1).items)
    shop.finish(shop.services.store.list(shop.tenant, limit=1).items[0].id, picture)
