"""Jobs whose photo lies under a URL, as the API takes them: off unless switched on, and never of a suspect form."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.settings import ApiSettings

from .conftest import Shop

URL = "https://cdn.example/shoe.jpg?sig=s3cret"


def by_url(url: Any) -> dict[str, Any]:
    return {"input": {"url": url}, "operations": [{"op": "restore"}]}


@pytest.fixture
def fetching_shop(make_shop: Callable[..., Shop], settings: ApiSettings) -> Shop:
    return make_shop(settings.model_copy(update={"fetch_urls": True}))


def test_urls_are_off_unless_the_operator_switched_them_on(
    shop: Shop, problem_of: Callable[[TestResponse], tuple[int, str]]
):
    answer = shop.post("/v1/jobs", json=by_url(URL))
    assert problem_of(answer) == (422, "url-forbidden")
    assert "operator has not switched that on" in json.loads(answer.data)["detail"]
    assert shop.services.store.pending() == 0


def test_a_url_makes_a_job_where_they_are_on(fetching_shop: Shop):
    answer = fetching_shop.post("/v1/jobs", json=by_url(URL))
    assert answer.status_code == 202, answer.text
    assert fetching_shop.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()["spec"]["input"] == {"url": URL}


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/shoe.jpg",
        "https://cdn.example:8443/shoe.jpg",
        "https://me:secret@cdn.example/shoe.jpg",
        "https://cdn.example/shoe.jpg#top",
        "https://127.0.0.1/shoe.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://localhost/",
        "https://" + "a" * 3000 + ".example/",
    ],
)
def test_a_suspect_url_is_refused_before_anything_is_stored(
    fetching_shop: Shop, problem_of: Callable[[TestResponse], tuple[int, str]], url: str
):
    assert problem_of(fetching_shop.post("/v1/jobs", json=by_url(url))) == (422, "url-forbidden")
    assert fetching_shop.services.store.pending() == 0


def test_a_url_that_is_no_text_is_no_parameter(
    fetching_shop: Shop, problem_of: Callable[[TestResponse], tuple[int, str]]
):
    assert problem_of(fetching_shop.post("/v1/jobs", json=by_url(["https://cdn.example"]))) == (
        422,
        "invalid-parameter",
    )


def test_a_urls_query_is_in_no_line_of_the_log(fetching_shop: Shop, capfd: pytest.CaptureFixture[str]):
    fetching_shop.post("/v1/jobs", json=by_url(URL))
    fetching_shop.post("/v1/jobs", json=by_url(URL + "#"))
    captured = capfd.readouterr()
    assert "s3cret" not in captured.out + captured.err
