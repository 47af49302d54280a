"""Swagger UI from the files of its package, and nothing else of it."""

from typing import Any

import pytest


def test_the_page_starts_it_by_files_of_ours_alone(shop: Any) -> None:
    answer = shop.app.test_client().get("/docs/api")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in answer.text.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("swagger-ui.css", "text/css; charset=utf-8"), ("swagger-ui-bundle.js", "text/javascript; charset=utf-8")],
)
def test_its_files_are_served(name: str, kind: str, shop: Any) -> None:
    answer = shop.app.test_client().get(f"/docs/api/{name}")
    assert (answer.status_code, answer.content_type) == (200, kind)
    assert len(answer.data) > 100_000


@pytest.mark.parametrize("name", ["swagger-ui-standalone-preset.js", "..", "..%2f..%2f__init__.py"])
def test_no_other_file_is(name: str, shop: Any) -> None:
    assert shop.app.test_client().get(f"/docs/api/{name}").status_code == 404
