"""What gunicorn gives up on, as the API answers it."""

import json

import pytest
from gunicorn.http.errors import InvalidRequestLine, LimitRequestLine

from api.unreadable import refusal


def test_an_address_that_is_too_long_is_a_problem() -> None:
    answer = refusal(LimitRequestLine(9563, 8190))
    assert answer is not None
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    document = json.loads(body)
    assert lines[0].startswith("HTTP/1.1 414 ")
    assert (headers["Content-Type"], int(headers["Content-Length"])) == ("application/problem+json", len(body))
    assert (document["type"], document["status"]) == ("/problems/address-too-long", 414)
    assert "9563" in document["detail"]
    assert "8190" in document["detail"]
    assert document["request_id"] == headers["X-Request-Id"]


@pytest.mark.parametrize("error", [InvalidRequestLine("x"), ValueError("x")])
def test_everything_else_is_left_to_gunicorn(error: Exception) -> None:
    assert refusal(error) is None
