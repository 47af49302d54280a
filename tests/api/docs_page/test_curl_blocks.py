"""Every curl of the guide's pages is a request that the API takes: held against the OpenAPI description."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
import pytest

from api.descriptions.examples import JOB, UPLOAD
from api.docs_page.navigation import FOLDER
from api.openapi.paths import template
from tests.api.conformance import document_of

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)
WITHOUT_VALUE = frozenset({"-G", "-N", "-i", "-s", "-f", "-sS", "-fsS"})
BODY = ("-d", "--data-binary", "--data-urlencode")


@dataclass
class Request:
    """What one curl sends."""

    page: str
    method: str = "GET"
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    form: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}: {self.method} {self.url}"

    @property
    def media_type(self) -> str:
        return "multipart/form-data" if self.form else self.headers.get("Content-Type", "").lower()


def filled_in(text: str) -> str:
    """The ids that a reader puts in."""
    text = text.replace("$PACKSHOT_URL", "http://localhost").replace("$PACKSHOT_API_KEY", "psk_…")
    return text.replace("job_…", JOB).replace("$JOB", JOB).replace("sha256:…", UPLOAD)


def requests_of(page: str, block: str) -> Iterator[Request]:
    """Each curl of a block, taken apart as the shell does."""
    words = shlex.split(filled_in(block).replace("\\\n", " "), comments=True)
    starts = [place for place, word in enumerate(words) if word == "curl"]
    for start, end in pairwise([*starts, len(words)]):
        yield request_of(page, words[start + 1 : end])


def request_of(page: str, words: list[str]) -> Request:
    found, told, by_address = Request(page), iter(words), "-G" in words
    for word in told:
        if word in WITHOUT_VALUE:
            continue
        value = next(told) if word.startswith("-") else word
        if word == "-X":
            found.method = value
        elif word == "-H":
            name, _, content = value.partition(": ")
            found.headers[name] = content
        elif word == "-F":
            name, _, content = value.partition("=")
            found.form[name], found.method = content, "POST"
        elif word in BODY and by_address:
            name, _, content = value.partition("=")
            found.query.append((name, content))
        elif word in BODY:
            found.body, found.method = value, "POST" if found.method == "GET" else found.method
        elif not word.startswith("-"):
            found.url = value
        else:
            assert word == "-o", f"{page}: this test does not know curl's {word}"
    return found


REQUESTS = [
    request
    for path in sorted(FOLDER.glob("*.md"))
    for block in BLOCK.findall(path.read_text(encoding="utf-8"))
    for request in requests_of(path.name, block)
]


def operation_of(shop: Any, request: Request) -> dict[str, Any]:
    path = unquote(urlsplit(request.url).path)
    rule, _ = shop.app.url_map.bind("localhost").match(path, method=request.method, return_rule=True)
    operation: dict[str, Any] = document_of(shop.app)["paths"][template(rule.rule)][request.method.lower()]
    return operation


def validator(shop: Any, schema: Any) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document_of(shop.app)["components"]})


def test_the_pages_have_many() -> None:
    assert len(REQUESTS) > 15
    assert {"jobs.md", "batches.md", "operating.md", "webhooks.md", "access.md", "polling.md"} <= {
        request.page for request in REQUESTS
    }


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_a_curl_is_a_request_that_the_api_takes(request_: Request, shop: Any) -> None:
    operation = operation_of(shop, request_)
    assert "Authorization" in request_.headers
    parameters = {(each["in"], each["name"]): each["schema"] for each in operation.get("parameters", ())}
    unknown = request_.headers.keys() - {"Authorization", "Content-Type"}
    assert {("header", name) for name in unknown} <= parameters.keys()
    for name, value in [*parse_qsl(urlsplit(request_.url).query, strict_parsing=False), *request_.query]:
        schema = parameters["query", name]
        shown = value if schema.get("type") not in {"integer", "number", "boolean"} else json.loads(value)
        assert validator(shop, schema).is_valid([shown] if schema.get("type") == "array" else shown), (name, value)
    content = operation.get("requestBody", {}).get("content", {})
    if not (request_.body or request_.form):
        assert not operation.get("requestBody", {}).get("required")
        return
    schema = content[request_.media_type]["schema"]
    if request_.media_type == "application/json":
        validator(shop, schema).validate(json.loads(request_.body))
    elif request_.form:
        parts = {name: value.removesuffix(";type=application/json") for name, value in request_.form.items()}
        shown = {name: value if value.startswith("@") else json.loads(value) for name, value in parts.items()}
        validator(shop, schema).validate(shown)
    else:
        assert request_.body.startswith("@"), "a file"
