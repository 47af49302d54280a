"""What gunicorn gives up on, as the API answers it."""

import json

import pytest
from gunicorn.http.errors import (
    InvalidHeader,
    InvalidRequestLine,
    InvalidResponseHeader,
    LimitRequestHeaders,
    LimitRequestLine,
    UnsupportedTransferCoding,
)

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


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (InvalidRequestLine("GET /?signature=s3cret"), 400, "invalid request line"),
        (InvalidHeader("AUTHORIZATION: s3cret"), 400, "invalid header"),
        (UnsupportedTransferCoding("s3cret"), 400, "unsupported transfer coding"),
        (LimitRequestHeaders("s3cret"), 431, "allowed are 100"),
    ],
)
def test_what_is_no_request_is_a_problem_that_repeats_nothing_of_it(error: Exception, status: int, told: str) -> None:
    answer = refusal(error)
    assert answer is not None
    document = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert (document["status"], told in document["detail"]) == (status, True)
    assert b"s3cret" not in answer


@pytest.mark.parametrize("error", [InvalidResponseHeader("x"), ValueError("x")])
def test_our_own_faults_are_left_to_gunicorn(error: Exception) -> None:
    assert refusal(error) is None
