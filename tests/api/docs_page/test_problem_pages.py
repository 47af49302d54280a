"""Each type of problem has its page, for people and for programs."""

from typing import Any

import pytest

from api.docs_page.problem_pages import explanations
from api.problems import STATUSES
from jobs.problems import PROBLEM_TYPES


def test_every_type_is_explained_and_nothing_else() -> None:
    assert explanations().keys() == PROBLEM_TYPES.keys()


@pytest.mark.parametrize("slug", PROBLEM_TYPES)
def test_a_browser_gets_a_page_that_says_what_to_do(slug: str, shop: Any) -> None:
    answer = shop.get(f"/problems/{slug}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.content_type == "text/html; charset=utf-8"
    told = explanations()[slug]
    assert all(len(text) > 20 for text in (told.means, told.why, told.do))
    assert all(title in answer.text for title in ("Why it happens", "What to do", "Does sending it again help?"))
    assert f"status {int(STATUSES[slug])}" in answer.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json, application/json"])
def test_a_program_gets_json(accept: str, shop: Any) -> None:
    answer = shop.get("/problems/rate-limited", headers={"Accept": accept})
    told = explanations()["rate-limited"]
    assert answer.get_json() == {
        "type": "/problems/rate-limited",
        "title": "Too many requests or jobs",
        "status": 429,
        "retryable": True,
        "cause": told.why,
        "remedy": told.do,
        "page": "http://localhost/problems/rate-limited",
    }
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(("spaces", "kind"), [(900, "text/html"), (1000, "application/json")])
def test_an_accept_header_that_is_slow_to_read_is_not_read(spaces: int, kind: str, shop: Any) -> None:
    answer = shop.get("/problems/rate-limited", headers={"Accept": f"text/html, a/b{' ' * spaces}c"})
    assert (answer.status_code, answer.mimetype) == (200, kind)


def test_all_errors_stand_on_one_page(shop: Any) -> None:
    text = shop.get("/docs/errors").text
    assert all(f'href="/problems/{slug}"' in text for slug in PROBLEM_TYPES)
